import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { fold } from '../../../shared/run/reduce.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { arbitraryOf } from '../../../test/suites/arbitrary.ts';
import { controlEvents, workerEvents } from '../../../shared/run/events.ts';
import { beyond, foldEvent, newer, newestFirst, openDecisionsIn, tailOf } from './fold.ts';

const anyLog: fc.Arbitrary<readonly RunEvent[]> = fc
  .tuple(
    arbitraryOf(controlEvents[0]),
    fc.array(fc.oneof(...[...controlEvents, ...workerEvents].map((schema) => arbitraryOf(schema))), { maxLength: 30 }),
  )
  .map(([created, bodies]) =>
    [created, ...bodies].map((body, index) => ({
      run: 'run_test1',
      seq: index + 1,
      position: index + 1,
      at: new Date(1_800_000_000_000 + index * 1000).toISOString(),
      activation: null,
      body,
    })),
  );

/** Parts of a log as a feed gives them that breaks and begins again a little before where it was. */
const withReplays = (log: readonly RunEvent[], back: readonly number[]): readonly RunEvent[] =>
  log.flatMap((event, index) => [
    event,
    ...log.slice(Math.max(0, index - (back[index % back.length] ?? 0)), index + 1),
  ]);

test('a feed that repeats itself folds to what the log folds to', () => {
  fc.assert(
    fc.property(anyLog, fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }), (log, back) => {
      const book = new Map<string, RunState>();
      for (const event of withReplays(log, back)) {
        const folded = foldEvent(book, event);
        expect(folded.outcome).not.toBe('missing');
        if (folded.outcome === 'changed') book.set(event.run, folded.state);
      }
      expect(book.get('run_test1')).toEqual(fold(log));
    }),
    { numRuns: 200 },
  );
});

test('an event of an unknown run, or after a gap, asks for the run', () => {
  fc.assert(
    fc.property(
      anyLog.filter((log) => log.length > 2),
      (log) => {
        const [first, , third] = log;
        const book = new Map([['run_test1', fold([first!])!]]);
        expect(foldEvent(book, third!)).toEqual({ outcome: 'missing' });
        expect(foldEvent(new Map(), { ...third!, body: { type: 'timer.fired', v: 1 } })).toEqual({
          outcome: 'missing',
        });
      },
    ),
    { numRuns: 50 },
  );
});

test('of two states of a run the newer one holds, whichever came first', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const early = fold(log.slice(0, 1))!;
      const late = fold(log)!;
      expect(newer(early, late)).toBe(late.seq > early.seq ? late : early);
      expect(newer(late, early)).toBe(late);
      expect(newer(undefined, early)).toBe(early);
    }),
    { numRuns: 50 },
  );
});

test('of more runs than are kept the oldest go that are over, and never one that is not', () => {
  const run = (number: number, status: 'accepted' | 'waiting'): RunState =>
    ({ id: `run_${number}`, number, status }) as RunState; // safe: nothing else is looked at
  const runs = [run(4, 'accepted'), run(1, 'waiting'), run(3, 'accepted'), run(2, 'accepted')];
  const book = new Map(runs.map((state) => [state.id, state]));
  expect([beyond(book, 4), beyond(book, 2), beyond(book, 0)]).toEqual([
    [],
    ['run_2', 'run_3'],
    ['run_2', 'run_3', 'run_4'],
  ]);
});

test('a log is told on in order and once, and a gap is seen before anything after it is told', () => {
  fc.assert(
    fc.property(anyLog, fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }), fc.nat(), (log, back, cut) => {
      expect(tailOf(0, withReplays(log, back))).toEqual({ seq: log.length, fresh: log, gap: false });
      const at = cut % log.length;
      const holed = log.filter((_, index) => index !== at);
      expect(tailOf(0, holed)).toEqual({ seq: at, fresh: log.slice(0, at), gap: at < log.length - 1 });
    }),
    { numRuns: 200 },
  );
});

test('runs are listed newest first, and decisions by what runs out first', () => {
  const states = [1, 2, 3].map((number) => {
    const event = fc.sample(arbitraryOf(controlEvents[0]), { numRuns: 1, seed: number })[0]!;
    const state = fold([
      {
        run: `run_000${number}`,
        seq: 1,
        position: number,
        at: '2026-03-04T12:00:00.000Z',
        activation: null,
        body: event,
      },
    ])!;
    return { ...state, number };
  });
  const request = (id: string, expiresAt: string): DecisionRequest => ({
    id,
    kind: 'retry',
    requester: { turn: 1, call: null },
    action: 'Try again',
    tool: null,
    arguments: null,
    tree: null,
    hash: '0'.repeat(64),
    reason: '',
    consequence: '',
    expiresAt,
    onExpiry: '',
    choices: [],
  });
  const [one, two, three] = states;
  const book = new Map(
    [
      {
        ...one!,
        decisions: {
          dec_late: { status: 'pending' as const, request: request('dec_late', '2026-03-09T00:00:00.000Z') },
        },
      },
      {
        ...two!,
        decisions: {
          dec_soon: { status: 'expired' as const, request: request('dec_soon', '2026-03-05T00:00:00.000Z') },
        },
      },
      three!,
    ].map((state) => [state.id, state]),
  );
  expect(newestFirst(book).map(({ id }) => id)).toEqual(['run_0003', 'run_0002', 'run_0001']);
  expect(openDecisionsIn(book).map(({ run, status, request: { id } }) => [run, status, id])).toEqual([
    ['run_0002', 'expired', 'dec_soon'],
    ['run_0001', 'pending', 'dec_late'],
  ]);
});
