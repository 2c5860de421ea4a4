import { describe, expect, test } from 'vitest';
import { at, under, bash, commandFor, created, ids, run, saying, type Action } from '../../test/suites/anybody.ts';
import { roundFinished } from '../../test/suites/runs.ts';
import type { Command } from './command.ts';
import { obey, type Obeyed } from './commands.ts';
import type { WorkerEvent } from './events.ts';
import { reduce } from './reduce.ts';
import type { RunState } from './state.ts';

describe('a worker is refused', () => {
  const append = (state: RunState, ...events: readonly WorkerEvent[]): Obeyed =>
    obey(
      state,
      { kind: 'append', activation: 'activation' in state ? state.activation : '', fence: state.fence, events },
      under('9999'),
    );
  const after = (state: RunState, ...actions: readonly Action['kind'][]): RunState =>
    actions.reduce((before, kind) => {
      const action: Action = { kind, call: null, honest: true, pick: 1 };
      const obeyed = obey(before, commandFor(before, focus, action), under(1000 + before.seq));
      if (obeyed.outcome === 'refused') throw new Error(`${kind}: ${obeyed.refusal.message}`);
      return obeyed.state;
    }, state);
  const focus = ids.indexOf('asked');
  const working = after(created(), 'think', 'think', 'take');
  const judged = after(working, 'judge');
  const waiting = after(judged, 'ask');
  const ready = after(waiting, 'approve');
  const running = after(ready, 'start');
  const saidOf = (state: RunState, kind: Action['kind'], different: Partial<Action> = {}): readonly WorkerEvent[] =>
    saying(state, focus, { kind, call: null, honest: true, pick: 1, ...different });
  const otherTree = reduce(ready, {
    run,
    seq: ready.seq + 1,
    position: 1,
    at,
    activation: null,
    body: saying(ready, 0, { kind: 'finish', call: 0, honest: true, pick: 2 }).at(0)!,
  })!;
  const ask = saidOf(judged, 'ask').at(0)!;
  const left = { commit: '9'.repeat(40), tree: '8'.repeat(40) };
  const end = { ...saidOf(running, 'finish').find(({ type }) => type === 'call.finished')!, checkpoint: left };
  if (end.type !== 'call.finished') throw new Error('a call ends otherwise');
  const holding: WorkerEvent = { ...end, type: 'call.held', v: 1, rule: 'r', reason: 'R.', paths: ['a'], patch: '' };
  const held = append(running, holding);
  if (held.outcome === 'refused') throw new Error(held.refusal.message);

  test.each<[string, RunState, readonly WorkerEvent[], RegExp]>([
    ['a start of a call that was not judged', working, saidOf(judged, 'start'), /is asked: it may not be started/],
    ['a start of a call that nobody was asked about', judged, saidOf(judged, 'start'), /is judged: it may not/],
    ['a start of a call that a person has not decided', waiting, saidOf(waiting, 'start'), /is waiting: it may not/],
    ['a second start of one approval', running, saidOf(ready, 'start'), /is running: it may not be started/],
    ['a start on another tree than was approved', otherTree, saidOf(otherTree, 'start'), /is ready: it may not/],
    ['a start with other arguments', ready, saidOf(ready, 'start', { honest: false, pick: 1 }), /other arguments/],
    [
      'a start of a call that is none',
      ready,
      [{ type: 'call.started', v: 1, call: 'x', attempt: 1, arguments: {} }],
      /none of the turn/,
    ],
    [
      'a judgement less strict than policy',
      working,
      saidOf(working, 'judge', { honest: false, pick: 2 }),
      /Policy says ask/,
    ],
    ['a second judgement', judged, saidOf(working, 'judge'), /is not one that is to be judged/],
    ['a question about another tree', judged, saidOf(judged, 'ask', { honest: false, pick: 3 }), /not about the tree/],
    ['what a call changed before a person has let it stay', held.state, [end], /waits for a person/],
    [
      'a question about other changes than the call left',
      held.state,
      ask.type === 'decision.requested' ? [{ ...ask, request: { ...ask.request, kind: 'changes' } }] : [],
      /not about the tree/,
    ],
    [
      'a question with other arguments than were judged',
      judged,
      ask.type === 'decision.requested' ? [{ ...ask, request: { ...ask.request, arguments: bash('rm') } }] : [],
      /as it is/,
    ],
  ])('%s', (...[, state, events, message]) => {
    expect(append(state, ...events)).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'invalid', message: expect.stringMatching(message) },
    });
  });

  test('nothing of a batch of which one event is refused', () => {
    const events = [...saidOf(judged, 'report'), ...saidOf(judged, 'start')];
    expect(append(judged, ...events).outcome).toBe('refused');
  });

  test('but what it may do is accepted', () => {
    const lost = after(after(running, 'lose'), 'think');
    expect([running, lost].map((state) => state.turn?.phase === 'taken' && state.turn.calls[focus]?.status)).toEqual([
      'running',
      'interrupted',
    ]);
    expect(append(lost, ...saidOf(lost, 'start'))).toMatchObject({ outcome: 'refused' });
    const again = after(lost, 'ask', 'approve', 'start');
    expect(again.turn?.phase === 'taken' && again.turn.calls[focus]).toMatchObject({
      status: 'running',
      attempt: 2,
      losses: 1,
    });
  });
});

test('a round that ends while a message is on its way does not end, and the rest of what was appended is kept', () => {
  const message: Command = { kind: 'message', by: 'person:ada', text: 'And that.' };
  const told = (...events: readonly WorkerEvent[]) => {
    const working = obey(created(), { kind: 'lease', activation: 'act_0001', worker: 'w' }, under('2'));
    if (working.outcome === 'refused') throw new Error('refused');
    const sent = obey(working.state, message, under('3'));
    if (sent.outcome === 'refused') throw new Error('refused');
    const append: Command = { kind: 'append', activation: 'act_0001', fence: 1, events };
    const obeyed = obey(sent.state, append, under('4'));
    return obeyed.outcome === 'refused'
      ? obeyed
      : { events: obeyed.events.map(({ type }) => type), status: obeyed.state.status };
  };
  const leaving: WorkerEvent = { type: 'activation.ended', v: 2, until: null };
  const plan: WorkerEvent = { type: 'plan.updated', v: 1, steps: [] };
  expect(told(leaving, roundFinished)).toEqual({ events: [], status: 'working' });
  expect(told(plan, leaving, { type: 'run.completed', v: 1 })).toEqual({ events: ['plan.updated'], status: 'working' });
  expect(told(leaving, { type: 'run.failed', v: 1, class: 'task', message: 'No.' })).toMatchObject({
    status: 'failed',
  });
});
