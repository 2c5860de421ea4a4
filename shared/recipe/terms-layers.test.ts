import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../policy/default.ts';
import { judge, type PolicyCall } from '../policy/evaluate.ts';
import type { Policy, PolicyRule, Verdict } from '../policy/policy.ts';
import { budgetNames, defaultBudget, type Budget } from '../run/budget.ts';
import { limitOf, type AddedPolicy } from './settings.ts';
import { setupFaults } from './setup-faults.ts';
import { termsOf, type OperatorTerms, type TermSources } from './terms.ts';

const nothing: TermSources['own'] = {
  policy: null,
  budget: {},
  setup: null,
  verification: null,
  model: null,
  decisionHours: null,
  priority: null,
};
const silent: AddedPolicy = { rules: [], otherwise: {} };
const layer = { setup: [], verification: [], setupReads: [], model: null, decisionHours: null, priority: 0 };
const recipe = {
  ...layer,
  title: 'x',
  description: '',
  needsGoal: true,
  inputs: [],
  template: '{{goal}}',
  tools: null,
  output: { kind: 'diff' } as const,
};

interface Said {
  readonly operators?: readonly OperatorTerms[];
  readonly repository?: Partial<{ policy: AddedPolicy; budget: Partial<Budget> }>;
  readonly recipe?: Partial<{ policy: AddedPolicy; budget: Partial<Budget> }>;
  readonly own?: Partial<TermSources['own']>;
  readonly approves?: boolean;
}
const sources = ({
  operators = [],
  repository = {},
  recipe: by = {},
  own = {},
  approves = false,
}: Said): TermSources => ({
  runner: { policy: defaultPolicy, budget: defaultBudget, decisionHours: 72, operators },
  repository: { ...layer, policy: silent, budget: {}, ...repository },
  recipe: { ...recipe, policy: silent, budget: {}, ...by },
  own: { ...nothing, ...own },
  by: { actor: 'person:ada', approves },
});
const terms = (said: Said) => termsOf(sources(said));

const strictness: readonly Verdict[] = ['allow', 'ask', 'deny'];
const asStrictAs = (policy: Policy, others: readonly (Policy | null)[], call: PolicyCall): boolean =>
  others.every(
    (other) =>
      other === null ||
      strictness.indexOf(judge(policy, call).verdict) >= strictness.indexOf(judge(other, call).verdict),
  );

const verdicts = fc.constantFrom<Verdict>('allow', 'ask', 'deny');
const hosts = ['a.example.org', 'b.example.org', '*.example.org', '*'];
const rules = fc.array(
  fc
    .record(
      {
        verdict: verdicts,
        tool: fc.subarray(['bash', 'write', 'read'] as const, { minLength: 1 }),
        command: fc.constantFrom('npm', 'npm ci', 'rm'),
        path: fc.constantFrom('src/**', '**', '.github/**'),
        network: fc.constantFrom(...hosts),
      },
      { requiredKeys: ['verdict'] },
    )
    .map((conditions): PolicyRule => ({ id: 'r', reason: 'x', examples: { matches: [], not: [] }, ...conditions })),
  { maxLength: 4 },
);
const otherwise = fc.record({ reads: verdicts, changes: verdicts, network: verdicts });
const policies = fc.record({ rules, otherwise });
const added = fc.record({
  rules,
  otherwise: fc.record({ reads: verdicts, changes: verdicts, network: verdicts }, { requiredKeys: [] }),
});
const limit = fc.option(fc.integer({ min: 1, max: 99 }), { nil: null });
const budgets = fc.record(
  { turns: limit, tokens: limit, usd: limit, activeMinutes: limit, toolMinutes: limit, retries: limit },
  { requiredKeys: [] },
);
const calls = fc.record({
  tool: fc.constantFrom('bash', 'write', 'read'),
  command: fc.option(fc.constantFrom('npm ci', 'npm test', 'rm x', 'npm ci && rm x')),
  paths: fc.subarray(['src/a.ts', '.github/x.yml', 'b']),
  network: fc.subarray(['a.example.org', 'b.example.org', 'c.example.net']),
}) satisfies fc.Arbitrary<PolicyCall>;

describe('what a developer delegates', () => {
  test('is held to what each layer says by itself, and to what all of them say without the delegation', () => {
    fc.assert(
      fc.property(
        fc.record({ operator: added, tenant: added, repository: added, by: added, own: policies, call: calls }),
        ({ operator, tenant, repository, by, own, call }) => {
          const operators = [operator, tenant].map((policy) => ({ policy, maxBudget: {} }));
          const said = { operators, repository: { policy: repository }, recipe: { policy: by } };
          const { policy, loosened } = terms({ ...said, own: { policy: own } });
          const layers = [operator, tenant, repository, by].map(limitOf);
          const builtIn = limitOf({ rules: defaultPolicy.rules, otherwise: {} });
          expect(loosened).toEqual([]);
          return asStrictAs(policy, [builtIn, ...layers, own, terms(said).policy], call);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('costs no more than each layer lets it', () => {
    fc.assert(
      fc.property(
        fc.record({ cap: budgets, repository: budgets, by: budgets, own: budgets }),
        ({ cap, repository, by, own }) => {
          const { budget } = terms({
            operators: [{ policy: silent, maxBudget: cap }],
            repository: { budget: repository },
            recipe: { budget: by },
            own: { budget: own },
          });
          const more = budgetNames.filter((name) =>
            [defaultBudget, cap, repository, by, own].some((layer) => {
              const most = layer[name] ?? null;
              return most !== null && (budget[name] === null || budget[name] > most);
            }),
          );
          expect(more).toEqual([]);
        },
      ),
    );
  });

  test('says what it was not given', () => {
    const { budget, notes } = terms({ own: { budget: { turns: 500, usd: 1 } } });
    expect({ budget, notes }).toEqual({
      budget: { ...defaultBudget, usd: 1 },
      notes: ['The budget of turns is 60: only an approver can raise it.'],
    });
  });

  const networked = { command: 'npm ci', network: ['packages.example.org'], timeoutSeconds: 60 };
  const opens = (verdict: Verdict): OperatorTerms => ({
    maxBudget: {},
    policy: {
      rules: [
        { id: 'packages', verdict, reason: 'x', network: 'packages.example.org', examples: { matches: [], not: [] } },
      ],
      otherwise: {},
    },
  });
  test.each<readonly [string, Said, readonly string[]]>([
    [
      'brings no setup with network',
      { own: { setup: [networked] } },
      ['Only an approver may delegate with a setup (npm ci) that reaches packages.example.org.'],
    ],
    [
      'brings one that the operator lets everybody reach',
      { own: { setup: [networked] }, operators: [opens('allow')] },
      [],
    ],
    ['brings one that somebody who may approve brings', { own: { setup: [networked] }, approves: true }, []],
    [
      'reaches nothing that the operator denies, whoever delegates',
      { own: { setup: [networked] }, approves: true, operators: [opens('deny')] },
      ["The operator's policy does not let setup (npm ci) reach packages.example.org."],
    ],
  ])('%s', (_name, said, faults) => {
    expect(setupFaults(terms(said), sources(said))).toEqual(faults);
  });
});

describe('an approver', () => {
  const open: Policy = { rules: [], otherwise: { reads: 'allow', changes: 'allow', network: 'allow' } };
  const call = (network: readonly string[]): PolicyCall => ({ tool: 'bash', command: 'x', paths: [], network });

  test('lets go of all but what an operator denies, on record', () => {
    const operators: readonly OperatorTerms[] = [
      { policy: { rules: [], otherwise: { changes: 'ask' } }, maxBudget: {} },
      {
        policy: {
          rules: [
            {
              id: 'evil',
              verdict: 'deny',
              reason: 'x',
              network: 'evil.example.org',
              examples: { matches: [], not: [] },
            },
          ],
          otherwise: {},
        },
        maxBudget: {},
      },
    ];
    const said = { operators, repository: { policy: { rules: [], otherwise: { network: 'deny' as const } } } };
    const { policy, loosened } = terms({ ...said, own: { policy: open }, approves: true });
    expect([judge(policy, call([])).verdict, judge(policy, call(['a.example.org'])).verdict]).toEqual([
      'allow',
      'allow',
    ]);
    expect(judge(policy, call(['evil.example.org'])).verdict).toBe('deny');
    expect(loosened).toEqual([
      {
        what: 'policy',
        from: `${defaultPolicy.rules.length + 1} rules and 3 layers of limits; otherwise reads allow, changes ask, network deny`,
        to: '0 rules; otherwise reads allow, changes allow, network allow',
        by: 'person:ada',
      },
    ]);
  });

  test('who only restricts lets go of nothing, and the rules of the repository hold', () => {
    const repository = { policy: { rules: [], otherwise: { changes: 'ask' as const } } };
    const strict: Policy = { rules: [], otherwise: { reads: 'allow', changes: 'ask', network: 'deny' } };
    const { policy, loosened } = terms({ repository, own: { policy: strict }, approves: true });
    expect(loosened).toEqual([]);
    expect(judge(policy, call(['a.example.org'])).verdict).toBe('deny');
    expect(judge(policy, { ...call([]), tool: 'write', paths: ['.git/config'] }).verdict).toBe('deny');
  });

  test('raises limits up to those of the operator, on record', () => {
    const operators = [{ policy: silent, maxBudget: { usd: 20 } }];
    const { budget, loosened, notes } = terms({
      operators,
      own: { budget: { usd: null, turns: 100 } },
      approves: true,
    });
    expect({ budget, loosened, notes }).toEqual({
      budget: { ...defaultBudget, usd: 20, turns: 100 },
      loosened: [
        { what: 'budget.turns', from: '60', to: '100', by: 'person:ada' },
        { what: 'budget.usd', from: '10', to: '20', by: 'person:ada' },
      ],
      notes: ['The budget of usd is 20: the operator lets nobody delegate with more.'],
    });
  });
});
