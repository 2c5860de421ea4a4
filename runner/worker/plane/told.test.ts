import { expect, test } from 'vitest';
import type { RunEvent, WorkerEvent } from '../../../shared/run/events.ts';
import { told } from './told.ts';

const at = '2026-01-01T00:00:00.000Z';
const sent: readonly WorkerEvent[] = [
  { type: 'prepare.started', v: 1 },
  { type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' },
];
const to = { run: 'run_000000000001', activation: 'act_000000000001', events: sent };
const message: RunEvent = {
  run: to.run,
  seq: 4,
  position: 17,
  at,
  activation: null,
  body: { type: 'message.sent', v: 1, by: 'person:ada', text: 'Mind the tests.' },
};

test('what the worker sent stands where the answer says, among what others wrote', () => {
  const answer = {
    outcome: 'held',
    events: [message, { seq: 5, position: 18, at, own: 0 }, { seq: 6, position: 19, at, own: 1 }],
  } as const;
  expect(told(answer, to).events).toEqual([
    message,
    { run: to.run, seq: 5, position: 18, at, activation: to.activation, body: sent[0] },
    { run: to.run, seq: 6, position: 19, at, activation: to.activation, body: sent[1] },
  ]);
});

test('an answer about events that were not sent is not understood', () => {
  const answer = { outcome: 'held', events: [{ seq: 5, position: 18, at, own: 2 }] } as const;
  expect(() => told(answer, to)).toThrow('it tells of event 2 of 2 that were sent.');
});
