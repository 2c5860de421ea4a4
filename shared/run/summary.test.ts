import { expect, test } from 'vitest';
import { stateAt, story } from '../../runner/cli/fixture.ts';
import { someTask } from '../../test/fakes/task.ts';
import type { EventBody } from './events.ts';
import { fold } from './reduce.ts';
import { historyRow } from './statistics.ts';
import { decisionSummaries, lineOf, summary } from './summary.ts';

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
  const all: readonly EventBody[] = [{ type: 'run.created', v: 5, number: 1, task: someTask() }, ...bodies];
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
  return lineOf(state!);
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

test.each(story.map(([, { type }]) => type))('after %s a summary says all that the state says in lists', (type) => {
  const state = stateAt(type);
  const listed = summary(state);
  const said = (run: typeof listed) => [lineOf(run), historyRow(run), decisionSummaries(run)];
  expect(said(listed)).toEqual(said(state));
});

test('a summary has nothing that only the page of a run shows, and of a goal without an end its beginning', () => {
  const state = stateAt('round.finished');
  const listed = summary({ ...state, task: { ...state.task, goal: 'x'.repeat(100_000) } });
  expect(Object.keys(listed).toSorted()).toEqual(
    'budget createdAt decisions effects id leasedAt model number output plan pullRequest report result reviewMs round seq since soFar spent status task tree turn unheard updatedAt verification'.split(
      ' ',
    ),
  );
  expect(listed).toMatchObject({
    task: { goal: `${'x'.repeat(999)}…` },
    report: { summary: state.report?.summary },
    result: { files: 1, additions: 3, deletions: 1 },
    turn: { calls: [] },
  });
  expect(
    summary({ ...state, status: 'accepted', by: 'person:ada', at: state.updatedAt, archived: null }),
  ).toMatchObject({
    report: null,
    turn: null,
  });
});
