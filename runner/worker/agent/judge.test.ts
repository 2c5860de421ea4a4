import { expect, test } from 'vitest';
import { nothingSpent } from '../../../shared/run/budget.ts';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import type { Policy } from '../../../shared/policy/policy.ts';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import { judgeCall } from '../../../shared/run/judge-call.ts';
import { callItem, logOf, taken } from './fixture.ts';
import { aboutBudget, aboutCall, aboutInterrupted, aboutModel, aboutPreparing, aboutStuck } from './judge.ts';
import { uniqueCalls } from './unique-calls.ts';

const judged = { type: 'call.judged', v: 1, call: 'c1', rule: null, network: [], repeatable: false } as const;
type CallItem = Extract<ModelItem, { type: 'call' }>;
const verdictOn = ({ call, name, arguments: args }: CallItem, policy: Policy = defaultPolicy) =>
  judgeCall(policy, { id: call, tool: name, arguments: args });
const asking = (item: CallItem) => ({ ...verdictOn(item), id: item.call });
const bash = { command: 'npm install', timeoutSeconds: null, network: ['packages.host.test'] };
const write = { path: './.github/ci.yml', content: '' };
const ask = { question: 'Which?', choices: ['a', 'b'] };

test('calls are judged by policy', () => {
  const items = [
    callItem('c1', 'bash', { ...bash, network: null }),
    callItem('c2', 'bash', bash),
    callItem('c3', 'write', write),
    callItem('c4', 'write', { path: '.git/x', content: '' }),
  ];
  expect(items.map((item) => verdictOn(item))).toEqual([
    {
      ...judged,
      tool: 'bash',
      arguments: { ...bash, network: null },
      verdict: 'allow',
      reason: 'No rule names it; the policy says allow to such calls.',
    },
    {
      ...judged,
      call: 'c2',
      tool: 'bash',
      arguments: bash,
      verdict: 'ask',
      reason: 'It asks for network access to packages.host.test.',
      network: ['packages.host.test'],
    },
    {
      ...judged,
      call: 'c3',
      tool: 'write',
      arguments: write,
      verdict: 'ask',
      rule: 'automation',
      reason: 'It changes what runs by itself later, with more rights than this sandbox has.',
    },
    {
      ...judged,
      call: 'c4',
      tool: 'write',
      arguments: { path: '.git/x', content: '' },
      verdict: 'deny',
      rule: 'git-internals',
      reason: 'The repository data of git is not for editing.',
    },
  ]);
});

test('a question goes to a person, unless policy denies questions', () => {
  expect(verdictOn(callItem('c1', 'ask', ask))).toEqual({
    ...judged,
    tool: 'ask',
    arguments: ask,
    verdict: 'ask',
    reason: 'The agent asks a question.',
  });
  const rule = {
    id: 'alone',
    verdict: 'deny',
    reason: 'Nobody is there.',
    tool: ['ask'],
    examples: { matches: [{ tool: 'ask' }], not: [] },
  } as const;
  const policy: Policy = {
    ...defaultPolicy,
    rules: [{ ...rule, tool: [...rule.tool], examples: { matches: [{ tool: 'ask' }], not: [] } }],
  };
  expect(verdictOn(callItem('c1', 'ask', ask), policy)).toEqual({
    ...judged,
    tool: 'ask',
    arguments: ask,
    verdict: 'deny',
    rule: 'alone',
    reason: 'Nobody is there.',
  });
});

test.each([
  [
    'arguments that are no JSON',
    { type: 'call', call: 'c1', name: 'read', arguments: '{"path": "a' },
    null,
    'The arguments of read are not JSON. Send one JSON object that fits its schema.',
  ],
  [
    'an unknown tool',
    callItem('c1', 'rm', { path: 'a' }),
    null,
    'There is no tool "rm". The tools are: read, search, list, edit, write, bash, apply_patch, plan, ask, finish.',
  ],
  [
    'an unknown tool with arguments that are no JSON',
    { type: 'call', call: 'c1', name: 'rm', arguments: '' },
    null,
    'There is no tool "rm". The tools are: read, search, list, edit, write, bash, apply_patch, plan, ask, finish.',
  ],
  [
    'arguments against the schema',
    callItem('c1', 'read', { path: '', from: null, lines: null }),
    { path: '', from: null, lines: null },
    'The arguments do not fit the tool read: path: Too small: expected string to have >=1 characters.',
  ],
  [
    'a host with a scheme',
    callItem('c1', 'bash', { ...bash, network: ['https://a.b'] }),
    { ...bash, network: ['https://a.b'] },
    'The arguments do not fit the tool bash: network[0]: expected a host name in lower case such as packages.example.org or *.example.org, without scheme and port.',
  ],
  [
    'a patch that is none',
    callItem('c1', 'apply_patch', { patch: 'x' }),
    { patch: 'x' },
    'The patch must begin with a line *** Begin Patch.',
  ],
] as [string, Extract<ModelItem, { type: 'call' }>, unknown, string][])(
  '%s make a call invalid, with a sentence for the model',
  (...[, item, args, reason]) => {
    expect(verdictOn(item)).toEqual({ ...judged, tool: item.name, arguments: args, verdict: 'invalid', reason });
  },
);

test('ids that were used before, are empty or too long are replaced by others', () => {
  const events = logOf([taken(1, callItem('call_0', 'list', {}), callItem('call_2_1', 'list', {}))]);
  const long = 'x'.repeat(65);
  const items = [
    callItem('call_0', 'read', {}),
    callItem('fine', 'read', {}),
    callItem('fine', 'read', {}),
    callItem('', 'read', {}),
    callItem(long, 'read', {}),
  ];
  expect(uniqueCalls(events, items).map((item) => (item.type === 'call' ? item.call : null))).toEqual([
    'call_2_2',
    'fine',
    'call_2_3',
    'call_2_4',
    'call_2_5',
  ]);
});

const onExpiry =
  'The run stays parked and is listed as needing attention; nothing is approved and nothing is rejected.';

test('a person is asked about a command in plain words', () => {
  expect(aboutCall(asking(callItem('c1', 'bash', bash)))).toEqual({
    call: 'c1',
    kind: 'call',
    tool: 'bash',
    arguments: bash,
    action: 'Run npm install in the sandbox, with network access to packages.host.test',
    reason: 'It asks for network access to packages.host.test.',
    consequence:
      'If you approve, the command runs in the sandbox and can reach packages.host.test, to which it could also send the code that it sees, and the agent goes on with the result. That is for one attempt: if it is interrupted, you are asked again. If you reject it, the agent is told why and goes on without.',
    onExpiry,
    choices: [],
  });
});

test('a patch is named by the files that it changes', () => {
  const patch = '*** Begin Patch\n*** Add File: .github/a.yml\n+a\n*** Delete File: b\n*** End Patch';
  expect(aboutCall(asking(callItem('c1', 'apply_patch', { patch })))).toMatchObject({
    action: 'Change files by a patch: .github/a.yml, b',
    reason: 'It changes what runs by itself later, with more rights than this sandbox has.',
  });
});

test('a question of the agent is passed on with its choices', () => {
  expect(aboutCall(asking(callItem('c1', 'ask', ask)))).toEqual({
    call: 'c1',
    kind: 'question',
    tool: 'ask',
    arguments: ask,
    action: 'Which?',
    reason: 'The agent asks a question.',
    consequence:
      'The agent is given your answer and goes on. If you reject the question, it is told to decide by itself, with your reason.',
    onExpiry,
    choices: ['a', 'b'],
  });
});

test('a command that was cut off is asked about before it runs again', () => {
  const call = { id: 'c1', tool: 'bash', arguments: bash, network: ['packages.host.test'], attempt: 1 };
  expect(aboutInterrupted(call)).toMatchObject({
    call: 'c1',
    kind: 'retry',
    tool: 'bash',
    arguments: bash,
    action: 'Run npm install in the sandbox, with network access to packages.host.test, once more',
    reason:
      'Its worker ended while it ran with network access, so it may have done its work outside already, in part or whole.',
  });
  expect(aboutInterrupted({ ...call, network: [], attempt: 2 }).reason).toBe(
    'It was started 2 times, and each time its worker ended while it ran. What was approved was one attempt.',
  );
});

test('a call whose tree has changed since it was approved is asked about again, and it is said why', () => {
  const call = asking(callItem('c1', 'bash', bash));
  expect(aboutCall(call, true)).toEqual({
    ...aboutCall(call),
    reason: 'The tree is another one than it was asked about before. It asks for network access to packages.host.test.',
  });
});

test('a workspace whose preparation keeps ending the worker is a question without a call', () => {
  expect(aboutPreparing(2)).toMatchObject({
    call: null,
    kind: 'retry',
    tool: null,
    arguments: { step: 'prepare' },
    action: 'Prepare the workspace once more',
  });
});

test.each([
  [{ budget: 'turns', limit: 60, used: 60 }, { budget: 'turns', limit: 90 }, 'Raise the budget from 60 to 90 turns'],
  [
    { budget: 'usd', limit: 0.01, used: 0.127 },
    { budget: 'usd', limit: 0.2 },
    'Raise the budget from 0.01 to 0.2 US dollars',
  ],
  [
    { budget: 'activeMinutes', limit: 1, used: 1.01 },
    { budget: 'activeMinutes', limit: 2 },
    'Raise the budget from 1 to 2 minutes of work',
  ],
] as const)('a budget that is used up is asked for again, half as much more: %o', (exceeded, args, action) => {
  expect(aboutBudget(exceeded, nothingSpent)).toMatchObject({
    call: null,
    kind: 'budget',
    tool: null,
    arguments: args,
    action,
  });
});

test('what is asked for has room for ten turns more, however small the budget was', () => {
  const spent = { ...nothingSpent, turns: 2, inputTokens: 40_000 };
  expect(aboutBudget({ budget: 'tokens', limit: 1_000, used: 40_000 }, spent).arguments).toEqual({
    budget: 'tokens',
    limit: 240_000,
  });
  expect(aboutBudget({ budget: 'turns', limit: 2, used: 2 }, spent).arguments).toEqual({ budget: 'turns', limit: 12 });
  expect(aboutBudget({ budget: 'retries', limit: 20, used: 20 }, spent).arguments).toEqual({
    budget: 'retries',
    limit: 30,
  });
});

test.each([
  [{ usd: 1.5, unpriced: 0 }, 'US$ 1.50'],
  [{ usd: 1.5, unpriced: 2 }, 'at least US$ 1.50'],
  [{ usd: 0, unpriced: 2 }, 'cost unknown'],
])('what was spent is said as far as it is known: %o', (cost, text) => {
  const spent = { ...nothingSpent, turns: 60, inputTokens: 1000, outputTokens: 200, ...cost };
  expect(aboutBudget({ budget: 'turns', limit: 60, used: 60 }, spent).reason).toBe(
    `60 turns are used up. So far: 60 turns, 1200 tokens, ${text}.`,
  );
});

test('trouble with the model and an agent that is stuck are questions without a call', () => {
  expect(aboutModel('The key is wrong.', false)).toMatchObject({
    call: null,
    kind: 'retry',
    action: 'Ask the model again',
    reason: 'The key is wrong.',
  });
  expect(aboutModel('I will not.', true)).toMatchObject({
    call: null,
    kind: 'retry',
    action: 'Ask the model again, which declined to go on',
    reason: 'I will not.',
  });
  expect(aboutStuck('same call', 5)).toMatchObject({
    call: null,
    kind: 'question',
    reason: 'It made the same call with the same result 5 times in a row.',
  });
  expect(aboutStuck('no calls', 3)).toMatchObject({
    call: null,
    kind: 'question',
    reason: 'It called no tool in 3 turns in a row.',
  });
});
