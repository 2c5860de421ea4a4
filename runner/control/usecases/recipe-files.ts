import { stat } from 'node:fs/promises';
import { parse } from 'yaml';
import {
  parseRecipe,
  RecipeName,
  splitRecipe,
  type ParsedRecipe,
  type Recipe,
  type RecipeOrigin,
} from '../../../shared/recipe/recipe.ts';
import { readBlobs } from '../../git/blobs.ts';
import { git, pathBytes, splitNul, type GitOptions } from '../../git/git.ts';
import { builtInRecipes } from '../../recipes/index.ts';
import { defaultBranch } from './repository-settings.ts';

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

/** The built-in recipes and those of a repository (absolute path; null: none), each name once, in the order of the names. */
export const readRecipes = async (repository: string | null): Promise<readonly RecipeFile[]> => {
  const found = new Map(builtIn().map((recipe) => [recipe.name, recipe]));
  for (const recipe of repository === null ? [] : await ofRepository(repository))
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

const folder = '.longhaul/recipes';
/** People write them; what is larger, or more, is something else. */
const maxBytes = 100_000;
const maxFiles = 100;

interface Entry {
  readonly object: string;
  readonly bytes: number;
  readonly file: string;
}

/** As the default branch has them, for the reason that holds for its configuration: see `readRepositoryConfig`. */
const ofRepository = async (repository: string): Promise<readonly RecipeFile[]> => {
  // What is wrong with such a path, the snapshot says.
  if (!(await stat(repository).catch(() => null))?.isDirectory()) return [];
  const branch = await defaultBranch(repository);
  if (branch === null) return [];
  const options: GitOptions = { as: 'user', folder: repository };
  const listed = await git(['ls-tree', '-l', '-z', `${branch}:${folder}`], options);
  if (!listed.ok) return [];
  const entries = splitNul(listed.output).flatMap(entryOf);
  const named = entries.map((entry, index) => ({ ...entry, fault: faultOf(entry, index) }));
  const readable = named.filter(({ fault }) => fault === null).map(({ object }) => object);
  const texts: string[] = [];
  for await (const content of readBlobs(options, readable)) texts.push(content.toString('utf8'));
  return named.map(({ file, fault }) => ({
    name: file.replace(/\.md$/, ''),
    origin: 'repository',
    replaces: false,
    file: `${folder}/${file} of ${branch}`,
    ...(fault === null ? recipeIn(texts.shift() ?? '') : { outcome: 'refused', faults: [fault] }),
  }));
};

/** Markdown files but the one that says what the folder is for. Links and folders are no recipes. */
const entryOf = (line: string): readonly Entry[] => {
  const match = /^100(?:644|755) blob (?<object>[0-9a-f]+) +(?<bytes>\d+)\t(?<file>.+\.md)$/s.exec(line);
  const { object, bytes, file } = match?.groups ?? {};
  if (object === undefined || file === undefined || file.toLowerCase() === 'readme.md') return [];
  return [{ object, bytes: Number(bytes), file: pathBytes(file).toString() }];
};

const faultOf = ({ file, bytes }: Entry, index: number): string | null => {
  const name = RecipeName.safeParse(file.replace(/\.md$/, ''));
  if (!name.success) return `Its name cannot be used: ${name.error.issues[0]?.message ?? ''}.`;
  if (bytes > maxBytes) return `It has ${bytes} bytes; up to ${maxBytes} are read.`;
  return index < maxFiles ? null : `There are too many recipes: ${maxFiles} are read.`;
};

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
