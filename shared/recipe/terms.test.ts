import { expect, test } from 'vitest';
import { defaultPolicy } from '../policy/default.ts';
import { judge } from '../policy/evaluate.ts';
import { TaskPolicy, type Policy } from '../policy/policy.ts';
import { defaultBudget } from '../run/budget.ts';
import { parseRecipe, type Recipe } from './recipe.ts';
import { parseRepositoryConfig, type RepositoryConfig } from './repository-config.ts';
import { termsOf, type TermSources } from './terms.ts';

const repository = (value: object): RepositoryConfig => {
  const parsed = parseRepositoryConfig(value);
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return parsed.config;
};
const recipe = (value: object): Recipe => {
  const parsed = parseRecipe({ title: 'x', ...value }, '{{goal}}');
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return parsed.recipe;
};
const nothing: TermSources['own'] = {
  policy: null,
  budget: {},
  setup: null,
  verification: null,
  model: null,
  decisionHours: null,
  priority: null,
};
const runner = { policy: defaultPolicy, budget: defaultBudget, decisionHours: 72, operators: [] };
const owner = { actor: 'person:ada', approves: true };
const terms = (sources: Partial<Omit<TermSources, 'own'>> & { own?: Partial<TermSources['own']> }) =>
  termsOf({ runner, repository: null, recipe: null, by: owner, ...sources, own: { ...nothing, ...sources.own } });
const command = (text: string) => ({ command: text, network: [], timeoutSeconds: 600 });

test('where nobody says anything, the runner speaks', () => {
  expect(terms({})).toEqual({
    policy: { ...defaultPolicy, limits: [] },
    budget: defaultBudget,
    loosened: [],
    notes: [],
    setup: [],
    verification: [],
    setupReads: [],
    model: null,
    decisionHours: 72,
    priority: 0,
  });
});

const all = {
  repository: repository({ setup: ['a'], verification: ['b'], model: 'm' }),
  recipe: recipe({ setup: ['c'], verification: [], model: 'n', decisionHours: 1, priority: -5 }),
};
test.each([
  ['a repository', { repository: all.repository }, { setup: [command('a')], verification: [command('b')], model: 'm' }],
  [
    'a recipe over its repository, also where it wants nothing',
    all,
    { setup: [command('c')], verification: [], model: 'n', decisionHours: 1, priority: -5 },
  ],
  [
    'a recipe that leaves it to its repository',
    { ...all, recipe: recipe({}) },
    { setup: [command('a')], verification: [command('b')], model: 'm', decisionHours: 72, priority: 0 },
  ],
  [
    'a person over all',
    { ...all, own: { setup: [], verification: [command('d')], model: 'o', decisionHours: 2, priority: 9 } },
    { setup: [], verification: [command('d')], model: 'o', decisionHours: 2, priority: 9 },
  ],
])('the terms are those of %s', (_name, sources, expected) => {
  expect(terms(sources)).toEqual({ ...terms({}), ...expected });
});

test.each([
  ['lowered by both, the lower holds', { turns: 20, usd: 5 }, { turns: 30, usd: 1 }, {}, { turns: 20, usd: 1 }],
  [
    'raised by nobody but a person',
    { turns: 1000 },
    { usd: null, tokens: 9_000_000 },
    { retries: 50 },
    { retries: 50 },
  ],
  ['set by a person whatever others say', { turns: 5 }, { turns: 3 }, { turns: 500 }, { turns: 500 }],
  ['lifted by a person', { usd: 1 }, { usd: 1 }, { usd: null }, { usd: null }],
])('a budget is %s', (...[, repositorys, recipes, own, expected]) => {
  const { budget } = terms({
    repository: repository({ budget: repositorys }),
    recipe: recipe({ budget: recipes }),
    own: { budget: own },
  });
  expect(budget).toEqual({ ...defaultBudget, ...expected });
});

const rule = (id: string, verdict: 'allow' | 'deny', path: string) => ({
  id,
  verdict,
  reason: 'Because.',
  path,
  examples: { matches: [{ tool: 'write', path: path.replace('**', 'x') }], not: [] },
});
const verdict = (policy: Policy, tool: 'write' | 'bash', path?: string) =>
  judge(policy, { tool, command: null, paths: path === undefined ? [] : [path], network: [] }).verdict;

test('rules of repository and recipe are added to the default, and overrule nothing of it', () => {
  const { policy } = terms({
    repository: repository({ policy: { rules: [rule('docs', 'deny', 'docs/**')] } }),
    recipe: recipe({
      policy: { rules: [rule('all', 'allow', '**'), rule('src', 'deny', 'src/**')], otherwise: { network: 'deny' } },
    }),
  });
  expect(TaskPolicy.parse(policy)).toEqual(policy);
  expect(policy.otherwise).toEqual({ ...defaultPolicy.otherwise, network: 'deny' });
  expect(
    ['docs/a', 'src/a', '.github/a', '.git/config', 'test/a'].map((path) => verdict(policy, 'write', path)),
  ).toEqual(['deny', 'deny', 'ask', 'deny', 'allow']);
});

test('a policy of the person replaces the rules of repository and recipe, and gives no tool back', () => {
  const { policy } = terms({
    repository: repository({ policy: { rules: [rule('docs', 'deny', 'docs/**')] } }),
    recipe: recipe({ tools: ['read', 'bash'], policy: { rules: [rule('src', 'deny', 'src/**')] } }),
    own: { policy: { rules: [], otherwise: { reads: 'allow', changes: 'allow', network: 'allow' } } },
  });
  expect(policy.rules.map(({ id }) => id)).toEqual(['recipe-tools']);
  expect([verdict(policy, 'bash'), verdict(policy, 'write', 'docs/a')]).toEqual(['allow', 'deny']);
});
