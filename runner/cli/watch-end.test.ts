import { expect, test } from 'vitest';
import type { EventBody } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import { stateAt } from './fixture.ts';
import { watchEnd } from './watch-end.ts';

const review = (verdict: 'accepted' | 'rejected' | 'changes'): readonly [number, EventBody] => [
  110,
  { type: 'review.decided', v: 3, merge: null, from: 'person', by: 'person:ada', verdict, reason: 'so', comments: [] },
];
const withFailedCheck = (state: RunState): RunState => ({
  ...state,
  verification: [{ index: 0, command: 'npm test', outcome: 'exited', exitCode: 1, durationMs: 5, coverage: null }],
});
const paused = stateAt('activation.queued', [[1, { type: 'pause.requested', v: 1, by: 'person:ada' }]]);
const follow = { kind: 'follow' };

test.each([
  ['queued', stateAt('activation.queued'), follow],
  ['working', stateAt('model.started'), follow],
  ['waiting for a decision', stateAt('activation.ended'), { kind: 'end', exitCode: 3, why: 'decision' }],
  [
    'waiting for the time to come',
    stateAt('turn.taken', [
      [30, { type: 'activation.ended', v: 2, until: { kind: 'time', at: '2026-03-04T12:05:00.000Z' } }],
    ]),
    follow,
  ],
  ['paused', paused, { kind: 'end', exitCode: 3, why: 'paused' }],
  ['in review', stateAt(null), { kind: 'end', exitCode: 3, why: 'review' }],
  ['accepted', stateAt(null, [review('accepted')]), { kind: 'end', exitCode: 0, why: 'over' }],
  ['rejected', stateAt(null, [review('rejected')]), { kind: 'end', exitCode: 1, why: 'over' }],
  ['asked for changes', stateAt(null, [review('changes')]), follow],
  [
    'completed',
    stateAt('turn.taken', [[10, { type: 'run.completed', v: 1 }]]),
    { kind: 'end', exitCode: 0, why: 'over' },
  ],
  [
    'completed without changes, with a check that failed',
    withFailedCheck(stateAt('turn.taken', [[10, { type: 'run.completed', v: 1 }]])),
    { kind: 'end', exitCode: 1, why: 'over' },
  ],
  [
    'failed',
    stateAt('turn.taken', [[10, { type: 'run.failed', v: 1, class: 'model', message: 'no' }]]),
    { kind: 'end', exitCode: 1, why: 'over' },
  ],
  [
    'cancelled',
    stateAt('turn.taken', [[10, { type: 'run.cancelled', v: 1, by: 'person:ada', reason: '' }]]),
    { kind: 'end', exitCode: 1, why: 'over' },
  ],
])('a watch of a run that is %s', (_, state, expected) => {
  expect(watchEnd(state, { untilDecision: true })).toEqual(expected);
});

test('at a terminal a watch goes on while a person decides, or has it paused', () => {
  expect(watchEnd(paused, { untilDecision: false })).toEqual(follow);
  expect(watchEnd(stateAt('activation.ended'), { untilDecision: false })).toEqual(follow);
});
