import { t } from '@vscode/l10n';
import type { RecipeInput } from '../../../shared/recipe/inputs.ts';
import { needsSubject } from '../../../shared/run/output.ts';
import type { ListedRecipe } from '../../../shared/recipe/recipe.ts';
import type { RecipeChoice } from './choices.ts';

/** An entry of the list, without anything of VS Code's. `problem`: why it cannot be chosen. */
export type RecipeItem = { readonly label: string; readonly description: string; readonly detail: string } & (
  | {
      readonly problem: null;
      readonly recipe: RecipeChoice | null;
      readonly inputs: readonly RecipeInput[];
      /** Its result is said on an issue or a pull request. */
      readonly needsSubject: boolean;
    }
  | { readonly problem: string }
);

/** None, then each recipe; the broken ones too, so that their authors learn of it. */
export const recipeItems = (recipes: readonly ListedRecipe[]): readonly RecipeItem[] => [
  {
    label: `$(circle-slash) ${t('None')}`,
    description: '',
    detail: t('The goal alone.'),
    problem: null,
    recipe: null,
    inputs: [],
    needsSubject: false,
  },
  ...recipes.map((listed): RecipeItem => {
    const { name, problem } = listed;
    const description = `${name} · ${fromText(listed)}`;
    if (problem !== null)
      return {
        label: `$(warning) ${name}`,
        description: fromText(listed),
        detail: t('Cannot be used. {0}', problem),
        problem,
      };
    const { title, needsGoal, inputs, description: detail, defaults } = listed;
    const recipe = { name, title, needsGoal, inputs: {}, about: null };
    const label = `$(book) ${title}`;
    return { label, description, detail, problem, recipe, inputs, needsSubject: needsSubject(defaults.output) };
  }),
];

const fromText = ({ origin, replaces }: ListedRecipe): string => {
  if (origin === 'built-in') return t('built in');
  return replaces ? t("the repository's, instead of the built-in one") : t("the repository's");
};
