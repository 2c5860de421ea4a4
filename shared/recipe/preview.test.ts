import { expect, test } from 'vitest';
import { defaultPolicy } from '../policy/default.ts';
import type { PolicyRule } from '../policy/policy.ts';
import { defaultBudget } from '../run/budget.ts';
import { limitsBy, openHosts, saidBy } from './preview.ts';

const command = { command: 'npm test', network: [], timeoutSeconds: 60 };
const own = {
  policy: null,
  budget: {},
  setup: null,
  verification: null,
  model: null,
  decisionHours: null,
  priority: null,
};
const repository = {
  setup: null,
  verification: [command],
  setupReads: [],
  policy: { rules: [], otherwise: {} },
  model: null,
  budget: {},
};

test('who says it last is named, and whoever says nothing is not', () => {
  const said = { own, recipe: null, repository };
  expect([saidBy(said, 'verification'), saidBy(said, 'setup'), saidBy(said, 'model')]).toEqual([
    'repository',
    'runner',
    'runner',
  ]);
  expect(saidBy({ ...said, own: { ...own, verification: [] } }, 'verification')).toBe('delegation');
  expect(saidBy({ ...said, repository: { ...repository, setup: [] } }, 'setup')).toBe('repository');
  expect(saidBy({ ...said, repository: null }, 'verification')).toBe('runner');
  const verifiedBy = (verification: typeof repository.verification | null) =>
    saidBy({ ...said, repository: { ...repository, verification } }, 'verification');
  // Who says that there is none has said it.
  expect([verifiedBy([]), verifiedBy(null)]).toEqual(['repository', 'runner']);
});

test('of limits that are the same the one is named that the others would have to go below', () => {
  const runner = { policy: defaultPolicy, budget: defaultBudget, decisionHours: 72, operators: [] };
  const says = {
    own: { ...own, budget: { usd: 2 } },
    recipe: null,
    repository: { ...repository, budget: { turns: 7 } },
  };
  const budget = { ...defaultBudget, turns: 7, usd: 2 };
  const by = { turns: 'repository', tokens: 'runner', usd: 'delegation' };
  expect(limitsBy({ ...says, runner }, budget)).toMatchObject(by);
  expect(limitsBy({ ...says, runner }, { ...budget, retries: 1 })).toMatchObject({ ...by, retries: 'operator' });
});

test('hosts that are reached unasked are those of setup and of rules that allow them, unless another forbids them', () => {
  const rule = (id: string, verdict: PolicyRule['verdict'], network: string): PolicyRule => ({
    id,
    verdict,
    reason: 'x',
    network,
    examples: { matches: [{ tool: 'bash', network: [network] }], not: [] },
  });
  const open = { ...defaultPolicy.otherwise, network: 'allow' as const };
  const limit = { rules: [rule('c', 'deny', 'c.example.org')], otherwise: open };
  const rules = [
    rule('repository-b', 'allow', '*.b.example.org'),
    rule('c', 'allow', 'c.example.org'),
    rule('z', 'allow', 'z.example.org'),
  ];
  expect(
    openHosts(
      {
        setup: [{ ...command, network: ['z.example.org', 'a.example.org'] }],
        policy: { rules, otherwise: defaultPolicy.otherwise, limits: [limit] },
        loosened: [],
      },
      'delegation',
    ),
  ).toEqual([
    { host: '*.b.example.org', during: 'run', by: 'repository' },
    { host: 'a.example.org', during: 'setup', by: 'delegation' },
    { host: 'z.example.org', during: 'run', by: 'runner' },
  ]);
});
