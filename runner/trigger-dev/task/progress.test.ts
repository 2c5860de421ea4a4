import { expect, test } from 'vitest';
import type { EventBody } from '../../../shared/run/events.ts';
import { fold } from '../../../shared/run/reduce.ts';
import { asking, callItem, logOf, taken } from '../../worker/agent/fixture.ts';
import { changesOf, progressOf } from './progress.ts';

const stateAfter = (...bodies: EventBody[]) => fold(logOf(bodies))!;
const leased: EventBody = { type: 'activation.leased', v: 1, activation: 'act_aaaa', fence: 1, worker: 'w' };
const judged = (tool: string): EventBody => ({
  type: 'call.judged',
  v: 1,
  call: 'call_1',
  tool,
  arguments: { command: 'cat secrets.env' },
  verdict: 'allow',
  rule: null,
  reason: '',
  network: [],
  repeatable: false,
});
const started: EventBody = {
  type: 'call.started',
  v: 1,
  call: 'call_1',
  attempt: 1,
  arguments: { command: 'cat secrets.env' },
};

test('it says what is being done, and not with what', () => {
  const plan: EventBody = {
    type: 'plan.updated',
    v: 1,
    steps: Array.from({ length: 30 }, (_, index) => ({ text: `${index} ${'x'.repeat(200)}`, status: 'pending' })),
  };
  const progress = progressOf(
    stateAfter(leased, asking(1), taken(1, callItem('call_1', 'bash', {})), judged('bash'), started, plan),
  );
  expect(progress).toEqual({
    run: '#1',
    status: 'working',
    round: 1,
    turn: 1,
    plan: Array.from({ length: 20 }, (_, index) => ({
      text: `${index} ${'x'.repeat(index < 10 ? 117 : 116)}…`,
      status: 'pending',
    })),
    call: 'bash',
    waitsFor: null,
    cost: 'at least $0.00',
    tokens: 0,
  });
  expect(JSON.stringify(progress)).not.toContain('secrets');
});

test('it says what is waited for', () => {
  const until = { kind: 'time', at: '2026-01-02T00:00:00.000Z' } as const;
  const parked = stateAfter(leased, { type: 'activation.ended', v: 2, until });
  expect(progressOf(parked)).toMatchObject({
    status: 'waiting',
    waitsFor: 'until 2026-01-02T00:00:00.000Z',
    call: null,
  });
});

test('only what changed is sent', () => {
  const before = progressOf(stateAfter(leased));
  expect(changesOf({}, before).map(([key]) => key)).toEqual(Object.keys(before));
  expect(changesOf(before, before)).toEqual([]);
  expect(changesOf(before, progressOf(stateAfter(leased, asking(1))))).toEqual([['turn', 1]]);
});
