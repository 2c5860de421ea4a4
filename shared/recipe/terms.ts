import type { TaskPolicy, Policy } from '../policy/policy.ts';
import { budgetNames, type Budget, type BudgetName } from '../run/budget.ts';
import type { PlannedCommand, Task } from '../run/events.ts';
import type { Loosened } from '../run/loosened.ts';
import { toolsRule, type Recipe } from './recipe.ts';
import type { RepositoryConfig } from './repository-config.ts';
import { asStrict, limitOf, mergeBudget, mergePolicy, type AddedPolicy, type LowerBudget } from './settings.ts';
import { openingSetup } from './setup-hosts.ts';

/** What a person says at delegation. Null, or left out of the budget: nothing. */
interface OwnTerms {
  readonly policy: Policy | null;
  readonly budget: LowerBudget;
  readonly setup: readonly PlannedCommand[] | null;
  readonly verification: readonly PlannedCommand[] | null;
  readonly model: string | null;
  readonly decisionHours: number | null;
  readonly priority: number | null;
}

/** What an operator says, for all or for a tenant. */
export interface OperatorTerms {
  readonly policy: AddedPolicy;
  /** No delegation goes above it, whoever delegates. */
  readonly maxBudget: LowerBudget;
}

/** Whoever delegates. Only one who may approve calls can let go of what others said. */
interface Requester {
  readonly actor: string;
  readonly approves: boolean;
}

export interface TermSources {
  /** What holds where nobody says otherwise, and what the operators say. */
  readonly runner: {
    readonly policy: Policy;
    readonly budget: Budget;
    readonly decisionHours: number;
    readonly operators: readonly OperatorTerms[];
  };
  readonly repository: RepositoryConfig | null;
  readonly recipe: Recipe | null;
  readonly own: OwnTerms;
  readonly by: Requester;
}

export type Terms = Pick<
  Task,
  | 'policy'
  | 'budget'
  | 'setup'
  | 'verification'
  | 'setupReads'
  | 'model'
  | 'decisionHours'
  | 'priority'
  | 'loosened'
  | 'notes'
>;

/**
 * The terms of a task, from all who have a say: built-in, operator, repository, recipe, delegation. Of rules the strictest wins, of limits
 * the lowest. What a person says at delegation can only add to that, unless they may approve: then their policy stands in the place of all
 * but what an operator denies, their limits in the place of all but an operator's, and what they let go of is on record. The tools
 * of a recipe hold in any case: they are what it is. Model, commands and times are those of whoever says them last.
 */
export const termsOf = (sources: TermSources): Terms => {
  const { runner, repository, recipe, own } = sources;
  const { policy, loosened: rules } = policyOf(sources);
  const { budget, loosened: limits, notes } = budgetOf(sources);
  const setup = [...(own.setup ?? recipe?.setup ?? repository?.setup ?? [])];
  return {
    policy,
    budget,
    setup,
    verification: [...(own.verification ?? recipe?.verification ?? repository?.verification ?? [])],
    setupReads: [...(repository?.setupReads ?? [])],
    model: own.model ?? recipe?.model ?? repository?.model ?? null,
    decisionHours: own.decisionHours ?? recipe?.decisionHours ?? runner.decisionHours,
    priority: own.priority ?? recipe?.priority ?? 0,
    loosened: [...rules, ...limits, ...openedSetup(sources, policy)],
    notes: [...notes],
  };
};

/** What the layers below the delegation come to. */
const policyBelow = ({ runner, repository, recipe }: TermSources): TaskPolicy => {
  const layers = [...runner.operators, repository, recipe].flatMap((says) => says?.policy ?? []);
  return {
    ...layers.reduce(mergePolicy, runner.policy),
    limits: layers.flatMap((layer) => limitOf(layer) ?? []),
  };
};

type PolicyTerms = Pick<Terms, 'policy' | 'loosened'>;

const policyOf = (sources: TermSources): PolicyTerms => {
  const { policy, loosened } = ownOver(sources, policyBelow(sources));
  const tools = sources.recipe === null ? null : toolsRule(sources.recipe);
  return { policy: tools === null ? policy : { ...policy, rules: [...policy.rules, tools] }, loosened };
};

const ownOver = ({ runner, own, by }: TermSources, below: TaskPolicy): PolicyTerms => {
  if (own.policy === null) return { policy: below, loosened: [] };
  if (!by.approves || onlyRestricts(own.policy, below))
    return { policy: { ...below, limits: [...below.limits, own.policy] }, loosened: [] };
  const limits = runner.operators.flatMap(({ policy }) => limitOf(denials(policy)) ?? []);
  return {
    policy: { ...own.policy, limits },
    loosened: [{ what: 'policy', from: described(below), to: described(own.policy), by: by.actor }],
  };
};

/** A policy that allows nothing which the one below does not need not stand in its place: it is added to it. */
const onlyRestricts = ({ rules, otherwise }: Policy, below: Policy): boolean =>
  rules.every(({ verdict }) => verdict !== 'allow') &&
  asStrict(otherwise.reads, below.otherwise.reads) &&
  asStrict(otherwise.changes, below.otherwise.changes) &&
  asStrict(otherwise.network, below.otherwise.network);

/** What of an operator's policy nobody lets go of. */
const denials = ({ rules, otherwise }: AddedPolicy): AddedPolicy => ({
  rules: rules.filter(({ verdict }) => verdict === 'deny'),
  otherwise: Object.fromEntries(Object.entries(otherwise).filter(([, verdict]) => verdict === 'deny')),
});

const described = (policy: Policy | TaskPolicy): string => {
  const { rules, otherwise } = policy;
  const also = 'limits' in policy && policy.limits.length > 0 ? ` and ${policy.limits.length} layers of limits` : '';
  const { reads, changes, network } = otherwise;
  return `${rules.length} rules${also}; otherwise reads ${reads}, changes ${changes}, network ${network}`;
};

const budgetOf = ({
  runner,
  repository,
  recipe,
  own,
  by,
}: TermSources): Pick<Terms, 'budget' | 'loosened' | 'notes'> => {
  const caps = runner.operators.map(({ maxBudget }) => maxBudget);
  const below = [repository?.budget ?? {}, recipe?.budget ?? {}, ...caps].reduce(mergeBudget, runner.budget);
  const said = budgetNames.filter((name) => own.budget[name] !== undefined);
  const wanted: Budget = { ...below, ...Object.fromEntries(said.map((name) => [name, own.budget[name] ?? null])) };
  const budget = by.approves ? caps.reduce(mergeBudget, wanted) : mergeBudget(below, own.budget);
  return {
    budget,
    loosened: said
      .filter((name) => above(budget[name], below[name]))
      .map((name) => ({
        what: `budget.${name}`,
        from: limitText(below[name]),
        to: limitText(budget[name]),
        by: by.actor,
      })),
    notes: said.filter((name) => budget[name] !== wanted[name]).map((name) => cappedNote(name, budget[name], by)),
  };
};

const above = (one: number | null, other: number | null): boolean => other !== null && (one === null || one > other);
const limitText = (limit: number | null): string => (limit === null ? 'none' : String(limit));

const cappedNote = (name: BudgetName, limit: number | null, { approves }: Requester): string =>
  `The budget of ${name} is ${limitText(limit)}: ${approves ? 'the operator lets nobody delegate with more' : 'only an approver can raise it'}.`;

/** A networked setup of a person's own opens hosts that nobody else did. */
const openedSetup = ({ own, by }: TermSources, policy: TaskPolicy): readonly Loosened[] =>
  own.setup === null
    ? []
    : openingSetup(own.setup, policy).map(({ command, host }) => ({
        what: 'setup',
        from: 'no network',
        to: `${command} reaches ${host}`,
        by: by.actor,
      }));
