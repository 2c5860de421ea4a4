import type { Policy } from '../policy/policy.ts';
import { Budget } from '../run/budget.ts';
import type { PlannedCommand, Task } from '../run/events.ts';
import { toolsRule, type Recipe } from './recipe.ts';
import type { RepositoryConfig } from './repository-config.ts';
import { mergeBudget, mergePolicy, type LowerBudget } from './settings.ts';

/** What a person says at delegation. Null, or left out of the budget: nothing. */
export interface OwnTerms {
  readonly policy: Policy | null;
  readonly budget: LowerBudget;
  readonly setup: readonly PlannedCommand[] | null;
  readonly verification: readonly PlannedCommand[] | null;
  readonly model: string | null;
  readonly decisionHours: number | null;
  readonly priority: number | null;
}

export interface TermSources {
  /** What holds where nobody says otherwise. */
  readonly runner: { readonly policy: Policy; readonly budget: Budget; readonly decisionHours: number };
  readonly repository: RepositoryConfig | null;
  readonly recipe: Recipe | null;
  readonly own: OwnTerms;
}

export type Terms = Pick<
  Task,
  'policy' | 'budget' | 'setup' | 'verification' | 'setupReads' | 'model' | 'decisionHours' | 'priority'
>;

/**
 * The terms of a task, from all who have a say. What a person says at delegation holds, then the recipe, then the
 * repository, then the runner; but limits of a recipe and of a repository can only lower the runner's, and their rules
 * only add to its policy. The tools of a recipe hold with a policy of the person's own, too: they are what it is.
 */
export const termsOf = ({ runner, repository, recipe, own }: TermSources): Terms => ({
  policy: policyOf({ runner, repository, recipe, own }),
  budget: Budget.parse({
    ...[repository, recipe].reduce((budget, says) => mergeBudget(budget, says?.budget ?? {}), runner.budget),
    ...Object.fromEntries(Object.entries(own.budget).filter(([, limit]) => limit !== undefined)),
  }),
  setup: [...(own.setup ?? recipe?.setup ?? repository?.setup ?? [])],
  verification: [...(own.verification ?? recipe?.verification ?? repository?.verification ?? [])],
  setupReads: [...(repository?.setupReads ?? [])],
  model: own.model ?? recipe?.model ?? repository?.model ?? null,
  decisionHours: own.decisionHours ?? recipe?.decisionHours ?? runner.decisionHours,
  priority: own.priority ?? recipe?.priority ?? 0,
});

const policyOf = ({ runner, repository, recipe, own }: TermSources): Policy => {
  const policy =
    own.policy ??
    [repository, recipe].reduce(
      (merged, says) => (says === null ? merged : mergePolicy(merged, says.policy)),
      runner.policy,
    );
  const tools = recipe === null ? null : toolsRule(recipe);
  return tools === null ? policy : { ...policy, rules: [...policy.rules, tools] };
};
