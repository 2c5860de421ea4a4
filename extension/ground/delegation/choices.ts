import { z } from 'zod';
import type { DelegateInput } from '../../../shared/api/runner-api.ts';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import type { Policy } from '../../../shared/policy/policy.ts';
import { Budget, budgetNames, type BudgetName } from '../../../shared/run/budget.ts';
import { PlannedCommand, type Task } from '../../../shared/run/events.ts';
import type { Origin } from './origin.ts';

const PolicyName = z.enum(['repository', 'ask', 'offline']);
export type PolicyName = z.infer<typeof PolicyName>;

/** A recipe as it was when it was chosen: enough to show it without asking the runner. */
const RecipeChoice = z.strictObject({ name: z.string(), title: z.string(), needsGoal: z.boolean() });
export type RecipeChoice = z.infer<typeof RecipeChoice>;

/** What a delegation says besides its goal; remembered per repository. Null: as the recipe or the repository says. */
export const Choices = z.strictObject({
  /** Null: none. */
  recipe: RecipeChoice.nullable(),
  base: z.enum(['worktree', 'head']),
  setup: z.array(PlannedCommand).nullable(),
  verification: z.array(PlannedCommand).nullable(),
  /** Limits that differ from those of the runner and the repository. */
  budget: Budget.partial(),
  policy: PolicyName,
  /** Null: the runner's. */
  model: z.string().min(1).nullable().default(null),
});
export type Choices = z.infer<typeof Choices>;

export const firstChoices: Choices = {
  recipe: null,
  base: 'worktree',
  setup: null,
  verification: null,
  budget: {},
  policy: 'repository',
  model: null,
};

/**
 * What is kept of choices. Recipes are kept by where they were chosen from: what was right for a failing test is not what
 * somebody wants who selected a function. Another model is for one run. Those from before there were recipes can still be read.
 */
const Kept = Choices.omit({ recipe: true, model: true }).extend({
  recipes: z.record(z.string(), RecipeChoice).default({}),
});

/** What was chosen last, if it can still be read. */
export const rememberedChoices = (stored: unknown, from: Origin['kind']): Choices => {
  const parsed = Kept.safeParse(stored);
  if (!parsed.success) return firstChoices;
  const { recipes, ...rest } = parsed.data;
  return { ...rest, recipe: recipes[from] ?? null, model: null };
};

/** What to keep of these choices, in the place of what is stored. */
export const keptChoices = (stored: unknown, from: Origin['kind'], choices: Choices): z.infer<typeof Kept> => {
  const before = Kept.safeParse(stored);
  const { [from]: _, ...others } = before.success ? before.data.recipes : {};
  const { recipe, model: _model, ...rest } = choices;
  return { ...rest, recipes: recipe === null ? others : { ...others, [from]: recipe } };
};

/**
 * What a run was delegated with, to be delegated again: its goal has the recipe's words in it. It begins with the working tree as that is now.
 * Of rules of its own only those are told that can be chosen here.
 */
export const choicesOfTask = ({ setup, verification, budget, policy, model }: Task): Choices => ({
  recipe: null,
  base: 'worktree',
  setup: [...setup],
  verification: [...verification],
  budget,
  policy: policyOf([policy, ...policy.limits]),
  model,
});

const policyOf = (layers: readonly Policy[]): PolicyName => {
  if (layers.some(({ otherwise }) => otherwise.changes === 'ask')) return 'ask';
  return layers.some(({ otherwise }) => otherwise.network === 'deny') ? 'offline' : 'repository';
};

/** Seconds that a command may take which a person typed here: a cold install, or a whole test suite. */
const commandSeconds = 1_800;

export const plannedCommand = (command: string, network: readonly string[] = []): PlannedCommand => ({
  command: command.trim(),
  network: [...network],
  timeoutSeconds: commandSeconds,
});

export const policies: Readonly<
  Record<PolicyName, { readonly label: string; readonly detail: string; readonly policy: Policy | null }>
> = {
  repository: {
    label: "The repository's",
    detail:
      'The default, with the rules of .longhaul/config.yaml: asks before network access and changes to automation.',
    policy: null,
  },
  ask: {
    label: 'Ask before each change',
    detail: "Every edit and command waits for you. Replaces the repository's rules.",
    policy: { ...defaultPolicy, otherwise: { ...defaultPolicy.otherwise, changes: 'ask' } },
  },
  offline: {
    label: 'No network',
    detail: "Network access is denied without asking. Replaces the repository's rules.",
    policy: { ...defaultPolicy, otherwise: { ...defaultPolicy.otherwise, network: 'deny' } },
  },
};

export const baseText = (base: Choices['base']): string =>
  base === 'worktree' ? 'the working tree as it is, with what is not committed' : 'the last commit (HEAD)';

export const commandsText = (commands: readonly PlannedCommand[] | null, recipe: Choices['recipe'] = null): string => {
  if (commands === null)
    return recipe === null ? "the repository's (.longhaul/config.yaml)" : "the recipe's, or the repository's";
  if (commands.length === 0) return 'none';
  return commands
    .map(({ command, network }) => (network.length === 0 ? command : `${command} (network: ${network.join(', ')})`))
    .join(', ');
};

const budgetUnits: Record<BudgetName, (limit: number) => string> = {
  turns: (limit) => (limit === 1 ? '1 turn' : `${limit} turns`),
  tokens: (limit) => `${limit.toLocaleString('en')} tokens`,
  usd: (limit) => `$${limit}`,
  activeMinutes: (limit) => `${limit} min of work`,
  toolMinutes: (limit) => `${limit} min in commands`,
  retries: (limit) => (limit === 1 ? '1 retry' : `${limit} retries`),
};
const lifted: Record<BudgetName, string> = {
  turns: 'any number of turns',
  tokens: 'any number of tokens',
  usd: 'any cost',
  activeMinutes: 'any time',
  toolMinutes: 'any time in commands',
  retries: 'any number of retries',
};

/** `20 turns, $2; else as the runner is set`. Null is no limit, which is not the same as not saying. */
export const budgetText = (budget: Choices['budget']): string => {
  const said = budgetNames.flatMap((name) => {
    const limit = budget[name];
    return limit === undefined ? [] : [limit === null ? lifted[name] : budgetUnits[name](limit)];
  });
  return said.length === 0 ? "the runner's" : said.join(', ');
};

/** `turns=40, usd=2, tokens=none`, as the command line takes it too. */
export const budgetLine = (budget: Choices['budget']): string =>
  budgetNames
    .flatMap((name) => {
      const limit = budget[name];
      return limit === undefined ? [] : [`${name}=${limit ?? 'none'}`];
    })
    .join(', ');

export type ParsedBudget =
  | { readonly outcome: 'ok'; readonly budget: Choices['budget'] }
  | { readonly outcome: 'invalid'; readonly message: string };

/** The reverse of `budgetLine`. Empty: nothing is said. */
export const parseBudget = (line: string): ParsedBudget => {
  const budget: Record<string, number | null> = {};
  for (const part of line.split(/[\s,]+/).filter(Boolean)) {
    const [name = '', value = ''] = part.split('=');
    if (!budgetNames.some((known) => known === name))
      return { outcome: 'invalid', message: `"${name}" is no budget. There are ${budgetNames.join(', ')}.` };
    if (name in budget) return { outcome: 'invalid', message: `${name} is given twice.` };
    const limit = value === 'none' ? null : Number(value);
    if (value === '' || !Budget.partial().safeParse({ [name]: limit }).success)
      return { outcome: 'invalid', message: `${name}=${value}: expected a number above 0, or none.` };
    budget[name] = limit;
  }
  return { outcome: 'ok', budget };
};

/** One line for the row that delegates. */
export const choicesText = (choices: Choices): string =>
  [
    choices.recipe?.title ?? '',
    choices.base === 'worktree' ? 'working tree' : 'HEAD',
    choices.verification === null
      ? ''
      : choices.verification.length === 0
        ? 'no verification'
        : commandsText(choices.verification),
    Object.keys(choices.budget).length === 0 ? '' : budgetText(choices.budget),
    choices.policy === 'repository' ? '' : policies[choices.policy].label.toLowerCase(),
    choices.model ?? '',
  ]
    .filter(Boolean)
    .join(' · ');

export interface Delegation {
  /** Empty only with a recipe that needs none. */
  readonly goal: string;
  /** Absolute path. */
  readonly repository: string;
  readonly choices: Choices;
}

/** The API's input, without the key that makes it happen once and what a person agreed to. */
export const delegationInput = ({
  goal,
  repository,
  choices,
}: Delegation): Omit<DelegateInput, 'dedupeKey' | 'trust'> => ({
  goal,
  title: null,
  repository,
  source: null,
  base: choices.base === 'worktree' ? 'worktree' : { commit: 'HEAD' },
  recipe: choices.recipe?.name ?? null,
  priority: null,
  budget: choices.budget,
  policy: policies[choices.policy].policy,
  setup: choices.setup,
  verification: choices.verification,
  model: choices.model,
  decisionHours: null,
});
