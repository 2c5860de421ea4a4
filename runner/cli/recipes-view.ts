import type { ListedRecipe } from '../../shared/recipe/recipe.ts';
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
