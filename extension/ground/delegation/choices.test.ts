import { expect, test } from 'vitest';
import { someTask } from '../../../test/fakes/task.ts';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import { DelegateInput } from '../../../shared/api/runner-api.ts';
import { brokenExamples } from '../../../shared/policy/evaluate.ts';
import { budgetLine, parseBudget } from './budget-line.ts';
import { budgetText, choicesText, commandsText } from './choices-text.ts';
import {
  choicesOfTask,
  delegationInput,
  firstChoices,
  inFolder,
  keptChoices,
  leftBehind,
  plannedCommand,
  policies,
  rememberedChoices,
} from './choices.ts';

const mend = { name: 'fix-failing-test', title: 'Fix a failing test', needsGoal: true, inputs: {}, about: null };
const chosen = {
  ...firstChoices,
  recipe: mend,
  base: 'head' as const,
  verification: [plannedCommand(' npm test ')],
  budget: { turns: 20, usd: null },
  policy: 'offline' as const,
};

test('what was chosen last is remembered, and what cannot be read is the first choice', () => {
  const stored: unknown = JSON.parse(JSON.stringify(keptChoices(undefined, 'test', chosen)));
  expect(rememberedChoices(stored, { from: 'test', folder: '' })).toEqual(chosen);
  expect(rememberedChoices(undefined, { from: 'test', folder: '' })).toEqual(firstChoices);
  expect(rememberedChoices({ ...(stored as object), base: 'elsewhere' }, { from: 'test', folder: '' })).toEqual(
    firstChoices,
  );
});

test('what was stored before there were recipes can still be read', () => {
  const { recipe: _, model: __, folder: ___, without: ____, images: _____, ...old } = chosen;
  expect(rememberedChoices(old, { from: 'test', folder: '' })).toEqual({ ...chosen, recipe: null });
});

test('a recipe is remembered for where it was chosen from, and the rest for the repository', () => {
  const explain = { name: 'explain', title: 'Explain', needsGoal: true, inputs: {}, about: null };
  const first = keptChoices(undefined, 'test', chosen);
  const second = keptChoices(first, 'selection', { ...chosen, recipe: explain, base: 'worktree' });
  expect(rememberedChoices(second, { from: 'test', folder: '' })).toEqual({ ...chosen, base: 'worktree' });
  expect(rememberedChoices(second, { from: 'selection', folder: '' })).toEqual({
    ...chosen,
    recipe: explain,
    base: 'worktree',
  });
  expect(rememberedChoices(second, { from: 'files', folder: '' })).toEqual({
    ...chosen,
    recipe: null,
    base: 'worktree',
  });
  const third = keptChoices(second, 'test', { ...chosen, recipe: null });
  expect(third.recipes).toEqual({ selection: explain });
});

test('a budget is said in words, and typed as the command line takes it', () => {
  expect(budgetText({})).toBe('');
  expect(budgetText({ turns: 20, tokens: 2_000_000, usd: null, retries: 1 })).toBe(
    '20 turns, 2,000,000 tokens, any cost, 1 retry',
  );
  const budget = { turns: 20, usd: null, activeMinutes: 1.5 };
  expect(budgetLine(budget)).toBe('turns=20, usd=none, activeMinutes=1.5');
  expect(parseBudget(budgetLine(budget))).toEqual({ outcome: 'ok', budget });
  expect(parseBudget('')).toEqual({ outcome: 'ok', budget: {} });
});

test.for([
  ['turn=3', '"turn" is no budget. There are turns, tokens, usd, activeMinutes, toolMinutes, retries.'],
  ['turns=0', 'turns=0: expected a number above 0, or none.'],
  ['turns', 'turns=: expected a number above 0, or none.'],
  ['turns=1 turns=2', 'turns is given twice.'],
])('%s is no budget', ([line, message]) => {
  expect(parseBudget(line ?? '')).toEqual({ outcome: 'invalid', message });
});

test('rows say what holds', () => {
  expect(choicesText(firstChoices)).toBe('working tree');
  expect(choicesText(chosen)).toBe('Fix a failing test · HEAD · npm test · 20 turns, any cost · no network');
  expect(commandsText([plannedCommand('npm ci', ['packages.host.test']), plannedCommand('make')])).toBe(
    'npm ci (network: packages.host.test), make',
  );
  expect(commandsText([plannedCommand('npm test', [], 'web'), plannedCommand('make')], 'web')).toBe(
    'npm test (in web), make',
  );
});

test('a delegation is one that the API takes', () => {
  const input = delegationInput({ goal: 'Fix it', repository: '/repo', choices: chosen });
  expect(DelegateInput.parse(input)).toEqual({
    goal: 'Fix it',
    title: null,
    images: [],
    repository: '/repo',
    source: null,
    base: { commit: 'HEAD' },
    without: [],
    recipe: 'fix-failing-test',
    about: null,
    priority: null,
    budget: { turns: 20, usd: null },
    policy: policies.offline.policy,
    setup: null,
    verification: [{ command: 'npm test', network: [], timeoutSeconds: 1_800 }],
    model: null,
    decisionHours: null,
    trust: null,
    dedupeKey: null,
    exact: false,
    inputs: {},
  });
});

test('in a folder commands run there, and are remembered as they were typed', () => {
  const there = { ...inFolder(chosen, 'web'), base: 'worktree' as const, without: ['notes.txt'] };
  expect(delegationInput({ goal: 'Fix it', repository: '/repo', choices: there })).toMatchObject({
    repository: '/repo/web',
    base: 'worktree',
    without: ['notes.txt'],
    verification: [{ command: 'cd ./web || exit 1; npm test' }],
  });
  const kept = keptChoices(undefined, 'test', there);
  expect(rememberedChoices(kept, { from: 'test', folder: '' })).toEqual({ ...chosen, base: 'worktree' });
  expect(rememberedChoices(kept, { from: 'test', folder: 'api' }).verification).toEqual([
    plannedCommand('npm test', [], 'api'),
  ]);
});

test('every policy that can be chosen passes its own examples', () => {
  const broken = Object.values(policies).flatMap(({ policy }) => (policy === null ? [] : brokenExamples(policy)));
  expect(broken).toEqual([]);
});

test('what a run was delegated with is chosen again, with the stricter policies that can be chosen', () => {
  const { ask, offline } = policies;
  const task = someTask({ goal: 'Fix it', model: 'm2', verification: [plannedCommand('npm test')] });
  expect(choicesOfTask(task)).toEqual({
    ...firstChoices,
    setup: [],
    verification: task.verification,
    budget: task.budget,
    model: 'm2',
  });
  const policy = { ...defaultPolicy, limits: [] };
  expect(choicesOfTask({ ...task, policy: { ...policy, ...ask.policy } }).policy).toBe('ask');
  expect(choicesOfTask({ ...task, policy: { ...policy, limits: [ask.policy!] } }).policy).toBe('ask');
  expect(choicesOfTask({ ...task, policy: { ...policy, limits: [offline.policy!] } }).policy).toBe('offline');
});

test('what held a run back and cannot be chosen is told, so that nobody delegates it looser without a word', () => {
  const task = someTask({ goal: 'Fix it' });
  const rule = (id: string, verdict: 'allow' | 'ask' | 'deny') => ({
    id,
    verdict,
    reason: `Because of ${id}.`,
    tool: ['bash' as const],
    examples: { matches: [{ tool: 'bash' as const, command: 'x' }], not: [] },
  });
  const { otherwise } = defaultPolicy;
  const left = (policy: Partial<typeof task.policy>) =>
    leftBehind({ ...task, policy: { ...defaultPolicy, limits: [], ...policy } });
  expect(left({})).toEqual([]);
  expect(left({ limits: [policies.ask.policy!, policies.offline.policy!] })).toEqual(['deny: all other network']);
  expect(left({ limits: [policies.offline.policy!] })).toEqual([]);
  const rules = [rule('repository-a', 'deny'), rule('operator-b', 'ask'), rule('mine', 'allow')];
  expect(left({ rules: [...defaultPolicy.rules, ...rules] })).toEqual([]);
  const own = {
    rules: [rule('own', 'deny'), rule('tools', 'deny')],
    otherwise: { ...otherwise, changes: 'deny' as const },
  };
  expect(left({ limits: [own] })).toEqual([
    'deny (own): Because of own.',
    'deny (tools): Because of tools.',
    'deny: all other changes',
  ]);
});

test('another model is for one run, and not remembered', () => {
  const kept = keptChoices(undefined, 'nothing', { ...firstChoices, model: 'm2' });
  expect(rememberedChoices(kept, { from: 'nothing', folder: '' }).model).toBe(null);
});
