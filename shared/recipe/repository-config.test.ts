import { expect, test } from 'vitest';
import { defaultPolicy } from '../policy/default.ts';
import { brokenExamples, judge } from '../policy/evaluate.ts';
import { Policy, type PolicyRule } from '../policy/policy.ts';
import { defaultBudget } from '../run/budget.ts';
import { parseRepositoryConfig } from './repository-config.ts';
import { mergeBudget, mergePolicy } from './settings.ts';

const noPush: PolicyRule = {
  id: 'no-push',
  verdict: 'deny',
  reason: 'Releases are made elsewhere.',
  command: 'npm publish',
  examples: {
    matches: [{ tool: 'bash', command: 'npm publish --dry-run' }],
    not: [{ tool: 'bash', command: 'npm pack' }],
  },
};
test('a file that says nothing changes nothing', () => {
  const nothing = {
    setup: null,
    verification: null,
    setupReads: [],
    policy: { rules: [], otherwise: {} },
    model: null,
    budget: {},
  };
  expect(parseRepositoryConfig(null)).toEqual({ outcome: 'ok', config: nothing });
  expect(parseRepositoryConfig({})).toEqual({ outcome: 'ok', config: nothing });
  expect(parseRepositoryConfig({ setup: [], verification: [] })).toEqual({
    outcome: 'ok',
    config: { ...nothing, setup: [], verification: [] },
  });
  expect(mergePolicy(defaultPolicy, nothing.policy)).toEqual(defaultPolicy);
});

test('all that it can say is read', () => {
  expect(
    parseRepositoryConfig({
      setup: [{ run: 'npm ci', network: ['packages.host.test'], timeout: 900 }],
      verification: ['npm test', { run: 'npm run lint' }],
      setupReads: ['vendor/**'],
      egress: ['*.example.org'],
      policy: { rules: [noPush], otherwise: { network: 'deny' } },
      model: 'gpt-5',
      budget: { turns: 80, usd: null },
    }),
  ).toEqual({
    outcome: 'ok',
    config: {
      setup: [{ command: 'npm ci', network: ['packages.host.test'], timeoutSeconds: 900 }],
      setupReads: ['vendor/**'],
      verification: [
        { command: 'npm test', network: [], timeoutSeconds: 600 },
        { command: 'npm run lint', network: [], timeoutSeconds: 600 },
      ],
      policy: {
        rules: [
          { ...noPush, id: 'repository-no-push' },
          {
            id: 'repository-egress-1',
            verdict: 'allow',
            reason: "The repository's configuration lets commands reach *.example.org.",
            network: '*.example.org',
            examples: { matches: [{ tool: 'bash', network: ['*.example.org'] }], not: [{ tool: 'bash' }] },
          },
        ],
        otherwise: { network: 'deny' },
      },
      model: 'gpt-5',
      budget: { turns: 80, usd: null },
    },
  });
});

test.each([
  ['a list', [], ['the file: Invalid input: expected object, received array.']],
  [
    'words it does not know',
    { verify: [], policy: { rule: [] } },
    ['policy: Unrecognized key: "rule".', 'the file: Unrecognized key: "verify".'],
  ],
  ['a command that is empty', { setup: [' '] }, ['setup[0].run: Too small: expected string to have >=1 characters.']],
  [
    'a host with a port',
    { egress: ['a.example:80'] },
    [expect.stringMatching(/^egress\[0\]: expected a host name in lower case/)],
  ],
  [
    'the whole internet',
    { egress: ['*.org'] },
    ['egress[0]: a wildcard needs at least two names behind it, such as *.example.org.'],
  ],
  [
    'the whole internet by a rule',
    {
      policy: {
        rules: [
          {
            id: 'allowed',
            verdict: 'allow',
            reason: 'Trust me.',
            network: '*',
            examples: { matches: [{ tool: 'bash', network: ['a.b'] }], not: [] },
          },
        ],
      },
    },
    ['Rule allowed allows *: name the hosts, or give a wildcard at least two names behind it.'],
  ],
  [
    'examples that do not hold',
    { policy: { rules: [{ ...noPush, command: 'npm pack' }] } },
    [
      'Rule no-push should match {"tool":"bash","command":"npm publish --dry-run"} and does not.',
      'Rule no-push should not match {"tool":"bash","command":"npm pack"} and does.',
    ],
  ],
  ['one id twice', { policy: { rules: [noPush, noPush] } }, ['Two rules have the id no-push.']],
  [
    'an id that is too long',
    { policy: { rules: [{ ...noPush, id: 'x'.repeat(55) }] } },
    [`The id ${'x'.repeat(55)} is too long by 11 characters or less.`],
  ],
  [
    'an id that egress makes',
    { policy: { rules: [{ ...noPush, id: 'egress-1' }] } },
    ['The id egress-1 is one of those that egress makes.'],
  ],
  ['a budget of nothing', { budget: { turns: 0 } }, ['budget.turns: Too small: expected number to be >0.']],
])('%s is refused with a sentence', (_name, value, faults) => {
  expect(parseRepositoryConfig(value)).toEqual({ outcome: 'refused', faults });
});

const configured = (value: unknown): Policy => {
  const parsed = parseRepositoryConfig(value);
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return mergePolicy(defaultPolicy, parsed.config.policy);
};
const verdict = (policy: Policy, call: object) =>
  judge(policy, { tool: 'bash', command: null, paths: [], network: [], ...call }).verdict;

test('a repository can forbid, and can open the hosts that it names', () => {
  const policy = configured({ egress: ['packages.host.test'], policy: { rules: [noPush] } });
  expect(verdict(policy, { command: 'npm publish' })).toBe('deny');
  expect(verdict(policy, { command: 'npm install', network: ['packages.host.test'] })).toBe('allow');
  expect(verdict(policy, { command: 'npm install', network: ['packages.host.test', 'evil.example'] })).toBe('ask');
  expect(Policy.parse(policy)).toEqual(policy);
  expect(brokenExamples(policy)).toEqual([]);
});

test('a repository can overrule no rule of the user, and can only tighten what is said otherwise', () => {
  const examples = { matches: [{ tool: 'write', path: '.git/config' }], not: [] } as const;
  const everything: PolicyRule = {
    id: 'all',
    verdict: 'allow',
    reason: 'Trust me.',
    path: '**',
    examples: { matches: [...examples.matches], not: [] },
  };
  const policy = configured({
    policy: { rules: [everything], otherwise: { reads: 'ask', changes: 'allow', network: 'allow' } },
  });
  expect(verdict(policy, { tool: 'write', paths: ['.git/config'] })).toBe('deny');
  expect(verdict(policy, { tool: 'write', paths: ['.github/ci.yml'] })).toBe('ask');
  expect(policy.otherwise).toEqual({ reads: 'ask', changes: 'allow', network: 'ask' });
});

test('a repository can lower a budget and not raise it', () => {
  expect(mergeBudget({ ...defaultBudget, retries: null }, { turns: 20, usd: 1000, tokens: null, retries: 3 })).toEqual({
    ...defaultBudget,
    turns: 20,
    retries: 3,
  });
});
