import { parse } from 'yaml';
import {
  parseRecipe,
  RecipeName,
  splitRecipe,
  type ParsedRecipe,
  type Recipe,
  type RecipeOrigin,
} from '../../../shared/recipe/recipe.ts';
import { builtInRecipes } from '../recipes/index.ts';
import { settingsLimits, type RepositorySettings } from '../../machine/repository/settings.ts';

/** `file`: what it was read from, as a person finds it. `replaces`: it stands in the place of a built-in one. */
export type RecipeFile = {
  readonly name: string;
  readonly origin: RecipeOrigin;
  readonly replaces: boolean;
  readonly file: string;
} & (
  | { readonly outcome: 'ok'; readonly recipe: Recipe }
  /** Every fault, a sentence each. */
  | { readonly outcome: 'refused'; readonly faults: readonly string[] }
);

/** The built-in recipes and those of a repository (null: none), each name once, in the order of the names. */
export const readRecipes = (settings: RepositorySettings | null): readonly RecipeFile[] => {
  const found = new Map(builtIn().map((recipe) => [recipe.name, recipe]));
  for (const recipe of settings === null ? [] : ofRepository(settings))
    found.set(recipe.name, { ...recipe, replaces: found.has(recipe.name) });
  return [...found.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
};

const builtIn = (): readonly RecipeFile[] =>
  Object.entries(builtInRecipes).map(([name, text]) => ({
    name,
    origin: 'built-in',
    replaces: false,
    file: `the built-in recipe ${name}`,
    ...recipeIn(text),
  }));

const ofRepository = ({ files, branch }: RepositorySettings): readonly RecipeFile[] =>
  files
    .flatMap((entry) => {
      const file = /^recipes\/(.+)$/.exec(entry.path)?.[1];
      return file === undefined ? [] : [{ ...entry, file }];
    })
    .map(({ file, bytes, text }, index) => ({
      name: file.replace(/\.md$/, ''),
      origin: 'repository',
      replaces: false,
      file: `.longhaul/recipes/${file} of ${branch}`,
      ...recipeOrFault({ file, bytes, text, index }),
    }));

const recipeOrFault = ({
  file,
  bytes,
  text,
  index,
}: {
  readonly file: string;
  readonly bytes: number;
  readonly text: string | null;
  readonly index: number;
}): ParsedRecipe => {
  const name = RecipeName.safeParse(file.replace(/\.md$/, ''));
  const { recipeBytes, recipes } = settingsLimits;
  if (!name.success) return fault(`Its name cannot be used: ${name.error.issues[0]?.message ?? ''}.`);
  if (index >= recipes) return fault(`There are too many recipes: ${recipes} are read.`);
  const tooLarge = text === null || text.length > recipeBytes;
  return tooLarge ? fault(`It has ${bytes} bytes; up to ${recipeBytes} are read.`) : recipeIn(text);
};

const fault = (problem: string): ParsedRecipe => ({ outcome: 'refused', faults: [problem] });

const recipeIn = (text: string): ParsedRecipe => {
  const parts = splitRecipe(text);
  if (parts === null)
    return {
      outcome: 'refused',
      faults: ['It does not begin with front matter: a line "---", settings as YAML, a line "---".'],
    };
  try {
    // One line down, so that the lines of a complaint are those of the file.
    const frontMatter: unknown = parse(`\n${parts.frontMatter}`, { maxAliasCount: 100 });
    return parseRecipe(frontMatter, parts.template);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { outcome: 'refused', faults: [`${message.split('\n')[0]?.replace(/:$/, '') ?? message}.`] };
  }
};
