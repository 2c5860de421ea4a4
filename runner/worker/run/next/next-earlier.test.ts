import { describe, expect, test } from 'vitest';
import { upgraded } from '../../../../shared/run/earlier-versions.ts';
import { EventBody } from '../../../../shared/run/events.ts';
import { fold } from '../../../../shared/run/reduce.ts';
import { openDecisions, type RunState } from '../../../../shared/run/state.ts';
import { logOf } from '../../agent/fixture.ts';
import { next } from './next.ts';

describe('a log from before calls were judged one after the other', () => {
  const [tree, hash] = [{ commit: 'a'.repeat(40), tree: 'b'.repeat(40) }, 'c'.repeat(64)];
  const asked = (call: string) => ({
    type: 'decision.requested',
    v: 1,
    request: {
      id: `dec_${call}`,
      kind: 'call',
      requester: { turn: 1, call },
      action: 'Run rm',
      tool: 'bash',
      arguments: { command: 'rm a', timeoutSeconds: null, network: null },
      hash,
      reason: '',
      consequence: '',
      expiresAt: '2100-01-01T00:00:00.000Z',
      onExpiry: '',
      choices: [],
    },
  });
  const judged = (call: string) => ({
    type: 'call.judged',
    v: 1,
    call,
    tool: 'bash',
    arguments: { command: 'rm a', timeoutSeconds: null, network: null },
    verdict: 'ask',
    rule: null,
    reason: 'It removes.',
    network: [],
    repeatable: false,
  });
  const item = (call: string) => ({
    type: 'call',
    call,
    name: 'bash',
    arguments: '{"command":"rm a","timeoutSeconds":null,"network":null}',
  });
  const log = [
    { type: 'activation.queued', v: 1, activation: 'act_0001', reason: 'delegated' },
    { type: 'activation.leased', v: 1, activation: 'act_0001', fence: 1, worker: 'w' },
    { type: 'prepare.finished', v: 1, base: tree },
    { type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' },
    {
      type: 'turn.taken',
      v: 1,
      turn: 1,
      attempt: 1,
      model: 'm',
      items: [item('call1'), item('call2')],
      usage: null,
      cost: null,
    },
    judged('call1'),
    asked('call1'),
    judged('call2'),
    asked('call2'),
  ];
  const folded = (...more: readonly object[]): RunState =>
    fold(logOf([...log, ...more].map((body) => EventBody.parse(upgraded({ ...body })))))!;
  const made = (call: string) => ({
    type: 'decision.made',
    v: 1,
    decision: `dec_${call}`,
    hash,
    by: 'person:ada',
    verdict: { kind: 'approved', arguments: null },
  });
  const started = (call: string, attempt: number) => ({
    type: 'call.started',
    v: 1,
    call,
    attempt,
    arguments: { command: 'rm a', timeoutSeconds: null, network: null },
  });
  const lost = [
    { type: 'activation.lost', v: 2, activation: 'act_0001', reason: 'killed', leaseUntil: null },
    { type: 'activation.queued', v: 1, activation: 'act_0002', reason: 'lost' },
    { type: 'activation.leased', v: 1, activation: 'act_0002', fence: 2, worker: 'w' },
  ];
  const step = (state: RunState) => next(state, 0, null);

  test('has all of its decisions open, and each is asked anew, for a tree, when its call is the next to run', () => {
    expect(openDecisions(folded()).map(({ request }) => [request.id, request.tree])).toEqual([
      ['dec_call1', null],
      ['dec_call2', null],
    ]);
    expect(step(folded())).toMatchObject({
      do: 'ask',
      question: { about: 'call', call: { id: 'call1' }, again: true },
    });
    expect(step(folded(made('call1')))).toMatchObject({
      do: 'ask',
      question: { about: 'call', call: { id: 'call1' } },
    });
  });

  test('in which a call was under way goes on as one that was interrupted, however often it was started unasked', () => {
    const state = folded(made('call1'), started('call1', 1), ...lost, started('call1', 2));
    expect(step(state)).toMatchObject({ do: 'ask', question: { about: 'interrupted', call: { id: 'call1' } } });
  });
});
