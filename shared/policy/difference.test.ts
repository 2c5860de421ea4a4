import { expect, test } from 'vitest';
import { defaultPolicy } from './default.ts';
import { judgeDifference, linkLeadsTo, type PathChange } from './difference.ts';
import type { PolicyCall } from './evaluate.ts';
import type { Policy } from './policy.ts';

const call: PolicyCall = { tool: 'bash', command: 'make', paths: [], network: [] };
const file = (path: string): PathChange => ({ path, leads: [] });
const link = (path: string, target: string): PathChange => ({ path, leads: [linkLeadsTo(path, target, '/workspace')] });

test.each<[string, PathChange, string | null]>([
  ['a workflow', file('.github/workflows/ci.yml'), 'automation'],
  ['a workflow in capitals', file('.GITHUB/workflows/ci.yml'), 'automation'],
  ['the owners of the code', file('CODEOWNERS'), 'automation'],
  ['what agents take as instructions', file('sub/AGENTS.md'), 'agents'],
  ['an ordinary file', file('src/index.ts'), null],
  ['a link in the place of the folder', link('.github', 'src'), 'automation'],
  ['a link to the folder', link('gh', '.github'), 'automation'],
  ['a link to the folder in capitals', link('a/gh', '../.GitHub/'), 'automation'],
  ['a link into the folder', link('a/ci.yml', '../.github/workflows/ci.yml'), 'automation'],
  ['a link to it by its name in the sandbox', link('gh', '/workspace/.github'), 'automation'],
  ['a link to git', link('hooks', '.git/hooks'), 'git-internals'],
  ['a link to /etc', link('x', '/etc'), 'outside'],
  ['a link above the repository', link('x', '../../outside'), 'outside'],
  ['a link to the folder above', link('a/x', '../..'), 'outside'],
  ['a link within', link('a/x', '../src'), null],
  ['a name that only begins so', link('a/x', '..hidden'), null],
])('%s', (_, change, rule) => {
  expect(judgeDifference(defaultPolicy, call, [change])?.rule ?? null).toBe(rule);
});

const examples = { matches: [], not: [] } as unknown as Policy['rules'][number]['examples'];
const policy = (...rules: readonly Omit<Policy['rules'][number], 'examples'>[]): Policy => ({
  rules: rules.map((rule) => ({ ...rule, examples })),
  otherwise: { reads: 'allow', changes: 'deny', network: 'ask' },
});

test('the strictest rule speaks, about all that rules as strict as it name, in the order of the difference', () => {
  const rules = policy(
    { id: 'ask', verdict: 'ask', reason: 'Ask.', path: '**' },
    { id: 'two', verdict: 'deny', reason: 'Never.', path: 'b', tool: ['write'] },
    { id: 'three', verdict: 'deny', reason: 'No.', path: 'a', tool: ['bash'] },
    { id: 'reads', verdict: 'deny', reason: 'Not to be read.', path: 'c', tool: ['read'] },
  );
  expect(judgeDifference(rules, call, ['a', 'b', 'c'].map(file))).toEqual({
    verdict: 'deny',
    rule: 'two',
    reason: 'Never. No.',
    paths: ['a', 'b'],
  });
});

test('each limit of the policy of a task has its say, whatever the rest of it allows', () => {
  const limit = policy({ id: 'limit', verdict: 'deny', reason: 'No.', path: 'a' });
  const open = policy({ id: 'open', verdict: 'allow', reason: 'Yes.', path: '**' });
  expect(judgeDifference({ ...open, limits: [limit] }, call, [file('a'), file('b')])).toMatchObject({
    verdict: 'deny',
    rule: 'limit',
    paths: ['a'],
  });
});

test('what no path rule names may stay, whatever the policy says of calls as such', () => {
  const rules = policy(
    { id: 'allow', verdict: 'allow', reason: 'Fine.', path: '**' },
    { id: 'command', verdict: 'ask', reason: 'Ask.', command: 'make' },
    { id: 'other-command', verdict: 'deny', reason: 'No.', command: 'rm', path: '**' },
  );
  expect(judgeDifference(rules, call, [file('a')])).toBeNull();
});

test('a link in the place of a folder stands for what is protected below it', () => {
  const rules = policy({ id: 'deep', verdict: 'deny', reason: 'No.', path: 'a/b/secret.*' });
  expect(judgeDifference(rules, call, [link('a', 'other')])?.paths).toEqual(['a']);
  expect(judgeDifference(rules, call, [link('c', 'a')])?.paths).toEqual(['c']);
  expect(judgeDifference(rules, call, [file('a')])).toBeNull();
});
