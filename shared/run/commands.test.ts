import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { callFinished, ended, object, roundFinished, someRequest } from '../../test/suites/runs.ts';
import { someTask } from '../../test/fakes/task.ts';
import { decisionSubject } from '../decision/decision.ts';
import type { Command } from './command.ts';
import { obey, settle, type Obeyed } from './commands.ts';
import { reduce } from './reduce.ts';
import type { RunState, Status } from './state.ts';
import { lineOf } from './summary.ts';

const run = 'run_test1';
const at = '2030-01-01T12:00:00.000Z';
const before = '2030-01-01T11:00:00.000Z';
const later = '2030-01-01T13:00:00.000Z';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const circumstances = { at, activation: 'act_next', decision: 'dec_next', jitter: 0.5, leaseUntil: null, sha256 };

const dec = (kind: 'call' | 'budget', expiresAt = later) =>
  someRequest({ run, decision: `dec_${kind}`, kind, expiresAt });

const created = (): RunState => {
  const body = { type: 'run.created', v: 5, number: 1, task: someTask() } as const;
  const state = reduce(undefined, { run, seq: 1, position: 1, at, activation: null, body });
  if (state === undefined) throw new Error('It was created.');
  return settle(state, [], { ...circumstances, activation: 'act_0001' }).state;
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
const asked = append({ type: 'decision.requested', v: 3, request: dec('call') });
const review = (
  verdict: 'accepted' | 'rejected' | 'changes',
  shown: { readonly round: number; readonly patch: string | null } = { round: 1, patch: null },
): Command => ({
  kind: 'review',
  by: 'person:ada',
  ...shown,
  verdict,
  reason: 'because',
  comments: [],
});
const pause: Command = { kind: 'pause', by: 'person:ada' };
const cancel: Command = { kind: 'cancel', by: 'person:ada', reason: '' };

/** Each of them was asked a decision that nobody has made yet. */
const states: Record<Exclude<Status, 'ready'> | 'waiting for a time' | 'pausing' | 'paused', RunState> = {
  queued: after(lease, asked, { kind: 'lose', activation: 'act_0001', reason: 'killed' }),
  working: after(lease, asked),
  waiting: after(lease, asked, append(ended({ kind: 'decision', decision: 'dec_call' }))),
  'waiting for a time': after(lease, asked, append(ended({ kind: 'time', at: before }))),
  pausing: after(lease, asked, pause),
  paused: after(lease, asked, pause, append(ended({ kind: 'resume', by: 'person:ada' }))),
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
  defer: { kind: 'defer', activation: 'act_next', reason: 'no memory', remedy: null },
  await: {
    kind: 'await',
    activation: 'act_next',
    delay: { asked: 'the engine', said: 'QUEUED', remedy: null, retryAt: null },
  },
  refuse: { kind: 'refuse', activation: 'act_next', reason: 'No such version.', remedy: 'Name another.' },
  lose: { kind: 'lose', activation: 'act_0001', reason: 'killed' },
  return: { kind: 'return', activation: 'act_0001', reason: 'stopped' },
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
  archive: { kind: 'archive', by: 'person:ada' },
  unarchive: { kind: 'unarchive', by: 'person:ada' },
  pause,
  resume: { kind: 'resume', by: 'person:ada' },
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
  append: everywhere('fenced', {
    working: 'call.finished → working',
    pausing: 'call.finished → working',
    ...whenOver('terminal'),
  }),
  defer: everywhere('conflict', { queued: 'activation.deferred → queued' }),
  await: everywhere('conflict', { queued: 'activation.awaited → queued' }),
  refuse: everywhere('conflict', { queued: 'run.failed → failed' }),
  lose: everywhere('conflict', {
    working: 'activation.lost + activation.queued → queued',
    pausing: 'activation.lost → waiting',
  }),
  return: everywhere('conflict', {
    working: 'activation.returned + activation.queued → queued',
    pausing: 'activation.returned → waiting',
  }),
  decide: everywhere('terminal', {
    queued: 'decision.made → queued',
    working: 'decision.made → working',
    waiting: 'decision.made + activation.queued → queued',
    'waiting for a time': 'decision.made → waiting',
    pausing: 'decision.made → working',
    paused: 'decision.made → waiting',
    reviewing: 'decision.made → reviewing',
  }),
  // Its time is not over yet.
  expire: everywhere('conflict', {}),
  renew: everywhere('terminal', {
    queued: 'decision.renewed → queued',
    working: 'decision.renewed → working',
    waiting: 'decision.renewed → waiting',
    'waiting for a time': 'decision.renewed → waiting',
    pausing: 'decision.renewed → working',
    paused: 'decision.renewed → waiting',
    reviewing: 'decision.renewed → reviewing',
  }),
  fire: everywhere('conflict', { 'waiting for a time': 'timer.fired + activation.queued → queued' }),
  message: everywhere('terminal', {
    queued: 'message.sent → queued',
    working: 'message.sent → working',
    waiting: 'message.sent → waiting',
    'waiting for a time': 'message.sent → waiting',
    pausing: 'message.sent → working',
    paused: 'message.sent → waiting',
    reviewing: 'conflict',
  }),
  accept: everywhere('conflict', { reviewing: 'review.decided → accepted', ...whenOver('terminal') }),
  changes: everywhere('conflict', {
    reviewing: 'review.decided + activation.queued → queued',
    ...whenOver('terminal'),
  }),
  archive: everywhere('conflict', {
    accepted: 'run.archived → accepted',
    rejected: 'run.archived → rejected',
    completed: 'run.archived → completed',
    failed: 'run.archived → failed',
    cancelled: 'run.archived → cancelled',
  }),
  // None of them is archived.
  unarchive: everywhere('conflict', {}),
  pause: everywhere('conflict', {
    queued: 'pause.requested → waiting',
    working: 'pause.requested → working',
    'waiting for a time': 'pause.requested → waiting',
    ...whenOver('terminal'),
  }),
  resume: everywhere('conflict', {
    pausing: 'pause.ended → working',
    paused: 'pause.ended + activation.queued → queued',
    failed: 'run.resumed + activation.queued → queued',
    cancelled: 'run.resumed + activation.queued → queued',
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
  const expired = after(lease, append({ type: 'decision.requested', v: 3, request: dec('call', before) }), {
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

test('a verdict about another round, or another result of the round, than the run has decides nothing', () => {
  const second = after(
    lease,
    append(roundFinished),
    review('changes'),
    { kind: 'lease', activation: 'act_next', worker: 'w' },
    { kind: 'append', activation: 'act_next', fence: 2, events: [roundFinished] },
  );
  const patch = second.result?.patch ?? null;
  const verdicts = ['accepted', 'rejected', 'changes'] as const;
  const about = (shown: { readonly round: number; readonly patch: string | null }) =>
    verdicts.map((verdict) => outcomeOf(obey(second, review(verdict, shown), circumstances)));
  const decided = [
    'review.decided → accepted',
    'review.decided → rejected',
    'review.decided + activation.queued → queued',
  ];
  expect(about({ round: 1, patch: null })).toEqual(['stale', 'stale', 'stale']);
  expect(about({ round: 3, patch: null })).toEqual(['stale', 'stale', 'stale']);
  expect(about({ round: 2, patch: 'f'.repeat(64) })).toEqual(['stale', 'stale', 'stale']);
  expect(about({ round: 2, patch: null })).toEqual(decided);
  expect(about({ round: 2, patch })).toEqual(decided);
  expect(obey(second, review('accepted'), circumstances)).toEqual({
    outcome: 'refused',
    refusal: {
      code: 'stale',
      message: `Run ${second.number} is in round 2, and you decided about round 1. Nothing was decided.`,
      remedy: `Look at what it is now, longhaul diff ${second.number}, and decide about that: --round 2`,
    },
  });
});

/** Leases what is queued and has `then` done to it, over and over. */
const inARow = (times: number, from: RunState, then: 'lose' | 'return'): { outcomes: string[]; state: RunState } => {
  let state = from;
  const outcomes: string[] = [];
  for (let time = 1; time <= times; time++) {
    const activation = 'activation' in state ? state.activation : '';
    const leased = obey(state, { kind: 'lease', activation, worker: 'w' }, circumstances);
    if (leased.outcome === 'refused') throw new Error(leased.refusal.message);
    const obeyed = obey(
      leased.state,
      { kind: then, activation, reason: 'killed' },
      { ...circumstances, activation: `act_000${time + 1}` },
    );
    if (obeyed.outcome === 'refused') throw new Error(obeyed.refusal.message);
    outcomes.push(outcomeOf(obeyed));
    state = obeyed.state;
  }
  return { outcomes, state };
};

test('a run whose worker is lost five times without progress pauses and asks', () => {
  const { outcomes, state } = inARow(5, created(), 'lose');
  expect(outcomes).toEqual([
    ...Array.from({ length: 4 }, () => 'activation.lost + activation.queued → queued'),
    'activation.lost + decision.requested + run.paused → waiting',
  ]);
  const request = state.decisions['dec_next']?.request;
  if (request === undefined) throw new Error('Nobody was asked.');
  expect(request).toMatchObject({
    kind: 'retry',
    requester: { call: null },
    hash: sha256(decisionSubject(run, request)),
  });
  expect(request.reason).toContain('5 times in a row');
  const decide = (verdict: Extract<Command, { kind: 'decide' }>['verdict']) =>
    obey(
      state,
      { kind: 'decide', by: 'person:ada', decision: request.id, hash: request.hash, verdict },
      { ...circumstances, activation: 'act_again' },
    );
  const approved = decide({ kind: 'approved', arguments: null });
  expect(outcomeOf(approved)).toBe('decision.made + activation.queued → queued');
  // Another five, and not one.
  if (approved.outcome === 'refused') throw new Error(approved.refusal.message);
  expect(inARow(5, approved.state, 'lose').outcomes.filter((outcome) => outcome.includes('run.paused'))).toHaveLength(
    1,
  );
  const rejected = decide({ kind: 'rejected', reason: 'no' });
  expect(outcomeOf(rejected)).toBe('decision.made + run.failed → failed');
  expect(rejected.outcome === 'done' ? rejected.state : null).toMatchObject({ class: 'infrastructure' });
});

test('a run that is handed back fifty times is as it was', () => {
  const before = created();
  const { state } = inARow(50, before, 'return');
  const { activation: _a, ...was } = before as Extract<RunState, { status: 'queued' }>; // safe: it was just created
  expect(state).toMatchObject({ ...was, seq: before.seq + 150, fence: 50, losses: 0, spent: was.spent });
});

test('a model call in flight when its worker is told to stop is asked again, spends no retry, and its cost is unknown', () => {
  const asking = after(lease, append({ type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' }));
  const obeyed = obey(asking, commands.return, circumstances);
  expect(obeyed.outcome === 'done' ? obeyed.state : null).toMatchObject({
    turn: { phase: 'failed', number: 1, attempt: 1, retryAt: at },
    spent: { retries: 0, unpriced: 1 },
  });
  const answering = after(
    lease,
    append(
      { type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' },
      { type: 'model.accepted', v: 1, turn: 1, attempt: 1, responseId: 'resp_1' },
    ),
  );
  const resumable = obey(answering, commands.return, circumstances);
  expect(resumable.outcome === 'done' ? resumable.state : null).toMatchObject({
    turn: { phase: 'asking', responseId: 'resp_1' },
    spent: { retries: 0, unpriced: 0 },
  });
});

test('what no worker begins with waits longer each time, spends nothing, and says why', () => {
  let state = created();
  const waits: number[] = [];
  for (let failure = 1; failure <= 12; failure++) {
    const activation = 'activation' in state ? state.activation : '';
    const obeyed = obey(
      state,
      { kind: 'defer', activation, reason: 'no memory\nat fork', remedy: null },
      { ...circumstances, activation: `act_000${failure + 1}` },
    );
    if (obeyed.outcome === 'refused') throw new Error(obeyed.refusal.message);
    state = obeyed.state;
    if (state.status !== 'queued') throw new Error(`it is ${state.status}`);
    waits.push(Date.parse(state.delay?.retryAt ?? '') - Date.parse(at));
  }
  // Half of what it may be, which is what `jitter` says.
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 150_000, 150_000, 150_000]);
  expect(state).toMatchObject({
    status: 'queued',
    since: at,
    activation: 'act_00013',
    losses: 0,
    spent: created().spent,
    delay: { kind: 'deferred', said: 'no memory\nat fork', remedy: null, failures: 12, since: at },
  });
  expect(lineOf(state).detail).toBe(
    'the engine could not start a worker: no memory; not running since 2030-01-01T12:00:00.000Z; tried 12 times, asked again at 2030-01-01T12:02:30.000Z',
  );
  const begun = obey(state, { kind: 'lease', activation: 'act_00013', worker: 'w' }, circumstances);
  expect(begun.outcome === 'done' ? 'delay' in begun.state : null).toBe(false);
  expect(outcomeOf(obey(state, { ...lease }, circumstances))).toBe('fenced');
});

test('what the engine says of a run that it has is on record once, and until it says something else', () => {
  const said = (words: string, retryAt: string | null = null): Command => ({
    kind: 'await',
    activation: 'act_next',
    delay: { asked: 'Trigger.dev, task run run_1', said: words, remedy: 'Deploy it', retryAt },
  });
  const once = obey(states.queued, said('QUEUED', later), circumstances);
  if (once.outcome === 'refused') throw new Error(once.refusal.message);
  expect(once.state).toMatchObject({
    status: 'queued',
    activation: 'act_next',
    delay: {
      kind: 'awaited',
      since: at,
      asked: 'Trigger.dev, task run run_1',
      said: 'QUEUED',
      remedy: 'Deploy it',
      failures: 0,
      retryAt: later,
    },
  });
  expect(lineOf(once.state).detail).toBe(
    `Trigger.dev, task run run_1: QUEUED; not running since ${at}; asked again at ${later}; Deploy it`,
  );
  expect(outcomeOf(obey(once.state, said('QUEUED', at), circumstances))).toBe('conflict');
  expect(outcomeOf(obey(once.state, said('PENDING_VERSION'), circumstances))).toBe('activation.awaited → queued');
});

test('a run that its engine refuses for good says why, and what to do', () => {
  const obeyed = obey(states.queued, commands.refuse, circumstances);
  expect(obeyed.outcome === 'done' ? obeyed.state : null).toMatchObject({
    status: 'failed',
    class: 'infrastructure',
    message: 'No such version. Name another.',
  });
});

test('a model call that a cancellation broke off is made again when the run is resumed, and costs no retry', () => {
  const cancelledAsking = after(
    lease,
    append({ type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' }),
    cancel,
  );
  const obeyed = obey(cancelledAsking, commands.resume, circumstances);
  expect(obeyed.outcome === 'done' ? obeyed.state : null).toMatchObject({
    turn: { phase: 'failed', number: 1, attempt: 1, retryAt: at },
    spent: { retries: 0, unpriced: 1 },
  });
});

test('a run that is resumed keeps what it did and spent, and is rid of what stood in its way', () => {
  const failed = after(
    lease,
    append(
      { type: 'prepare.finished', v: 1, base: object },
      { type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' },
      {
        type: 'model.failed',
        v: 1,
        turn: 1,
        attempt: 1,
        trouble: { code: 'auth', message: 'The key is wrong.', retryable: false, status: 401 },
        retryAt: null,
        resume: null,
        usage: null,
        cost: null,
      },
      { type: 'run.failed', v: 1, class: 'model', message: 'The key is wrong.' },
    ),
  );
  const obeyed = obey(failed, commands.resume, circumstances);
  const {
    status: _status,
    class: _class,
    message: _message,
    at: _at,
    archived: _ar,
    ...facts
  } = failed as Extract<RunState, { status: 'failed' }>; // safe: it has just failed
  expect(obeyed.outcome === 'done' ? obeyed.state : null).toEqual({
    ...facts,
    seq: failed.seq + 2,
    turn: { ...failed.turn, retryAt: at },
    // What is tried from here on is counted anew; how much was tried in all is not.
    spent: { ...failed.spent, inVain: 0 },
    status: 'queued',
    activation: 'act_next',
    since: at,
    delay: null,
  });
});

test('a pause outlives whatever ends its worker’s hold on the run, and whatever else the run would wait for', () => {
  const by = 'person:ada';
  const paused = { status: 'waiting', until: { kind: 'resume', by } };
  const ends: readonly Command[] = [
    append(ended({ kind: 'resume', by })),
    append(ended({ kind: 'decision', decision: 'dec_call' })),
    append(ended({ kind: 'time', at: later })),
    { kind: 'lose', activation: 'act_0001', reason: 'killed' },
    { kind: 'return', activation: 'act_0001', reason: 'stopped' },
  ];
  for (const end of ends) expect(after(lease, asked, pause, end)).toMatchObject(paused);
  expect(lineOf(states.paused).detail).toBe('paused by ada');
  expect(lineOf(states.pausing).detail).toBe('pauses after this step: preparing the workspace');
});

test('what was resumed before its worker had parked it goes on', () => {
  const obeyed = obey(
    after(lease, pause, { kind: 'resume', by: 'person:ada' }),
    append(ended({ kind: 'resume', by: 'person:ada' })),
    circumstances,
  );
  expect(outcomeOf(obeyed)).toBe('activation.ended + activation.queued → queued');
});

test('what is archived can be taken out again, and what goes on is not archived any more', () => {
  const archived = after(cancel, { kind: 'archive', by: 'person:ada' });
  expect(lineOf(archived)).toMatchObject({ status: 'cancelled', archived: true });
  expect(outcomeOf(obey(archived, commands.archive, circumstances))).toBe('conflict');
  expect(outcomeOf(obey(archived, commands.unarchive, circumstances))).toBe('run.unarchived → cancelled');
  const resumed = obey(archived, commands.resume, circumstances);
  expect(resumed.outcome === 'done' ? lineOf(resumed.state) : null).toMatchObject({
    status: 'queued',
    archived: false,
  });
});
