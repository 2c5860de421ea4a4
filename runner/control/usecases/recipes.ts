import type { RecipesInput } from '../../../shared/api/recipes-input.ts';
import type { Principal } from '../../../shared/api/runner-api.ts';
import { recipeDefaults, type ListedRecipe, type Recipe } from '../../../shared/recipe/recipe.ts';
import { settingsOfFolder, type RepositorySettings } from '../../machine/repository/settings.ts';
import { asPerson, mustBeLocal, refused } from './plane.ts';
import { readRecipes, type RecipeFile } from './recipe-files.ts';

/** The recipes that a task on a repository can be given, the broken ones with what is wrong with them. */
export const recipes = async (caller: Principal, { repository }: RecipesInput): Promise<readonly ListedRecipe[]> => {
  const person = asPerson(caller);
  if (repository !== null) {
    mustBeLocal(person, 'see what a repository there says');
    if (!repository.startsWith('/'))
      throw refused('invalid', `The repository ${repository} is no absolute path.`, 'Name it from the root: /…');
  }
  return readRecipes(repository === null ? null : (await settingsOfFolder(repository)).settings).map(listed);
};

const listed = (found: RecipeFile): ListedRecipe => {
  const { name, origin, replaces } = found;
  if (found.outcome === 'refused') return { name, origin, replaces, problem: problemOf(found) };
  const { title, description, needsGoal, inputs } = found.recipe;
  return {
    name,
    origin,
    replaces,
    problem: null,
    title,
    description,
    needsGoal,
    inputs,
    defaults: recipeDefaults(found.recipe),
  };
};

/** The recipe with this name, of those that are built in and those of a repository. Throws RefusedError. */
export const chooseRecipe = (settings: RepositorySettings | null, name: string): Recipe => {
  const all = readRecipes(settings);
  const found = all.find((recipe) => recipe.name === name);
  if (found === undefined)
    throw refused(
      'invalid',
      `There is no recipe ${JSON.stringify(name)}. There are: ${all.map((recipe) => recipe.name).join(', ')}.`,
      'Take one of these. Those of a repository are read from its default branch: commit yours there.',
    );
  if (found.outcome === 'refused') throw refused('invalid', problemOf(found), remedy);
  return found.recipe;
};

const remedy = 'Correct it there and commit, or remove it.';

const problemOf = ({ file, faults }: Extract<RecipeFile, { outcome: 'refused' }>): string =>
  `${file} cannot be used: ${faults.join(' ')}`;
