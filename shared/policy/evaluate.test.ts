import { expect, test } from 'vitest';
import { defaultPolicy } from './default.ts';
import { brokenExamples, deniedTools, judge, type PolicyCall } from './evaluate.ts';
import { Policy, type PolicyRule, type Verdict } from './policy.ts';

const call = (different: Partial<PolicyCall>): PolicyCall => ({
  tool: 'bash',
  command: null,
  paths: [],
  network: [],
  ...different,
});
const rule = (id: string, verdict: Verdict, condition: Partial<PolicyRule>): PolicyRule => ({
  id,
  verdict,
  reason: `because of ${id}`,
  examples: { matches: [], not: [] },
  ...condition,
});
const policy = (rules: PolicyRule[], otherwise: Partial<Policy['otherwise']> = {}): Policy => ({
  rules,
  otherwise: { reads: 'allow', changes: 'allow', network: 'ask', ...otherwise },
});
const verdict = (rules: PolicyRule[], asked: Partial<PolicyCall>, otherwise: Partial<Policy['otherwise']> = {}) =>
  judge(policy(rules, otherwise), call(asked));

const npm = rule('npm', 'allow', { command: 'npm install' });
const registry = rule('registry', 'allow', { network: 'packages.host.test' });
const github = rule('github', 'allow', { network: '*.github.com' });
const noPush = rule('no-push', 'deny', { command: 'git push' });
const askInstall = rule('ask-install', 'ask', { command: 'npm install' });

test('where no rule matches, the policy speaks by what the call can do', () => {
  const strict = { reads: 'ask', changes: 'deny' } as const;
  expect(verdict([], { command: 'ls' }, strict)).toEqual({
    verdict: 'deny',
    rule: null,
    reason: 'No rule names it; the policy says deny to such calls.',
    repeatable: false,
  });
  expect(verdict([], { tool: 'read', paths: ['a'] }, strict).verdict).toBe('ask');
  expect(verdict([], { tool: 'finish' }, strict)).toEqual({
    verdict: 'allow',
    rule: null,
    reason: 'It only writes to the log.',
    repeatable: false,
  });
});

test('the strictest of the rules that match wins, whatever their order', () => {
  for (const rules of [
    [npm, noPush, askInstall],
    [noPush, askInstall, npm],
    [askInstall, npm, noPush],
  ]) {
    expect(verdict(rules, { command: 'npm install && git push' })).toEqual({
      verdict: 'deny',
      rule: 'no-push',
      reason: 'because of no-push',
      repeatable: false,
    });
    expect(verdict(rules, { command: 'npm install' })).toEqual({
      verdict: 'ask',
      rule: 'ask-install',
      reason: 'because of ask-install',
      repeatable: false,
    });
  }
});

test('an allow must cover the whole call, an ask or a deny needs only touch it', () => {
  const strict = { changes: 'ask' } as const;
  expect(verdict([npm], { command: 'npm install' }, strict).verdict).toBe('allow');
  expect(verdict([npm], { command: 'npm install && ls' }, strict).verdict).toBe('ask');
  const sources = rule('sources', 'allow', { path: 'src/**' });
  expect(verdict([sources], { tool: 'apply_patch', paths: ['src/a', 'src/b'] }, strict).verdict).toBe('allow');
  expect(verdict([sources], { tool: 'apply_patch', paths: ['src/a', 'b'] }, strict).verdict).toBe('ask');
  expect(verdict([sources], { tool: 'bash', command: 'ls' }, strict).verdict).toBe('ask');
  expect(
    verdict([rule('locked', 'deny', { path: 'src/**' })], { tool: 'apply_patch', paths: ['src/a', 'b'] }).verdict,
  ).toBe('deny');
});

test('a rule applies to the tools that it names, and to all where it names none', () => {
  const writes = rule('writes', 'deny', { tool: ['write'] });
  expect(verdict([writes], { tool: 'write', paths: ['a'] }).verdict).toBe('deny');
  expect(verdict([writes], { tool: 'edit', paths: ['a'] }).verdict).toBe('allow');
});

test.each([
  ['no host', [registry], [], 'allow', null],
  ['a host without a rule', [npm], ['packages.host.test'], 'ask', null],
  ['a host with a rule', [registry], ['packages.host.test'], 'allow', 'registry'],
  ['hosts with a rule each', [registry, github], ['api.github.com', 'packages.host.test'], 'allow', 'github'],
  ['one host without a rule', [registry], ['packages.host.test', 'evil.example'], 'ask', null],
  ['a host that ends alike', [github], ['evilgithub.com'], 'ask', null],
  ['the host above', [github], ['github.com'], 'ask', null],
  ['a wildcard within the rule', [github], ['*.api.github.com'], 'allow', 'github'],
  ['a wildcard beyond the rule', [registry], ['*.host.test'], 'ask', null],
  [
    'a denied host',
    [registry, rule('no-npm', 'deny', { network: 'packages.host.test' })],
    ['packages.host.test'],
    'deny',
    'no-npm',
  ],
  [
    'a wildcard over a denied host',
    [github, rule('no-gist', 'deny', { network: 'gist.github.com' })],
    ['*.github.com'],
    'deny',
    'no-gist',
  ],
  ['any host', [rule('any', 'allow', { network: '*' })], ['a.example', 'b.example'], 'allow', 'any'],
] as [string, PolicyRule[], string[], Verdict, string | null][])(
  'network: %s',
  (...[, rules, network, expected, decisive]) => {
    const judged = verdict(rules, { command: 'npm install', network });
    expect({ verdict: judged.verdict, rule: judged.rule }).toEqual({
      verdict: expected,
      rule: rules.includes(npm) && expected === 'allow' ? 'npm' : decisive,
    });
  },
);

test('a rule that opens hosts does not allow the command that asks for them', () => {
  const asked = { command: 'rm -rf .', network: ['packages.host.test'] };
  expect(verdict([registry], asked, { changes: 'deny' })).toMatchObject({ verdict: 'deny', rule: null });
  const both = rule('both', 'allow', { command: 'npm install', network: 'packages.host.test' });
  expect(verdict([both], { ...asked, command: 'npm install' }, { changes: 'deny' })).toMatchObject({
    verdict: 'allow',
    rule: 'both',
  });
  expect(verdict([both], asked, { changes: 'deny' }).verdict).toBe('deny');
});

test('a rule about a command opens no network', () => {
  expect(verdict([npm], { command: 'npm install', network: ['packages.host.test'] })).toEqual({
    verdict: 'ask',
    rule: null,
    reason: 'It asks for network access to packages.host.test.',
    repeatable: false,
  });
});

test('a call may be repeated only if the rule that says so covers all of it', () => {
  const install = rule('install', 'ask', { command: 'npm install', repeatable: true });
  expect(verdict([install], { command: 'npm install' })).toMatchObject({ verdict: 'ask', repeatable: true });
  expect(verdict([install], { command: 'npm install && npm publish' })).toMatchObject({
    verdict: 'ask',
    repeatable: false,
  });
});

test('the default policy is valid and its examples hold', () => {
  expect(Policy.parse(defaultPolicy)).toEqual(defaultPolicy);
  expect(brokenExamples(defaultPolicy)).toEqual([]);
});

test.each([
  ['.git/config', 'deny'],
  ['a/.git/hooks/pre-commit', 'deny'],
  ['.github/workflows/ci.yml', 'ask'],
  ['.gitignore', 'allow'],
  ['src/.github.ts', 'allow'],
])('by default a change of %s is: %s', (path, expected) => {
  for (const tool of ['edit', 'write', 'apply_patch'] as const)
    expect(judge(defaultPolicy, call({ tool, paths: [path] })).verdict).toBe(expected);
});

test('a tool is denied as such only by a rule that says no more than its name', () => {
  const rules = [
    rule('writes', 'deny', { tool: ['write', 'edit'] }),
    rule('sources', 'deny', { tool: ['apply_patch'], path: 'src/**' }),
    rule('push', 'deny', { tool: ['bash'], command: 'git push' }),
    rule('asked', 'ask', { tool: ['read'] }),
  ];
  expect(deniedTools(policy(rules))).toEqual(['write', 'edit']);
});

test('examples that do not hold are named, in both directions', () => {
  const examples = {
    matches: [
      { tool: 'bash', command: 'git push' },
      { tool: 'bash', command: 'git pull' },
    ],
    not: [
      { tool: 'bash', command: 'git status' },
      { tool: 'bash', command: 'sudo git push' },
    ],
  } as const;
  const broken = rule('push', 'deny', {
    command: 'git push',
    examples: { matches: [...examples.matches], not: [...examples.not] },
  });
  expect(brokenExamples(policy([broken]))).toEqual([
    'Rule push should match {"tool":"bash","command":"git pull"} and does not.',
    'Rule push should not match {"tool":"bash","command":"sudo git push"} and does.',
  ]);
});
