import { expect, test } from 'vitest';
import { someTask } from '../../test/fakes/task.ts';
import type { EventBody } from './events.ts';
import { fold } from './reduce.ts';
import { summarize } from './summary.ts';

const check = (index: number, exitCode: number): EventBody => ({
  type: 'verification.finished',
  v: 2,
  index,
  command: 'npm test',
  outcome: 'exited',
  exitCode,
  output: '',
  outputBlob: null,
  durationMs: 1,
  refusedHosts: [],
  reachedHosts: [],
  setup: 'base',
});

const after = (...bodies: readonly EventBody[]) => {
  const all: readonly EventBody[] = [{ type: 'run.created', v: 2, number: 1, task: someTask() }, ...bodies];
  const state = fold(
    all.map((body, index) => ({
      run: 'run_abcd',
      seq: index + 1,
      position: index + 1,
      at: '2026-01-01T00:00:00.000Z',
      activation: null,
      body,
    })),
  );
  return summarize(state!);
};

test('a run that finished with a check that failed says so first, wherever one line of it is shown', () => {
  expect(after(check(0, 0), { type: 'run.completed', v: 1 }).detail).toBe('finished without changes');
  expect(after(check(0, 0), check(1, 1), { type: 'run.completed', v: 1 })).toMatchObject({
    detail: '1 of 2 checks failed; finished without changes',
    verified: { passed: 1, ran: 2 },
  });
  expect(after(check(0, 1), { type: 'run.completed', v: 1 }).detail).toBe(
    '1 of 1 check failed; finished without changes',
  );
});
