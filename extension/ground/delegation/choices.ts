import path from 'node:path';
import { t } from '@vscode/l10n';
import { z } from 'zod';
import type { DelegateInput } from '../../../shared/api/runner-api.ts';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import type { Policy } from '../../../shared/policy/policy.ts';
import { GivenInputs } from '../../../shared/recipe/inputs.ts';
import { asStrict } from '../../../shared/recipe/settings.ts';
import { Budget } from '../../../shared/run/budget.ts';
import { commandIn, commandWithout } from '../../../shared/run/command-folder.ts';
import { PlannedCommand, type Task } from '../../../shared/run/events.ts';
import { mostImages } from '../../../shared/run/image.ts';
import { ImageChoice } from './attached.ts';
import type { Origin } from './origin.ts';

const PolicyName = z.enum(['repository', 'ask', 'offline']);
export type PolicyName = z.infer<typeof PolicyName>;

/** A recipe as it was when it was chosen: enough to show it without asking the runner. */
const RecipeChoice = z.strictObject({
  name: z.string(),
  title: z.string(),
  needsGoal: z.boolean(),
  /** What it is told besides the goal: for one run. */
  inputs: GivenInputs.default({}),
  /** The issue or pull request that it is said on, as a person named it: for one run. Null: what it says is said on none. */
  about: z.string().nullable().default(null),
});
export type RecipeChoice = z.infer<typeof RecipeChoice>;

/** What a delegation says besides its goal; remembered per repository. Null: as the recipe or the repository says. */
export const Choices = z.strictObject({
  /** Null: none. */
  recipe: RecipeChoice.nullable(),
  base: z.enum(['worktree', 'head']),
  /** Of the working tree: changed files that do not go along, from the root of the repository. */
  without: z.array(z.string()).default([]),
  /** The folder of the repository that it is about; empty: its root. Commands below are planned for it. */
  folder: z.string().default(''),
  setup: z.array(PlannedCommand).nullable(),
  verification: z.array(PlannedCommand).nullable(),
  /** Limits that differ from those of the runner and the repository. */
  budget: Budget.partial(),
  policy: PolicyName,
  /** Null: the runner's. */
  model: z.string().min(1).nullable().default(null),
  /** What the model is shown with the goal. */
  images: z.array(ImageChoice).max(mostImages).default([]),
});
export type Choices = z.infer<typeof Choices>;

export const firstChoices: Choices = {
  recipe: null,
  base: 'worktree',
  without: [],
  folder: '',
  setup: null,
  verification: null,
  budget: {},
  policy: 'repository',
  model: null,
  images: [],
};

/**
 * What is kept of choices. Recipes are kept by where they were chosen from: what was right for a failing test is not what
 * somebody wants who selected a function. What a recipe is told, another model, a folder, images and files left out are for one run, and commands are kept as they were
 * typed. Those from before there were recipes can still be read.
 */
const Kept = Choices.omit({ recipe: true, model: true, folder: true, without: true, images: true }).extend({
  recipes: z.record(z.string(), RecipeChoice).default({}),
});

/** Choices for a folder, with the commands that were planned for another one. */
export const inFolder = <Chosen extends Pick<Choices, 'setup' | 'verification' | 'folder'>>(
  choices: Chosen,
  folder: string,
): Chosen => {
  const moved = (commands: Choices['setup']): Choices['setup'] =>
    commands?.map((planned) => ({
      ...planned,
      command: commandIn(folder, commandWithout(choices.folder, planned.command)),
    })) ?? null;
  return { ...choices, folder, setup: moved(choices.setup), verification: moved(choices.verification) };
};

/** What was chosen last, if it can still be read. */
export const rememberedChoices = (
  stored: unknown,
  { from, folder }: { readonly from: Origin['kind']; readonly folder: string },
): Choices => {
  const parsed = Kept.safeParse(stored);
  if (!parsed.success) return { ...firstChoices, folder };
  const { recipes, ...rest } = parsed.data;
  return inFolder({ ...firstChoices, ...rest, recipe: recipes[from] ?? null }, folder);
};

/** What to keep of these choices, in the place of what is stored. */
export const keptChoices = (stored: unknown, from: Origin['kind'], choices: Choices): z.infer<typeof Kept> => {
  const before = Kept.safeParse(stored);
  const { [from]: _, ...others } = before.success ? before.data.recipes : {};
  const { recipe, base, setup, verification, budget, policy } = inFolder(choices, '');
  return {
    base,
    setup,
    verification,
    budget,
    policy,
    recipes: recipe === null ? others : { ...others, [from]: { ...recipe, inputs: {}, about: null } },
  };
};

/**
 * What a run was delegated with, to be delegated again: its goal has the recipe's words in it. It begins with the working tree as that is now.
 * Of rules of its own only those are told that can be chosen here.
 */
export const choicesOfTask = ({ source, setup, verification, budget, policy, model }: Task): Choices => ({
  ...firstChoices,
  folder: source.folder ?? '',
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

/** Whose rules begin so hold again, whoever delegates. */
const otherwiseHeld = ['operator-', 'repository-'];

/**
 * What held a run back that `choicesOfTask` does not have, a line each: rules of a delegation or a recipe that ask or deny, and what they
 * said of all else. To delegate it again from its choices alone would be looser.
 */
export const leftBehind = (task: Task): readonly string[] => {
  const layers = [task.policy, ...task.policy.limits];
  const builtIn = new Set(defaultPolicy.rules.map(({ id }) => id));
  const chosen = (policies[choicesOfTask(task).policy].policy ?? defaultPolicy).otherwise;
  const rules = layers
    .flatMap((layer) => layer.rules)
    .filter(({ id, verdict }) => verdict !== 'allow' && !builtIn.has(id))
    .filter(({ id }) => !otherwiseHeld.some((prefix) => id.startsWith(prefix)))
    .map(({ id, verdict, reason }) => `${verdict} (${id}): ${reason}`);
  const rest = (['reads', 'changes', 'network'] as const).flatMap((what) =>
    layers
      .map(({ otherwise }) => otherwise[what])
      .filter((verdict) => !asStrict(chosen[what], verdict))
      .map((verdict) => t('{0}: all other {1}', verdict, what)),
  );
  return [...new Set([...rules, ...rest])];
};

/** Seconds that a command may take which a person typed here: a cold install, or a whole test suite. */
const commandSeconds = 1_800;

export const plannedCommand = (command: string, network: readonly string[] = [], folder = ''): PlannedCommand => ({
  command: commandIn(folder, command.trim()),
  network: [...network],
  timeoutSeconds: commandSeconds,
});

export const policies: Readonly<
  Record<PolicyName, { readonly label: string; readonly detail: string; readonly policy: Policy | null }>
> = {
  repository: {
    label: t("The repository's"),
    detail: t(
      'The default, with the rules of .longhaul/config.yaml: asks before network access and changes to automation.',
    ),
    policy: null,
  },
  ask: {
    label: t('Ask before each change'),
    detail: t("Every edit and command waits for you. Replaces the repository's rules."),
    policy: { ...defaultPolicy, otherwise: { ...defaultPolicy.otherwise, changes: 'ask' } },
  },
  offline: {
    label: t('No network'),
    detail: t("Network access is denied without asking. Replaces the repository's rules."),
    policy: { ...defaultPolicy, otherwise: { ...defaultPolicy.otherwise, network: 'deny' } },
  },
};

export interface Delegation {
  /** Empty only with a recipe that needs none. */
  readonly goal: string;
  /** Absolute path of its root. */
  readonly repository: string;
  readonly choices: Choices;
}

/** The API's input, without the key that makes it happen once, what a person agreed to, and images, which are uploaded first. */
export const delegationInput = ({
  goal,
  repository,
  choices,
}: Delegation): Omit<DelegateInput, 'dedupeKey' | 'trust' | 'images'> => ({
  goal,
  title: null,
  repository: path.join(repository, choices.folder),
  source: null,
  base: choices.base === 'worktree' ? 'worktree' : { commit: 'HEAD' },
  without: choices.base === 'worktree' ? choices.without : [],
  recipe: choices.recipe?.name ?? null,
  inputs: choices.recipe?.inputs ?? {},
  about: choices.recipe?.about ?? null,
  priority: null,
  budget: choices.budget,
  policy: policies[choices.policy].policy,
  setup: choices.setup,
  verification: choices.verification,
  model: choices.model,
  decisionHours: null,
  exact: false,
});
