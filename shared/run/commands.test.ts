import { expect, test } from 'vitest';
import { callFinished, ended, roundFinished, someRequest } from '../../test/suites/runs.ts';
import { someTask } from '../../test/fakes/task.ts';
import { obey, settle, type Command, type Obeyed } from './commands.ts';
import { reduce } from './reduce.ts';
import type { RunState, Status } from './state.ts';

const run = 'run_test1';
const at = '2030-01-01T12:00:00.000Z';
const before = '2030-01-01T11:00:00.000Z';
const later = '2030-01-01T13:00:00.000Z';
const circumstances = { at, activation: 'act_next' };

const dec = (kind: 'call' | 'budget', expiresAt = later) =>
  someRequest({ run, decision: `dec_${kind}`, kind, expiresAt });

const created = (): RunState => {
  const body = { type: 'run.created', v: 2, number: 1, task: someTask() } as const;
  const state = reduce(undefined, { run, seq: 1, position: 1, at, activation: null, body });
  if (state === undefined) throw new Error('It was created.');
  return settle(state, [], { at, activation: 'act_0001' }).state;
};

const after = (...commands: readonly Command[]): RunState =>
  commands.reduce((state, command) => {
    const obeyed = obey(state, command, circumstances);
    if (obeyed.outcome === 'refused') throw new Error(obeyed.refusal.message);
    return obeyed.state;
  }, created());

const lease: Command = { kind: 'lease', activation: 'act_0001', worker: 'w' };
const append = (...events: Extract<Command, { kind: 'append' }>['events']): Command => ({
  kind: 'append',
  activation: 'act_0001',
  fence: 1,
  events,
});
const asked = append({ type: 'decision.requested', v: 2, request: dec('call') });
const review = (verdict: 'accepted' | 'rejected' | 'changes'): Command => ({
  kind: 'review',
  by: 'person:ada',
  verdict,
  reason: 'because',
  comments: [],
});
const cancel: Command = { kind: 'cancel', by: 'person:ada', reason: '' };

/** Each of them was asked a decision that nobody has made yet. */
const states: Record<Exclude<Status, 'ready'> | 'waiting for a time', RunState> = {
  queued: after(lease, asked, { kind: 'lose', activation: 'act_0001', reason: 'killed' }),
  working: after(lease, asked),
  waiting: after(lease, asked, append(ended({ kind: 'decision', decision: 'dec_call' }))),
  'waiting for a time': after(lease, asked, append(ended({ kind: 'time', at: before }))),
  reviewing: after(lease, asked, append(roundFinished)),
  accepted: after(lease, asked, append(roundFinished), review('accepted')),
  rejected: after(lease, asked, append(roundFinished), review('rejected')),
  completed: after(lease, asked, append({ type: 'run.completed', v: 1 })),
  failed: after(lease, asked, append({ type: 'run.failed', v: 1, class: 'task', message: 'no' })),
  cancelled: after(lease, asked, cancel),
};

const commands = {
  lease: { kind: 'lease', activation: 'act_next', worker: 'w' },
  append: append(callFinished('done')),
  lose: { kind: 'lose', activation: 'act_0001', reason: 'killed' },
  decide: {
    kind: 'decide',
    by: 'person:ada',
    decision: 'dec_call',
    hash: dec('call').hash,
    verdict: { kind: 'rejected', reason: 'no' },
  },
  expire: { kind: 'expire', decision: 'dec_call' },
  renew: { kind: 'renew', by: 'person:ada', decision: 'dec_call' },
  fire: { kind: 'fire' },
  message: { kind: 'message', by: 'person:ada', text: 'hello' },
  accept: review('accepted'),
  changes: review('changes'),
  applied: { kind: 'applied', by: 'person:ada', how: 'worktree', target: '/r', files: 1, conflicts: 0 },
  cancel,
} satisfies Record<string, Command>;

/** What comes of it: the events and the status they leave, or the refusal's code. */
const outcomeOf = (obeyed: Obeyed): string =>
  obeyed.outcome === 'refused'
    ? obeyed.refusal.code
    : `${obeyed.events.map((event) => event.type).join(' + ')} → ${obeyed.state.status}`;

const row = (command: Command): Record<string, string> =>
  Object.fromEntries(
    Object.entries(states).map(([status, state]) => [status, outcomeOf(obey(state, command, circumstances))]),
  );

/** In every status: `otherwise`, but for these. */
const everywhere = (otherwise: string, but: Partial<Record<keyof typeof states, string>>): Record<string, string> => ({
  ...Object.fromEntries(Object.keys(states).map((status) => [status, otherwise])),
  ...but,
});
const whenOver = (code: string) => ({
  accepted: code,
  rejected: code,
  completed: code,
  failed: code,
  cancelled: code,
});

const table: Record<string, Record<string, string>> = {
  lease: everywhere('fenced', { queued: 'activation.leased → working' }),
  append: everywhere('fenced', { working: 'call.finished → working', ...whenOver('terminal') }),
  lose: everywhere('conflict', { working: 'activation.lost + activation.queued → queued' }),
  decide: everywhere('terminal', {
    queued: 'decision.made → queued',
    working: 'decision.made → working',
    waiting: 'decision.made + activation.queued → queued',
    'waiting for a time': 'decision.made → waiting',
    reviewing: 'decision.made → reviewing',
  }),
  // Its time is not over yet.
  expire: everywhere('conflict', {}),
  renew: everywhere('terminal', {
    queued: 'decision.renewed → queued',
    working: 'decision.renewed → working',
    waiting: 'decision.renewed → waiting',
    'waiting for a time': 'decision.renewed → waiting',
    reviewing: 'decision.renewed → reviewing',
  }),
  fire: everywhere('conflict', { 'waiting for a time': 'timer.fired + activation.queued → queued' }),
  message: everywhere('terminal', {
    queued: 'message.sent → queued',
    working: 'message.sent → working',
    waiting: 'message.sent → waiting',
    'waiting for a time': 'message.sent → waiting',
    reviewing: 'conflict',
  }),
  accept: everywhere('conflict', { reviewing: 'review.decided → accepted', ...whenOver('terminal') }),
  changes: everywhere('conflict', {
    reviewing: 'review.decided + activation.queued → queued',
    ...whenOver('terminal'),
  }),
  // What was applied is told of whatever became of the run.
  applied: Object.fromEntries(
    Object.entries(states).map(([name, { status }]) => [name, `changes.applied → ${status}`]),
  ),
  cancel: everywhere('run.cancelled → cancelled', whenOver('terminal')),
};

test.each(Object.entries(commands))('%s does in every status what the table says', (name, command) => {
  expect(row(command)).toEqual(table[name]);
});

test('a refusal says what is wrong and what to do about it', () => {
  const refusals = Object.values(commands)
    .flatMap((command) => Object.values(states).map((state) => obey(state, command, circumstances)))
    .flatMap((obeyed) => (obeyed.outcome === 'refused' ? [obeyed.refusal] : []));
  expect(refusals.length).toBeGreaterThan(50);
  expect(refusals.filter(({ message, remedy }) => !/[.!]$/.test(message) || remedy.length < 10)).toEqual([]);
});

test('a decision expires at its time, and that wakes nobody', () => {
  const obeyed = obey(states.waiting, { kind: 'expire', decision: 'dec_call' }, { ...circumstances, at: later });
  expect(outcomeOf(obeyed)).toBe('decision.expired → waiting');
});

test('what has expired can be decided only after it was renewed', () => {
  const decide = commands.decide;
  const expired = after(lease, append({ type: 'decision.requested', v: 2, request: dec('call', before) }), {
    kind: 'expire',
    decision: 'dec_call',
  });
  const renewed = obey(expired, { kind: 'renew', by: 'person:ada', decision: 'dec_call' }, circumstances);
  expect([
    outcomeOf(obey(expired, decide, circumstances)),
    outcomeOf(renewed),
    renewed.outcome === 'done' ? outcomeOf(obey(renewed.state, decide, circumstances)) : '',
  ]).toEqual(['expired', 'decision.renewed → working', 'decision.made → working']);
});

test('a decision that the worker then waits for has been made: the next activation follows at once', () => {
  const obeyed = obey(
    after(lease, asked, commands.decide),
    append(ended({ kind: 'decision', decision: 'dec_call' })),
    circumstances,
  );
  expect(outcomeOf(obeyed)).toBe('activation.ended + activation.queued → queued');
});

test('a worker cannot bring back to life what it has ended', () => {
  const park = ended({ kind: 'time', at: later });
  expect([
    outcomeOf(obey(states.working, append({ type: 'run.completed', v: 1 }, park), circumstances)),
    outcomeOf(obey(states.working, append(roundFinished, park), circumstances)),
  ]).toEqual(['run.completed + activation.ended → completed', 'round.finished + activation.ended → reviewing']);
});

test('a run whose worker is lost five times without progress is given up', () => {
  let state = created();
  const outcomes: string[] = [];
  for (let loss = 1; loss <= 5; loss++) {
    const obeyed = obey(
      state,
      { kind: 'lose', activation: 'activation' in state ? state.activation : '', reason: 'killed' },
      { at, activation: `act_000${loss}` },
    );
    outcomes.push(outcomeOf(obeyed));
    if (obeyed.outcome === 'done') state = obeyed.state;
  }
  expect(outcomes).toEqual([
    ...Array.from({ length: 4 }, () => 'activation.lost + activation.queued → queued'),
    'activation.lost + run.failed → failed',
  ]);
});
