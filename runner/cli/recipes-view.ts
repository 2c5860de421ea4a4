import type { ListedRecipe } from '../../shared/recipe/recipe.ts';
import { expectedOf, type RecipeInput } from '../../shared/recipe/inputs.ts';
import { budgetAmount, budgetNames } from '../../shared/run/budget.ts';
import { wantedText } from '../../shared/run/output.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';
import { cleanLine } from '../../shared/text/clean.ts';

/** The recipes by name, what each is for below it; the broken ones with what is wrong with them. */
export const recipesView = (recipes: readonly ListedRecipe[], paint: Paint): string => {
  const [head = '', ...lines] = table([
    ['RECIPE', 'FROM', 'GOAL', 'TITLE'],
    ...recipes.map((recipe) => [
      cleanLine(recipe.name),
      fromText(recipe),
      ...(recipe.problem === null
        ? [recipe.needsGoal ? 'needed' : 'optional', cleanLine(recipe.title)]
        : ['', paint.red('cannot be used')]),
    ]),
  ]);
  const about = recipes.map((recipe) =>
    recipe.problem === null ? paint.dim(cleanLine(recipe.description)) : paint.red(cleanLine(recipe.problem)),
  );
  return [paint.dim(head), ...lines.flatMap((line, at) => [line, ...below(about[at] ?? '')])].join('\n');
};

const fromText = ({ origin, replaces }: ListedRecipe): string => {
  if (origin === 'built-in') return 'Longhaul';
  return replaces ? "repository, instead of Longhaul's" : 'repository';
};

const below = (text: string): readonly string[] => (text === '' ? [] : [`  ${text}`]);

/** One recipe: what it takes, and what it says of a task; what it leaves out is as the repository and the runner say. */
export const recipeView = (recipe: ListedRecipe, paint: Paint): string => {
  const head = `${cleanLine(recipe.name)} (${fromText(recipe)})`;
  if (recipe.problem !== null) return `${head}\n${paint.red(cleanLine(recipe.problem))}`;
  const { title, description, needsGoal, inputs, defaults } = recipe;
  const { tools, setup, verification, budget, rules, model, decisionHours, priority } = defaults;
  const limits = budgetNames.flatMap((name) => {
    const limit = budget[name];
    return limit == null ? [] : [budgetAmount(name, limit)];
  });
  const commands = (all: typeof setup): string =>
    all === null ? '' : all.map(({ command }) => command).join('; ') || 'none';
  const rows = [
    ['goal', needsGoal ? 'needed' : 'optional'],
    ...inputs.map((input) => ['input', inputText(input)]),
    ['result', wantedText(defaults.output)],
    ['tools', tools?.join(', ') ?? ''],
    ['setup', commands(setup)],
    ['verification', commands(verification)],
    ['budget', limits.join(', ')],
    ['rules', rules === 0 ? '' : `${rules} of its own`],
    ['model', model ?? ''],
    ['questions wait', decisionHours === null ? '' : `${decisionHours} hours`],
    ['priority', priority === 0 ? '' : String(priority)],
  ].filter(([, said]) => said !== '');
  const about = description === '' ? [] : [paint.dim(cleanLine(description))];
  return [`${head}: ${cleanLine(title)}`, ...about, ...table(rows.map((row) => row.map(cleanLine)))].join('\n');
};

/** `package: text of up to 2000 characters, needed. Name of the package.` */
const inputText = (input: RecipeInput): string => {
  const { name, required, description } = input;
  const otherwise = input.default === null ? 'optional' : `else ${JSON.stringify(input.default)}`;
  return `${name}: ${expectedOf(input)}, ${required ? 'needed' : otherwise}${description === '' ? '' : `. ${description}`}`;
};
