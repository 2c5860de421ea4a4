import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryLog } from '../../test/fakes/memory-log.ts';
import { someTask } from '../../test/fakes/task.ts';
import { decisionSubject, type DecisionRequest, type DecisionVerdict } from '../decision/decision.ts';
import { problemWith } from './append-rules.ts';
import type { Circumstances, Command } from './command.ts';
import { obey } from './commands.ts';
import type { Effect } from './effect.ts';
import { askedToPublish, publishArguments } from './publish-decision.ts';
import type { RunState } from './state.ts';
import { lineOf, summary } from './summary.ts';

const at = '2026-11-29T10:00:00.000Z';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const circumstances = (different: Partial<Circumstances> = {}): Circumstances => ({
  at,
  activation: 'act_next',
  decision: 'dec_first',
  jitter: 1,
  leaseUntil: null,
  sha256,
  ...different,
});
const patch = 'c'.repeat(64);
const tree = 'b'.repeat(40);
const remote = 'https://github.com/acme/shop';
const branch: Effect = {
  kind: 'branch',
  remote,
  branch: 'longhaul/1-mend',
  base: 'a'.repeat(40),
  onTop: null,
  patch,
  message: 'Mend',
};
const pullRequest: Effect = {
  kind: 'pull request',
  remote,
  branch: branch.branch,
  into: 'main',
  title: 'Mend',
  body: 'd'.repeat(64),
  draft: true,
  ciRepairs: 0,
};

const inReview = (): RunState => {
  const result = { head: { commit: 'a'.repeat(40), tree }, changes: 'e'.repeat(64), patch };
  const state = new MemoryLog(someTask({})).state;
  const size = { files: 1, additions: 1, deletions: 0 };
  return { ...state, ...({ status: 'reviewing', since: at } as const), result: { ...result, ...size } };
};
const publish = { kind: 'publish', by: 'person:dev', round: 1, patch, effects: [branch, pullRequest] } as const;
const asking: Command = { ...publish, ask: { reason: 'dev wants it.', secrets: [] } };
const byHand: Command = { ...publish, by: 'person:ada', ask: null };
const review = (verdict: 'accepted' | 'rejected' | 'changes'): Command => ({
  kind: 'review',
  by: 'person:ada',
  round: 1,
  patch: null,
  verdict,
  reason: 'So it is.',
  comments: [],
});

const done = (state: RunState, command: Command, where = circumstances()) => {
  const obeyed = obey(state, command, where);
  if (obeyed.outcome === 'refused') throw new Error(obeyed.refusal.message);
  return obeyed;
};
const refused = (state: RunState, command: Command, where = circumstances()) => {
  const obeyed = obey(state, command, where);
  if (obeyed.outcome === 'done') throw new Error('it was done');
  return obeyed.refusal;
};
const after = (state: RunState, ...commands: readonly Command[]): RunState =>
  commands.reduce((now, command) => done(now, command).state, state);

const questionOf = (state: RunState) => {
  const open = askedToPublish(state);
  if (open === undefined) throw new Error('nobody is asked');
  return open.request;
};
const answer = (state: RunState, verdict: DecisionVerdict, by = 'person:ada'): Command => {
  const { id: decision, hash } = questionOf(state);
  return { kind: 'decide', decision, hash, verdict, by };
};
const yes = { kind: 'approved', arguments: null } as const;
const no = { kind: 'rejected', reason: 'Not on a Friday.' } as const;

test('what is to be published is asked, exactly, and the result stays in review', () => {
  const asked = after(inReview(), asking);
  const { hash, expiresAt: _expiresAt, ...request } = questionOf(asked);
  expect([asked.status, asked.effects]).toEqual(['reviewing', []]);
  expect(request).toEqual({
    id: 'dec_first',
    kind: 'publish',
    requester: { turn: 0, call: null },
    action: 'Publish round 1 as a draft pull request to acme/shop',
    tool: null,
    arguments: { round: 1, patch, effects: [branch, pullRequest], secrets: [] },
    tree,
    reason: 'dev wants it.',
    consequence:
      'Longhaul makes the branch longhaul/1-mend of https://github.com/acme/shop. It opens a draft pull request of it into main, unless there is one. Whoever can read it there sees all of it.',
    onExpiry: 'Nothing is published; the result stays in review.',
    choices: [],
  });
  expect(hash).toBe(sha256(decisionSubject(asked.id, questionOf(asked))));
});

test('a later round is told as what it is: another commit, and the pull request that there is brought up to date', () => {
  const state = inReview();
  const by = 'person:ada';
  const when = { by, round: 1, failures: 0, requestedAt: at, status: 'done', at } as const;
  const result = (reference: string) => ({ reference, url: null, adopted: false, notes: [] });
  const opened: RunState = {
    ...state,
    round: 2,
    effects: [
      { ...when, key: '1 branch', effect: branch, result: result('f'.repeat(40)) },
      { ...when, key: '1 pull request', effect: pullRequest, result: result('7') },
    ],
    pullRequest: { effect: '1 pull request', remote, number: '7', url: null, ciRepairs: 0, seen: null, unseen: null },
  };
  const again: Effect = { ...branch, onTop: 'f'.repeat(40) };
  const { action, consequence } = questionOf(after(opened, { ...asking, round: 2, effects: [again, pullRequest] }));
  expect([action, consequence]).toEqual([
    'Publish round 2 to pull request 7 of acme/shop',
    'Longhaul puts a commit on the branch longhaul/1-mend of https://github.com/acme/shop. Pull request 7 into main gets it, with this title and this text; whether it is a draft stays as it is. Whoever can read it there sees all of it.',
  ]);
  // Under another name it is another pull request.
  const elsewhere = { ...pullRequest, branch: 'other' };
  const other = { ...asking, round: 2, effects: [{ ...branch, branch: 'other' }, elsewhere] };
  expect(questionOf(after(opened, other)).consequence).toContain('It opens a draft pull request of it into main');
});

test('another branch, title, text, tree or secret has another hash', () => {
  const hashes = [
    asking,
    { ...asking, effects: [{ ...branch, branch: 'b' }, pullRequest] },
    { ...asking, effects: [branch, { ...pullRequest, title: 'Break' }] },
    { ...asking, effects: [branch, { ...pullRequest, body: 'f'.repeat(64) }] },
    { ...asking, ask: { reason: '', secrets: ['a.ts:1: Key'] } },
  ].map((command) => questionOf(after(inReview(), command)).hash);
  const state = inReview();
  const other = { ...state.result!, head: { commit: 'a'.repeat(40), tree: 'f'.repeat(40) } };
  hashes.push(questionOf(after({ ...state, result: other }, asking)).hash);
  expect(new Set(hashes).size).toBe(hashes.length);
});

test('once it is approved exactly that is asked for, at once and in the name of whoever approved it', () => {
  const asked = after(inReview(), asking);
  const { events, state } = done(asked, answer(asked, yes));
  expect(events.map(({ type }) => type)).toEqual(['decision.made', 'effect.requested', 'effect.requested']);
  expect(state.effects.map(({ effect, by, status }) => [effect, by, status])).toEqual([
    [branch, 'person:ada', 'requested'],
    [pullRequest, 'person:ada', 'requested'],
  ]);
  expect([state.status, askedToPublish(state)]).toEqual(['reviewing', undefined]);
});

test('of two who approve it one does, and the other reads who', () => {
  const asked = after(inReview(), asking);
  const other = answer(asked, yes, 'person:ben');
  expect(refused(after(asked, answer(asked, yes)), other).message).toBe(
    'Decision dec_first was already approved by ada.',
  );
  expect(refused(after(asked, answer(asked, no)), other).message).toBe(
    'Decision dec_first was already rejected by ada.',
  );
});

test('rejected, the result stays in review, and lists and pages say who said no, and why', () => {
  const asked = after(inReview(), asking);
  const state = after(asked, answer(asked, no));
  const said = 'round 1 is ready for review; not to be published, says ada: Not on a Friday.';
  expect([state.status, state.effects, lineOf(state).detail, lineOf(summary(state)).detail]).toEqual([
    'reviewing',
    [],
    said,
    said,
  ]);
  expect(lineOf(state).decisions).toBe(0);
});

test.each([
  ['another round', [review('changes')]],
  ['accepting the result', [review('accepted')]],
  ['rejecting the result', [review('rejected')]],
  ['cancelling the run', [{ kind: 'cancel', by: 'person:ada', reason: '' }]],
  [
    'taking up a cancelled run',
    [
      { kind: 'cancel', by: 'person:ada', reason: '' },
      { kind: 'resume', by: 'person:ada' },
    ],
  ],
  ['publishing it by hand', [byHand]],
] satisfies readonly (readonly [string, readonly Command[]])[])('%s withdraws the question', (_, commands) => {
  const asked = after(inReview(), asking);
  const late = answer(asked, yes);
  const state = after(asked, ...commands);
  expect(state.decisions).toEqual({});
  const { effects } = state;
  expect(['not_found', 'terminal']).toContain(refused(state, late).code);
  expect(effects.every(({ by }) => by === 'person:ada')).toBe(true);
});

test('another tree is asked about again, under another id and another hash', () => {
  const asked = after(inReview(), asking);
  const { id, hash } = questionOf(asked);
  const second: RunState = {
    ...after(asked, review('changes')),
    ...({ status: 'reviewing', since: at } as const),
    result: { ...asked.result!, patch: 'f'.repeat(64), head: { commit: 'a'.repeat(40), tree: 'f'.repeat(40) } },
  };
  const again = { ...asking, round: 2, patch: 'f'.repeat(64), effects: [{ ...branch, patch: 'f'.repeat(64) }] };
  expect(refused(second, asking).code).toBe('stale');
  const { state } = done(second, again, circumstances({ decision: 'dec_second' }));
  expect(questionOf(state).id).not.toBe(id);
  expect(questionOf(state).hash).not.toBe(hash);
  expect(refused(state, answer(asked, yes)).code).toBe('not_found');
});

test('undecided it expires, stays in review, and can be asked again', () => {
  const asked = after(inReview(), asking);
  const late = circumstances({ at: '2027-01-01T00:00:00.000Z' });
  const expired = done(asked, { kind: 'expire', decision: 'dec_first' }, late).state;
  expect(lineOf(expired)).toMatchObject({
    status: 'reviewing',
    detail: 'round 1 is ready for review; expired undecided: Publish round 1 as a draft pull request to acme/shop',
    attention: false,
    decisions: 1,
  });
  expect(refused(expired, answer(expired, yes), late).code).toBe('expired');
  const renewed = done(expired, { kind: 'renew', decision: 'dec_first', by: 'person:ada' }, late).state;
  expect(done(renewed, answer(renewed, yes), late).state.effects).toHaveLength(2);
  const anew = done(expired, asking, { ...late, decision: 'dec_second' }).state;
  expect(Object.keys(anew.decisions)).toEqual(['dec_second']);
});

test('one question is asked at a time, and none about what is published or under way', () => {
  const asked = after(inReview(), asking);
  expect(refused(asked, asking)).toMatchObject({
    code: 'conflict',
    message: 'Publishing round 1 of run 1 is asked already.',
    remedy: 'See what waits: longhaul decisions dec_first',
  });
  expect(refused(after(inReview(), byHand), asking).message).toContain('is being published');
  expect(refused(after(inReview(), review('accepted')), asking).message).toBe(
    'Run 1 is accepted: only a result in review can be asked about.',
  );
});

test('it is not approved as something else, and only on what was shown', () => {
  const asked = after(inReview(), asking);
  const { id, arguments: args } = questionOf(asked);
  expect(refused(asked, answer(asked, { kind: 'approved', arguments: args })).message).toBe(
    `Decision ${id} is about exactly what was shown: it is not approved as something else.`,
  );
  const other = { ...answer(asked, yes), hash: '0'.repeat(64) } as Command;
  expect(refused(asked, other).code).toBe('stale');
  expect(refused(asked, answer(asked, { kind: 'answered', answer: 'yes' })).code).toBe('invalid');
});

test('what looks like a secret is named in what approving does', () => {
  const asked = after(inReview(), {
    ...asking,
    ask: { reason: '', secrets: ['src/config.js:12: AWS Secret Access Key'] },
  });
  const request = questionOf(asked);
  expect(publishArguments(request)?.secrets).toEqual(['src/config.js:12: AWS Secret Access Key']);
  expect(request.consequence).toContain(
    'What looks like a secret would be there for all of them: src/config.js:12: AWS Secret Access Key.',
  );
});

test('what has been done already is not asked for again', () => {
  const result = { reference: 'a'.repeat(40), url: null, adopted: false, notes: [] };
  const failed = { kind: 'failed', said: 'Out', remedy: 'Wait', again: false, afterMs: null } as const;
  const half = after(
    inReview(),
    byHand,
    { kind: 'effected', effect: '1 branch', outcome: { kind: 'done', result } },
    { kind: 'effected', effect: '1 pull request', outcome: failed },
  );
  const asked = after(half, asking);
  expect(publishArguments(questionOf(asked))?.effects).toEqual([pullRequest]);
  expect(after(asked, answer(asked, yes)).effects.map(({ status }) => status)).toEqual(['done', 'requested']);
});

test('an approval of what an earlier version asked, and nobody can read any more, does nothing', () => {
  const asked = after(inReview(), asking);
  const request = { ...questionOf(asked), arguments: { effects: [{ kind: 'fax' }] } };
  const state: RunState = { ...asked, decisions: { dec_first: { status: 'pending', request } } };
  expect(refused(state, answer(state, yes)).code).toBe('stale');
});

test('no worker asks whether something may be published', () => {
  const request = questionOf(after(inReview(), asking));
  expect(problemWith(inReview(), { type: 'decision.requested', v: 3, request })).toBe(
    'What is published is not for a worker to ask.',
  );
});

test.each([
  ['https://github.com/acme/shop.git', 'acme/shop'],
  ['http://github.com/acme/shop', 'github.com/acme/shop'],
  ['https://git.example.org/team/shop.git', 'git.example.org/team/shop'],
  ['https://evil.example/github.com/acme/shop', 'evil.example/github.com/acme/shop'],
  ['file:///srv/shop.git', 'file:///srv/shop.git'],
])('where %s is, is said as %s', (remote, name) => {
  const asked = after(inReview(), { ...asking, effects: [{ ...branch, remote }] });
  expect(questionOf(asked).action).toBe(`Publish round 1 as the branch longhaul/1-mend of ${name}`);
});

/** A result of the round at hand, such as no other. */
const withResult = (state: RunState, nth: number): RunState => {
  const [tree, patch] = [String(nth % 10).repeat(40), String(nth % 10).repeat(64)];
  const result = { head: { commit: 'a'.repeat(40), tree }, changes: 'e'.repeat(64), patch };
  return {
    ...state,
    ...({ status: 'reviewing', since: at } as const),
    result: { ...result, files: 1, additions: 1, deletions: 0 },
  };
};

test('whatever people do meanwhile, an approval publishes what it was asked about, of the result that is in review, or nothing', () => {
  const act = fc.constantFrom('ask', 'hand', 'approve', 'reject', 'changes', 'accept', 'cancel', 'resume', 'finish');
  fc.assert(
    fc.property(fc.array(fc.tuple(act, fc.nat(9)), { minLength: 3, maxLength: 25 }), (acts) => {
      let state = withResult(inReview(), 0);
      const shown: DecisionRequest[] = [];
      const wrong: string[] = [];
      for (const [index, [kind, pick]] of acts.entries()) {
        if (kind === 'finish' && state.status === 'queued') state = withResult(state, index + 1);
        const command = ((): Command | null => {
          const own = { round: state.round, patch: state.result?.patch ?? '' };
          const request = shown[pick % Math.max(1, shown.length)];
          switch (kind) {
            case 'ask':
            case 'hand':
              return { ...(kind === 'ask' ? asking : byHand), ...own, effects: [{ ...branch, patch: own.patch }] };
            case 'approve':
            case 'reject': {
              const verdict = kind === 'approve' ? yes : no;
              return request === undefined
                ? null
                : { kind: 'decide', decision: request.id, hash: request.hash, verdict, by: 'person:ada' };
            }
            case 'changes':
              return { ...review('changes'), round: state.round } as Command;
            case 'accept':
              return { ...review('accepted'), round: state.round } as Command;
            case 'cancel':
              return { kind: 'cancel', by: 'person:ada', reason: '' };
            case 'resume':
              return { kind: 'resume', by: 'person:ada' };
            case 'finish':
              return null;
          }
        })();
        if (command === null) continue;
        const obeyed = obey(state, command, circumstances({ decision: `dec_${index}`, activation: `act_${index}` }));
        if (obeyed.outcome === 'refused') continue;
        for (const body of obeyed.events) if (body.type === 'decision.requested') shown.push(body.request);
        const requested = obeyed.events.flatMap((body) => (body.type === 'effect.requested' ? [body.effect] : []));
        const request = command.kind === 'decide' ? shown.find(({ id }) => id === command.decision) : undefined;
        const asked = request && publishArguments(request);
        const { status, round, result } = state;
        const isOfReview =
          status === 'reviewing' &&
          asked?.round === round &&
          asked.patch === result?.patch &&
          request?.tree === result.head.tree;
        const isAsked = kind === 'approve' && isDeepStrictEqual(requested, asked?.effects);
        const isRight =
          command.kind === 'decide'
            ? isOfReview && (isAsked || (kind === 'reject' && requested.length === 0))
            : requested.length > 0 === (kind === 'hand');
        if (!isRight) wrong.push(`${index} ${kind}`);
        state = obeyed.state;
      }
      expect(wrong).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
