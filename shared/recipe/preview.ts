import { z } from 'zod';
import { Policy } from '../policy/policy.ts';
import { Budget, budgetNames, type BudgetName } from '../run/budget.ts';
import { PlannedCommand } from '../run/events.ts';
import { Subject, WantedOutput } from '../run/output.ts';
import { toolsRule } from './recipe.ts';
import type { AddedPolicy, LowerBudget } from './settings.ts';
import { verdictOn } from './setup-hosts.ts';
import type { Terms, TermSources } from './terms.ts';

/** Who said it last. `runner`: nobody else did. */
const SaidBy = z.enum(['delegation', 'recipe', 'repository', 'operator', 'runner']);
export type SaidBy = z.infer<typeof SaidBy>;

/** What a model costs by list price, US dollars for a million tokens. */
const ModelPrice = z.object({ input: z.number(), output: z.number() });
export type ModelPrice = Readonly<z.infer<typeof ModelPrice>>;

const PreviewedCommands = z.object({ commands: z.array(PlannedCommand).readonly(), by: SaidBy });
export type PreviewedCommands = Readonly<z.infer<typeof PreviewedCommands>>;

/** A host that is reached unasked: by setup alone, or by commands of the agent as well. */
const OpenHost = z.object({ host: z.string(), during: z.enum(['setup', 'run']), by: SaidBy });
export type OpenHost = Readonly<z.infer<typeof OpenHost>>;

/** What would hold for a run, told before it is delegated. A schema, since the editor reads it from a program too. */
export const Preview = z.object({
  /** What its result is to be. */
  output: WantedOutput,
  /** What its recipe is told, in the recipe's order, with what is the recipe's default. Nothing, where nobody has looked. */
  inputs: z.array(z.object({ name: z.string(), text: z.string(), given: z.boolean() })).readonly(),
  /** The issue or pull request that it is about; null: none, or nobody has looked. `title`: as it says there, which is anybody's words. */
  about: Subject.extend({ title: z.string() }).nullable(),
  /** The branch whose `.longhaul/config.yaml` was read; null: there is no such file. */
  settings: z.string().nullable(),
  /** `price` null: not known. */
  model: z.object({ name: z.string(), by: SaidBy, price: ModelPrice.nullable() }),
  budget: Budget,
  /** Whose each limit is. */
  budgetBy: z.record(z.enum(budgetNames), SaidBy),
  setup: PreviewedCommands,
  verification: PreviewedCommands,
  /** `by`: all who have a say in it. */
  policy: z.object({
    otherwise: Policy.shape.otherwise,
    rules: z.int().nonnegative(),
    by: z.array(SaidBy).readonly(),
  }),
  /** Sorted, each once. */
  hosts: z.array(OpenHost).readonly(),
  /** Sentences about what does not hold, or is not read. */
  notes: z.array(z.string()).readonly(),
});
export type Preview = Readonly<z.infer<typeof Preview>>;

type Said = Pick<TermSources, 'own' | 'recipe' | 'repository'>;

/** Who of those with a say said it last, in the order that `termsOf` asks them. */
export const saidBy = ({ own, recipe, repository }: Said, what: 'setup' | 'verification' | 'model'): SaidBy => {
  if (own[what] !== null) return 'delegation';
  if (recipe !== null && recipe[what] !== null) return 'recipe';
  return (repository?.[what] ?? null) === null ? 'runner' : 'repository';
};

/** Whose limits hold. Of those who say the same it is the one that the others would have to go below. */
export const limitsBy = (
  { own, recipe, repository, runner }: Pick<TermSources, 'own' | 'recipe' | 'repository' | 'runner'>,
  budget: Budget,
): Readonly<Record<BudgetName, SaidBy>> => {
  const says = (terms: { readonly budget: LowerBudget } | null, name: BudgetName): boolean =>
    terms !== null && terms.budget[name] !== undefined && terms.budget[name] === budget[name];
  const by = (name: BudgetName): SaidBy => {
    if (says(own, name)) return 'delegation';
    if (runner.budget[name] === budget[name]) return 'runner';
    if (says(repository, name)) return 'repository';
    return says(recipe, name) ? 'recipe' : 'operator';
  };
  // safe: the names are those of a budget, each once
  return Object.fromEntries(budgetNames.map((name) => [name, by(name)])) as Record<BudgetName, SaidBy>;
};

/** All who have a say in a policy. A delegation whose policy stands in the place of the others' leaves the operator's denials alone. */
export const policyBy = (sources: TermSources, { loosened }: Pick<Terms, 'loosened'>): readonly SaidBy[] => {
  const { own, recipe, repository, runner } = sources;
  const operator: readonly SaidBy[] = runner.operators.some(({ policy }) => says(policy)) ? ['operator'] : [];
  if (loosened.some(({ what }) => what === 'policy')) return [...operator, 'delegation'];
  return [
    'runner',
    ...operator,
    ...(repository !== null && says(repository.policy) ? ['repository' as const] : []),
    ...(recipe !== null && (says(recipe.policy) || toolsRule(recipe) !== null) ? ['recipe' as const] : []),
    ...(own.policy === null ? [] : ['delegation' as const]),
  ];
};

const says = ({ rules, otherwise }: AddedPolicy): boolean => rules.length > 0 || Object.keys(otherwise).length > 0;

/** The hosts that terms open: those that rules let the agent's commands reach with nobody being asked, and those of setup alone. */
export const openHosts = (
  { setup, policy, loosened }: Pick<Terms, 'setup' | 'policy' | 'loosened'>,
  setupBy: SaidBy,
): readonly OpenHost[] => {
  const owned: SaidBy = loosened.some(({ what }) => what === 'policy') ? 'delegation' : 'runner';
  const unasked = policy.rules.flatMap(({ id, verdict, network, command }): readonly OpenHost[] =>
    verdict === 'allow' &&
    network !== undefined &&
    verdictOn(policy, { command: command ?? 'true', host: network }).verdict === 'allow'
      ? [{ host: network, during: 'run', by: ruleBy(id) ?? owned }]
      : [],
  );
  const before = setup.flatMap(({ network }) =>
    network.map((host): OpenHost => ({ host, during: 'setup', by: setupBy })),
  );
  // The first to open one is who opens it; what the agent may reach, setup may as well.
  const hosts = new Map([...unasked, ...before].toReversed().map((open) => [open.host, open]));
  return [...hosts.values()].toSorted((one, other) => (one.host < other.host ? -1 : 1));
};

const layers = ['operator', 'repository', 'recipe'] as const;
/** Whose a rule is, by its id; null: nobody's who adds to a policy. */
const ruleBy = (id: string): SaidBy | null => layers.find((layer) => id.startsWith(`${layer}-`)) ?? null;
