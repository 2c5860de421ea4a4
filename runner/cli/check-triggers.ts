import { addressKey } from '../../shared/recipe/repository-address.ts';
import { recipeFault } from '../../shared/recipe/trigger-recipe.ts';
import { triggerText } from '../../shared/recipe/trigger-text.ts';
import type { TriggerOrigin } from '../../shared/recipe/trigger.ts';
import { Trouble } from '../../shared/trouble.ts';
import type { RecipeFile } from '../control/usecases/recipe-files.ts';
import type { Schedule } from '../local/schedule.ts';
import { configuredTriggers } from '../machine/config/operator.ts';
import { configOfRunner } from '../machine/config/served.ts';
import { git, line } from '../machine/git/git.ts';
import { homeAt } from '../machine/home/home.ts';
import { definitionsIn, type Definition, type UsableTrigger } from '../machine/triggers/definitions.ts';
import type { CommandContext } from './context.ts';
import { filesIn } from './folder-settings.ts';

export interface CheckedTrigger {
  readonly name: string;
  readonly origin: TriggerOrigin;
  /** Null: none. */
  readonly problem: string | null;
  /** What it does, in a line; empty where it cannot be used. */
  readonly about: string;
  /** The next times that it would be due: ISO. */
  readonly next: readonly string[];
}

/**
 * The triggers of a repository as its folder has them, committed or not, and those that the configuration of the runner here has for it. Asks no
 * runner. `root`: of the work tree. Throws Trouble where that configuration cannot be used.
 */
export const checkTriggers = async (context: CommandContext, root: string): Promise<readonly CheckedTrigger[]> => {
  const { readRecipes } = await import('../control/usecases/recipe-files.ts');
  const recipes = readRecipes({ branch: root, files: await filesIn(root, 'recipes'), triggers: [] });
  const configured = context.remote === null ? await configuredIn(context, root) : [];
  const own = definitionsIn(await filesIn(root, 'triggers'), root).map((definition) =>
    configured.some(({ name }) => name === definition.name) ? taken(definition, root) : definition,
  );
  return [...configured, ...own].map((definition) => {
    const { name, origin, outcome } = definition;
    if (outcome === 'refused') return { name, origin, problem: definition.problem, about: '', next: [] };
    const problem = recipeProblem(definition, recipes, root);
    const about = [triggerText(definition.trigger), ...countedText(definition.trigger)].join('; ');
    const next = outcome === 'scheduled' ? nextTimes(definition.schedule) : [];
    return { name, origin, problem, about, next };
  });
};

/** Whether the model's price is known, the runner alone can say. */
const countedText = ({ usdPerDay }: UsableTrigger['trigger']): readonly string[] =>
  usdPerDay === null ? [] : ['which counts only with a model of known price: else it cannot be enabled'];

/** Of whichever tenant. */
const configuredIn = async (
  { home, env }: Pick<CommandContext, 'home' | 'env'>,
  root: string,
): Promise<readonly UsableTrigger[]> => {
  const loaded = await configOfRunner(homeAt(home), env);
  if (loaded.outcome === 'invalid')
    throw new Trouble(loaded.problems.join(' '), { remedy: 'Correct it: the runner does not start with that.' });
  const { config } = loaded;
  const all = ['', ...Object.keys(config.tenants)].flatMap((tenant) => configuredTriggers(config, tenant));
  if (all.length === 0) return [];
  const asked = await git(['remote', 'get-url', 'origin'], { as: 'user', folder: root });
  const here = [root, ...(asked.ok ? [addressKey(line(asked.output))] : [])];
  const found = all.filter(({ repository }) => here.includes(addressKey(repository)));
  return [...new Set(found.map(({ definition }) => definition))];
};

const taken = ({ name }: Definition, root: string): Definition => ({
  name,
  origin: 'repository',
  outcome: 'refused',
  problem: `.longhaul/triggers/${name}.yaml of ${root} would not be used: the runner's configuration has a trigger of that name for this repository.`,
});

/** What is wrong with the recipe that it names, or with naming it; null: nothing, or it names none. */
const recipeProblem = (
  { name, origin, trigger }: UsableTrigger,
  recipes: readonly RecipeFile[],
  root: string,
): string | null => {
  if (trigger.recipe === null) return null;
  const what =
    origin === 'runner'
      ? `The trigger ${name} of the runner's configuration cannot be used:`
      : `.longhaul/triggers/${name}.yaml of ${root} cannot be used:`;
  const found = recipes.find((recipe) => recipe.name === trigger.recipe);
  if (found === undefined)
    return `${what} There is no recipe ${trigger.recipe}. There are: ${recipes.map((recipe) => recipe.name).join(', ')}.`;
  if (found.outcome === 'refused') return `${what} ${found.file} cannot be used: ${found.faults.join(' ')}`;
  const fault = recipeFault(trigger, found.recipe);
  return fault === null ? null : `${what} ${fault.message} ${fault.remedy}`;
};

const nextTimes = (schedule: Schedule): readonly string[] => {
  const times: string[] = [];
  for (let at = schedule.nextAfter(Date.now()); at !== null && times.length < 3; at = schedule.nextAfter(at))
    times.push(new Date(at).toISOString());
  return times;
};
