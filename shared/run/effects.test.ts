import { expect, test } from 'vitest';
import { MemoryLog } from '../../test/fakes/memory-log.ts';
import { someTask } from '../../test/fakes/task.ts';
import type { ChecksFailed, ChangeRequest, Circumstances, Command, EffectOutcome } from './command.ts';
import { obey } from './commands.ts';
import { mayRepair } from './command-of-effects.ts';
import { isHalfDone, nextEffect, placeOf, withTrailer, type Effect } from './effect.ts';
import { isFollowed } from './followed.ts';
import type { PullRequestTold } from './pull-request.ts';
import type { RunState } from './state.ts';
import { effectsText } from './summary.ts';

const at = '2026-11-29T10:00:00.000Z';
const circumstances: Circumstances = {
  at,
  activation: 'act_next',
  decision: 'dec_next',
  jitter: 1,
  leaseUntil: null,
  sha256: (text) => text,
};
const patch = 'c'.repeat(64);
const branch: Effect = {
  kind: 'branch',
  remote: 'https://github.com/acme/shop',
  branch: 'longhaul/1-mend',
  base: 'a'.repeat(40),
  onTop: null,
  patch,
  message: 'Mend',
};
const pullRequest: Effect = {
  kind: 'pull request',
  remote: branch.remote,
  branch: branch.branch,
  into: 'main',
  title: 'Mend',
  body: 'd'.repeat(64),
  draft: true,
  ciRepairs: 1,
};

const inReview = (): RunState => {
  const head = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
  const result = { head, changes: 'e'.repeat(64), patch, files: 1, additions: 1, deletions: 0 };
  const state = new MemoryLog(someTask({})).state;
  return { ...state, ...({ status: 'reviewing', since: at } as const), result };
};
const publish = (different: object = {}): Command => ({
  kind: 'publish',
  by: 'person:ada',
  round: 1,
  patch,
  effects: [branch, pullRequest],
  ask: null,
  ...different,
});
const after = (state: RunState, ...commands: readonly Command[]): RunState => {
  let now = state;
  for (const command of commands) {
    const obeyed = obey(now, command, circumstances);
    if (obeyed.outcome === 'refused') throw new Error(obeyed.refusal.message);
    now = obeyed.state;
  }
  return now;
};
const effected = (effect: string, outcome: EffectOutcome): Command => ({ kind: 'effected', effect, outcome });
const done = (reference: string): EffectOutcome => ({
  kind: 'done',
  result: { reference, url: null, adopted: false, notes: [] },
});
const failed = (again: boolean, afterMs: number | null = null): EffectOutcome => ({
  kind: 'failed',
  said: 'GitHub is out',
  remedy: 'Wait',
  again,
  afterMs,
});

test('effects are done in their order, and the run says how they stand', () => {
  const asked = after(inReview(), publish());
  expect(nextEffect(asked)?.key).toBe('1 branch');
  expect(effectsText(asked)).toBe('publishing longhaul/1-mend');
  const half = after(asked, effected('1 branch', done('f'.repeat(40))));
  expect(nextEffect(half)?.key).toBe('1 pull request');
  const whole = after(half, effected('1 pull request', done('12')));
  expect(nextEffect(whole)).toBeNull();
  expect(effectsText(whole)).toBe('pull request 12 is open');
  expect(whole.status).toBe('reviewing');
});

test('an attempt that fails is made again later, never sooner than the other side asks, and at most as often as the budget has retries', () => {
  const asked = after(inReview(), publish());
  const delayed = after(asked, effected('1 branch', failed(true, 60_000)));
  expect(nextEffect(delayed)).toMatchObject({ failures: 1, retryAt: '2026-11-29T10:01:00.000Z' });
  expect(after(asked, effected('1 branch', failed(true, 10 ** 14))).effects[0]).toMatchObject({
    retryAt: '2026-11-29T11:00:00.000Z',
  });
  expect(delayed.spent.retries).toBe(1);
  const few = { ...asked, budget: { ...asked.budget, retries: 3 } };
  const given = after(few, ...Array.from({ length: 3 }, () => effected('1 branch', failed(true))));
  expect(given.effects[0]).toMatchObject({ status: 'failed', said: 'GitHub is out (3 attempts)' });
});

test('what failed for good holds up what follows it, and both are asked for again by publishing again', () => {
  const stopped = after(inReview(), publish(), effected('1 branch', failed(false)));
  expect(nextEffect(stopped)).toBeNull();
  expect(effectsText(stopped)).toBe('not published: GitHub is out');
  const again = after(stopped, publish({ effects: [{ ...branch, branch: 'other' }, pullRequest] }));
  expect(again.effects.map(({ key, status, effect }) => [key, status, placeOf(effect)])).toEqual([
    ['1 branch', 'requested', 'other'],
    ['1 pull request', 'requested', branch.branch],
  ]);
});

test.each<readonly [string, Command, string]>([
  ['another round than it is in', publish({ round: 2 }), 'stale'],
  ['another result than it has', publish({ patch: 'd'.repeat(64) }), 'stale'],
])('nothing is published of %s', (_name, command, code) => {
  expect(obey(inReview(), command, circumstances)).toMatchObject({ outcome: 'refused', refusal: { code } });
});

test('a publication that failed once its branch was made is gone on with, on that branch alone', () => {
  const where = { remote: branch.remote, branch: 'longhaul/1-mend' };
  const made = after(inReview(), publish(), effected('1 branch', done('f'.repeat(40))));
  const stopped = after(made, effected('1 pull request', failed(false)));
  expect([made, stopped].map((run) => isHalfDone(run, where))).toEqual([false, true]);
  expect(isHalfDone(stopped, { ...where, branch: 'other' })).toBe(false);
  expect(after(stopped, publish()).effects.map(({ key, status }) => [key, status])).toEqual([
    ['1 branch', 'done'],
    ['1 pull request', 'requested'],
  ]);
});

test('nothing is published twice, nor somewhere else, nor said of what is not next', () => {
  const asked = after(inReview(), publish());
  expect(obey(asked, publish(), circumstances)).toMatchObject({ outcome: 'refused' });
  expect(obey(asked, effected('2 branch', done('1')), circumstances)).toMatchObject({ outcome: 'refused' });
  const whole = after(asked, effected('1 branch', done('f')), effected('1 pull request', done('12')));
  const elsewhere = publish({ effects: [{ ...branch, branch: 'other' }] });
  for (const command of [publish(), elsewhere])
    expect(obey(whole, command, circumstances)).toMatchObject({
      outcome: 'refused',
      refusal: { message: expect.stringContaining('is published already') },
    });
});

test.each(['rejected', 'changes'] as const)('what was not published when a person said %s never is', (verdict) => {
  const delayed = after(inReview(), publish(), effected('1 branch', failed(true)));
  const over = after(delayed, {
    kind: 'review',
    by: 'person:ada',
    round: 1,
    patch,
    verdict,
    reason: 'No',
    comments: [],
  });
  expect(nextEffect(over)).toBeNull();
  // One that was under way is told as it ended.
  expect(after(over, effected('1 branch', done('f'))).effects[0]).toMatchObject({ status: 'done' });
  expect(after(over, effected('1 branch', failed(true))).effects[0]).toMatchObject({ status: 'failed' });
});

test('the next round is published under its own keys, whatever became of the one before', () => {
  const delayed = after(inReview(), publish(), effected('1 branch', failed(true)));
  const asked = {
    kind: 'review',
    by: 'person:ada',
    round: 1,
    patch,
    verdict: 'changes',
    reason: 'No',
    comments: [],
  } as const;
  const next = { ...after(delayed, asked), ...({ status: 'reviewing', since: at } as const) };
  expect(nextEffect(after(next, publish({ round: 2 })))?.key).toBe('2 branch');
});

const open: PullRequestTold = {
  state: 'open',
  by: null,
  head: 'f'.repeat(40),
  checks: { passed: 0, failed: 0, pending: 0, failing: [] },
  approvedBy: [],
  changesRequestedBy: [],
  conflictsWith: null,
};
const seen = (
  different: object = {},
  request: ChangeRequest | null = null,
  failure: ChecksFailed | null = null,
): Command => ({
  kind: 'seen',
  effect: '1 pull request',
  outcome: 'seen',
  seen: { ...open, ...different },
  request,
  conflict: null,
  failure,
});
const asked: ChangeRequest = {
  review: 7,
  by: 'github:bob',
  reason: 'bob: Not so.',
  comments: [{ path: 'sum.js', line: 1, text: 'Why?' }],
};
const opened = (): RunState =>
  after(inReview(), publish(), effected('1 branch', done('f')), effected('1 pull request', done('12')));
/** Its next round is in review, and not published. */
const nextRound = (state: RunState): RunState => ({ ...state, ...({ status: 'reviewing', since: at } as const) });

test('what becomes of a pull request is on record once, and told in the row', () => {
  const passed = { checks: { ...open.checks, passed: 2 }, approvedBy: ['github:bob'] };
  const told = after(opened(), seen(passed));
  expect(effectsText(told)).toBe('pull request 12: its checks passed, it is approved');
  expect(obey(told, seen(passed), circumstances)).toMatchObject({ outcome: 'done', events: [] });
  const failed = { checks: { passed: 1, failed: 1, pending: 0, failing: ['build'] } };
  expect(effectsText(after(told, seen(failed)))).toBe('pull request 12: 1 of 2 of its checks failed');
});

test('that it cannot be looked at is on record once, until it can', () => {
  const unseen: Command = {
    kind: 'seen',
    effect: '1 pull request',
    outcome: 'unseen',
    said: 'GitHub is out',
    remedy: '',
  };
  const out = after(opened(), seen(), unseen);
  expect(effectsText(out)).toBe('pull request 12 cannot be looked at');
  expect(obey(out, unseen, circumstances)).toMatchObject({ outcome: 'done', events: [] });
  expect(effectsText(after(out, seen()))).toBe('pull request 12 is open');
});

test('merged accepts what is in it, closed rejects it, and nobody looks at it any more', () => {
  const merged = after(opened(), seen({ state: 'merged', by: 'github:bob' }));
  expect(merged).toMatchObject({ status: 'accepted', by: 'github:bob' });
  expect(effectsText(merged)).toBe('pull request 12 was merged by bob on GitHub');
  const closed = after(opened(), seen({ state: 'closed' }));
  expect(closed).toMatchObject({ status: 'rejected', by: 'github', reason: 'Its pull request was closed.' });
  for (const over of [merged, closed]) {
    expect(isFollowed(over)).toBe(false);
    expect(obey(over, seen(), circumstances)).toMatchObject({ outcome: 'refused' });
  }
});

test('a request for changes is the next round, once; one that comes while the agent works is taken up when it is done', () => {
  const changed = after(opened(), seen({}, asked));
  expect(changed).toMatchObject({ status: 'queued', round: 2, pullRequest: { seen: { reviewed: 7 } } });
  const again = nextRound(changed);
  expect(obey(again, seen({}, asked), circumstances)).toMatchObject({ events: [] });
  const later = { ...asked, review: 9 };
  expect(after(changed, seen({}, later))).toMatchObject({ status: 'queued', round: 2 });
  expect(after(again, seen({}, later))).toMatchObject({ status: 'queued', round: 3 });
});

const failure: ChecksFailed = {
  reason: 'Failed: build',
  comments: [{ path: 'sum.js', line: 2, text: 'It is not a sum.' }],
};
/** As the branch was left by the first round. */
const own = { head: 'f', checks: { passed: 1, failed: 1, pending: 0, failing: ['build'] } };

test('checks that fail begin as many rounds as the person let them, with what they said', () => {
  const failed = after(opened(), seen(own, null, failure));
  expect(failed).toMatchObject({ status: 'queued', round: 2, pullRequest: { seen: { ciRepaired: 1, reviewed: 0 } } });
  // The same checks, while the next round waits for a person; and those of a second round, of which one was allowed.
  expect(after(nextRound(failed), seen(own, null, failure))).toMatchObject({ status: 'reviewing', round: 2 });
  expect(mayRepair(opened())).toBe(true);
  // Nobody is asked what they say where nothing would come of it.
  for (const state of [failed, nextRound(failed)]) expect(mayRepair(state)).toBe(false);
  const again = after(
    nextRound(failed),
    publish({ round: 2 }),
    effected('2 branch', done('a')),
    effected('2 pull request', done('12')),
    { ...seen({ ...own, head: 'a' }, null, failure), effect: '2 pull request' } as Command,
  );
  expect(again).toMatchObject({ status: 'reviewing', round: 2, pullRequest: { seen: { ciRepaired: 1 } } });
});

/** The branch that it is to go into has changed the same. */
const main = { branch: 'main', commit: 'b'.repeat(40) };
const clashes = { ...own, conflictsWith: 'main' };
const inConflict = (...args: Parameters<typeof seen>): Command => ({ ...seen(...args), conflict: main }) as Command;

test('a conflict with the branch that it is to go into is told in the row, and is a round that merges it, before what checks say', () => {
  const conflicting = after(opened(), inConflict(clashes, null, failure));
  expect(conflicting).toMatchObject({
    status: 'queued',
    round: 2,
    merge: { remote: branch.remote, ...main, step: 'asked' },
    pullRequest: { seen: { baseMerged: 1, ciRepaired: 0 } },
  });
  expect(effectsText(after(opened(), seen(clashes)))).toBe(
    'pull request 12: it conflicts with main, 1 of 2 of its checks failed',
  );
  // While that round is in review, and not published yet, it conflicts still.
  expect(after(nextRound(conflicting), inConflict(clashes))).toMatchObject({ round: 2 });
});

test('what a person wants goes before a conflict; what somebody else has pushed, and a fourth one, begin no round', () => {
  expect(after(opened(), inConflict(clashes, asked))).toMatchObject({ round: 2, merge: null });
  expect(after(opened(), inConflict({ ...clashes, head: 'a' }))).toMatchObject({ round: 1 });
  let state = opened();
  for (const [round, head] of [
    [2, 'a'],
    [3, 'c'],
    [4, 'd'],
  ] as const) {
    const before = inConflict({ ...clashes, head: round === 2 ? 'f' : round === 3 ? 'a' : 'c' });
    state = after(
      nextRound(after(state, { ...before, effect: `${round - 1} pull request` } as Command)),
      publish({ round }),
      effected(`${round} branch`, done(head)),
      effected(`${round} pull request`, done('12')),
    );
  }
  const again = { ...inConflict({ ...clashes, head: 'd' }), effect: '4 pull request' } as Command;
  expect(after(state, again)).toMatchObject({ status: 'reviewing', round: 4 });
});

test('checks of what somebody else has pushed, and checks that nobody let begin anything, begin no round', () => {
  expect(after(opened(), seen({ ...own, head: 'b' }, null, failure))).toMatchObject({ status: 'reviewing', round: 1 });
  const unasked = opened();
  const none = { ...unasked, pullRequest: unasked.pullRequest && { ...unasked.pullRequest, ciRepairs: 0 } };
  expect(after(none, seen(own, null, failure))).toMatchObject({ status: 'reviewing', round: 1 });
});

test('what cannot be said on a pull request leaves it published', () => {
  const comment: Effect = { kind: 'comment', remote: branch.remote, branch: branch.branch, body: 'e'.repeat(64) };
  const failed = { kind: 'failed', said: 'GitHub is out', remedy: '', again: false, afterMs: null } as const;
  const told = after(
    inReview(),
    publish({ effects: [branch, pullRequest, comment] }),
    effected('1 branch', done('f')),
    effected('1 pull request', done('12')),
    effected('1 comment', failed),
  );
  expect(effectsText(told)).toBe('pull request 12 is open; nothing was said there: GitHub is out');
  expect(isFollowed(told)).toBe(true);
});

test('what a person wants changed goes before what checks say', () => {
  const both = after(opened(), seen(own, asked, failure));
  expect(both).toMatchObject({ status: 'queued', round: 2, pullRequest: { seen: { ciRepaired: 0, reviewed: 7 } } });
});

test('what is merged or closed without the round that is in review leaves that to the person', () => {
  const later = nextRound(after(opened(), seen({}, asked)));
  for (const state of ['merged', 'closed'] as const)
    expect(after(later, seen({ state }))).toMatchObject({ status: 'reviewing', pullRequest: { seen: { state } } });
});

test('a run that a person accepted is followed to the merge, one that was rejected is not', () => {
  const verdict = (given: 'accepted' | 'rejected'): Command => ({
    kind: 'review',
    by: 'person:ada',
    round: 1,
    patch,
    verdict: given,
    reason: '',
    comments: [],
  });
  expect(isFollowed(after(opened(), verdict('rejected')))).toBe(false);
  const accepted = after(opened(), verdict('accepted'));
  expect(isFollowed(accepted)).toBe(true);
  expect(after(accepted, seen({ state: 'merged' }, asked))).toMatchObject({ status: 'accepted', by: 'person:ada' });
});

test('a result that is said is accepted with it, once and by whoever had it said', () => {
  const labels: Effect = {
    kind: 'labels',
    remote: branch.remote,
    on: { kind: 'issue', number: 12 },
    labels: ['bug'],
  };
  const asked = after(inReview(), publish({ effects: [labels] }));
  expect(effectsText(asked)).toBe('publishing labels of issue 12');
  const result = { reference: '12', url: null, adopted: false, notes: [] };
  const said = after(asked, { kind: 'effected', effect: '1 labels', outcome: { kind: 'done', result } });
  expect(said).toMatchObject({ status: 'accepted', by: 'person:ada', pullRequest: null });
  expect(effectsText(said)).toBe('published as labels of issue 12');
  expect(obey(said, publish({ effects: [labels] }), circumstances)).toMatchObject({
    outcome: 'refused',
    refusal: { message: expect.stringContaining('is published already: labels of issue 12') },
  });
  const refused = { kind: 'review', by: 'person:ada', round: 1, patch: null, reason: '', comments: [] } as const;
  const rejected = after(asked, { ...refused, verdict: 'rejected' });
  expect(after(rejected, { kind: 'effected', effect: '1 labels', outcome: { kind: 'done', result } }).status).toBe(
    'rejected',
  );
});

test.each([
  ['Mend', 'Mend\n\nX: 1'],
  ['Mend: it\n', 'Mend: it\n\nX: 1'],
  ['Mend\n\nCo-authored-by: Ada <ada@example.org>', 'Mend\n\nCo-authored-by: Ada <ada@example.org>\nX: 1'],
  ['Mend\n\nBecause: of this\nand that.', 'Mend\n\nBecause: of this\nand that.\n\nX: 1'],
])('to %j a line is added as git takes it for a trailer', (message, expected) => {
  expect(withTrailer(message, 'X: 1')).toBe(expected);
});
