import { expect, test } from 'vitest';
import { defaultPolicy } from '../policy/default.ts';
import { defaultBudget, nothingSpent } from './budget.ts';
import type { EventBody, RunEvent, Task } from './events.ts';
import { fold } from './reduce.ts';
import { checkDecision, type DecideInput } from './decide.ts';
import { decisionSubject, DecisionRequest } from '../decision/decision.ts';

const now = '2026-01-01T00:00:00.000Z';
const later = '2026-01-04T00:00:00.000Z';
const hash = 'a'.repeat(64);
const task: Task = {
  tenant: 'local',
  repository: '/r',
  title: 't',
  goal: 'g',
  images: [],
  recipe: null,
  asked: null,
  output: { kind: 'diff' },
  subject: null,
  requester: 'person:ada',
  priority: 0,
  source: {
    kind: 'local',
    repository: '/r',
    gitDirectory: '/g',
    commit: 'a'.repeat(40),
    head: null,
    branch: null,
    dirty: false,
  },
  policy: { ...defaultPolicy, limits: [] },
  budget: defaultBudget,
  setup: [],
  verification: [],
  model: null,
  decisionHours: 72,
  setupReads: [],
  loosened: [],
  notes: [],
};
const bash = { command: 'npm install', timeoutSeconds: null, network: ['packages.host.test'] };

const request = (different: Partial<DecisionRequest> = {}): DecisionRequest => ({
  id: 'dec_abcd',
  kind: 'call',
  requester: { turn: 1, call: 'c1' },
  action: 'Run npm install',
  tool: 'bash',
  arguments: bash,
  tree: null,
  hash,
  reason: '',
  consequence: '',
  expiresAt: later,
  onExpiry: '',
  choices: [],
  ...different,
});
const question = request({ kind: 'question', tool: 'ask', arguments: { question: 'Which?', choices: [] } });
const choice = { ...question, choices: ['a', 'b'] };
const budget = request({
  kind: 'budget',
  tool: null,
  requester: { turn: 1, call: null },
  arguments: { budget: 'turns', limit: 90 },
});
const retry = request({ kind: 'retry' });

/** A run with this decision open. */
const stateWith = (...bodies: EventBody[]) =>
  fold(
    [{ type: 'run.created', v: 5, number: 1, task } as const, ...bodies].map((body, index): RunEvent => ({
      run: 'run_abcd',
      seq: index + 1,
      position: index + 1,
      at: now,
      activation: null,
      body,
    })),
  )!;
const requested = (asked: DecisionRequest): EventBody => ({ type: 'decision.requested', v: 3, request: asked });
const approved = (args: unknown = null): DecideInput['verdict'] => ({ kind: 'approved', arguments: args as null }); // safe: a test's own JSON
const rejected: DecideInput['verdict'] = { kind: 'rejected', reason: 'no' };
const answer = (text: string): DecideInput['verdict'] => ({ kind: 'answered', answer: text });
const check = (asked: DecisionRequest, verdict: DecideInput['verdict']) =>
  checkDecision(stateWith(requested(asked)), { decision: asked.id, hash, verdict }, now);

test.each([
  ['a call approved as it is', request(), approved()],
  ['a call approved with other arguments', request(), approved({ ...bash, command: 'npm ci' })],
  [
    'a call approved with arguments that would be asked about',
    request(),
    approved({ ...bash, network: ['other.example'] }),
  ],
  ['a call rejected', request(), rejected],
  ['a question answered', question, answer('the first')],
  ['a question answered by a choice', choice, answer('b')],
  ['a question rejected', question, rejected],
  ['more budget than was asked', budget, approved({ budget: 'turns', limit: 500 })],
  ['a repetition approved', retry, approved()],
])('%s is a decision', (_name, asked, verdict) => {
  expect(check(asked, verdict)).toEqual({ outcome: 'ok' });
});

const refused = (code: string, message: string) => ({
  outcome: 'refused',
  refusal: { code, message, remedy: expect.any(String) as string },
});

test.each([
  ['a question approved', question, approved(), 'invalid', 'Decision dec_abcd is a question: it needs an answer.'],
  ['a call answered', request(), answer('yes'), 'invalid', 'Decision dec_abcd is not a question.'],
  ['an answer that is no choice', choice, answer('c'), 'invalid', '"c" is none of the choices.'],
  [
    'arguments against the schema',
    request(),
    approved({ command: '' }),
    'invalid',
    expect.stringMatching(/^The arguments do not fit the tool bash: command: /),
  ],
  [
    'arguments that policy denies',
    request({ tool: 'write', arguments: { path: 'a', content: '' } }),
    approved({ path: 'a/.git/config', content: '' }),
    'denied',
    'Policy denies the edited call: The repository data of git is not for editing.',
  ],
  [
    'a path that leaves the workspace',
    request({ tool: 'write', arguments: { path: 'a', content: '' } }),
    approved({ path: '../a', content: '' }),
    'invalid',
    '../a is outside of the workspace; only paths inside of it can be used.',
  ],
  [
    'another budget than was asked',
    budget,
    approved({ budget: 'usd', limit: 5 }),
    'invalid',
    'The edited arguments are no budget.',
  ],
  [
    'a budget of nothing',
    budget,
    approved({ budget: 'turns', limit: 0 }),
    'invalid',
    'The edited arguments are no budget.',
  ],
  [
    'a budget of half a turn',
    budget,
    approved({ budget: 'turns', limit: 90.5 }),
    'invalid',
    'The edited arguments are no budget.',
  ],
  [
    'a repetition with other arguments',
    retry,
    approved(bash),
    'invalid',
    'Decision dec_abcd has no arguments to edit.',
  ],
] as [string, DecisionRequest, DecideInput['verdict'], string, string][])(
  '%s is refused',
  (...[, asked, verdict, code, message]) => {
    expect(check(asked, verdict)).toEqual(refused(code, message));
  },
);

test('a budget below what is used already is refused, and whoever gives it is told what would be enough', () => {
  const state = { ...stateWith(requested(budget)), spent: { ...nothingSpent, turns: 60 } };
  const give = (limit: number) =>
    checkDecision(state, { decision: 'dec_abcd', hash, verdict: approved({ budget: 'turns', limit }) }, now);
  const tooLittle = (limit: number) => ({
    outcome: 'refused',
    refusal: {
      code: 'invalid',
      message: `60 turns are used already: with a limit of ${limit} the agent could not go on.`,
      remedy: 'Give more than 60, such as the 90 that were asked for.',
    },
  });
  expect([give(1), give(60), give(61)]).toEqual([tooLittle(1), tooLittle(60), { outcome: 'ok' }]);
});

const made: EventBody = {
  type: 'decision.made',
  v: 1,
  decision: 'dec_abcd',
  hash,
  verdict: { kind: 'rejected', reason: '' },
  by: 'person:eve',
};
const taken: EventBody = {
  type: 'turn.taken',
  v: 2,
  oddities: [],
  turn: 1,
  attempt: 1,
  model: 'm',
  items: [],
  usage: null,
  cost: null,
};

test.each([
  ['a decision that is unknown', [], {}, now, 'not_found', 'Run 1 has no open decision dec_abcd.'],
  [
    'another hash than was shown',
    [requested(request())],
    { hash: 'b'.repeat(64) },
    now,
    'stale',
    'Decision dec_abcd is not what you were shown.',
  ],
  [
    'a decision past its expiry',
    [requested(request())],
    {},
    later,
    'expired',
    `Decision dec_abcd expired at ${later}; nothing was done.`,
  ],
  [
    'a decision that has expired',
    [requested(request()), { type: 'decision.expired', v: 1, decision: 'dec_abcd' }],
    {},
    now,
    'expired',
    `Decision dec_abcd expired at ${later}; nothing was done.`,
  ],
  [
    'a decision that was made',
    [taken, requested(request()), made],
    {},
    now,
    'conflict',
    'Decision dec_abcd was already rejected by eve.',
  ],
] as [string, EventBody[], Partial<DecideInput>, string, string, string][])(
  '%s cannot be decided',
  (...[, bodies, different, at, code, message]) => {
    expect(
      checkDecision(stateWith(...bodies), { decision: 'dec_abcd', hash, verdict: approved(), ...different }, at),
    ).toEqual(refused(code, message));
  },
);

test('a renewed decision can be made again', () => {
  const renewed: EventBody = {
    type: 'decision.renewed',
    v: 1,
    decision: 'dec_abcd',
    expiresAt: '2026-02-01T00:00:00.000Z',
    by: 'person:ada',
  };
  const state = stateWith(requested(request()), { type: 'decision.expired', v: 1, decision: 'dec_abcd' }, renewed);
  expect(checkDecision(state, { decision: 'dec_abcd', hash, verdict: approved() }, later)).toEqual({ outcome: 'ok' });
});

test('the hash binds run, action and arguments, and nothing that may change while it waits', () => {
  const subject = decisionSubject('run_abcd', request());
  expect(subject).toBe(
    '{"action":"Run npm install","arguments":{"command":"npm install","network":["packages.host.test"],"timeoutSeconds":null},"id":"dec_abcd","kind":"call","run":"run_abcd","tool":"bash"}',
  );
  expect(decisionSubject('run_abcd', request({ expiresAt: now }))).toBe(subject);
  expect(DecisionRequest.parse(request())).toEqual(request());
});

test('the hash binds the tree, where there is one', () => {
  const tree = 'f'.repeat(40);
  expect(decisionSubject('run_abcd', request({ tree }))).toBe(
    `{"action":"Run npm install","arguments":{"command":"npm install","network":["packages.host.test"],"timeoutSeconds":null},"id":"dec_abcd","kind":"call","run":"run_abcd","tool":"bash","tree":"${tree}"}`,
  );
  expect(DecisionRequest.parse(request({ tree }))).toEqual(request({ tree }));
});
