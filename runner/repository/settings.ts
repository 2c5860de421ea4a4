import { stat } from 'node:fs/promises';
import type { SettingsFile } from '../../shared/api/runner-api.ts';
import { readBlobs } from '../git/blobs.ts';
import { git, line, pathBytes, splitNul, type GitOptions } from '../git/git.ts';

/** What a repository says of itself: files below `.longhaul/`, as its default branch has them. */
export interface RepositorySettings {
  /** For messages. */
  readonly branch: string;
  readonly files: readonly SettingsFile[];
}

/** People write them; what is larger, or more, is something else, and is not read. */
export const settingsLimits = { configBytes: 1_000_000, recipeBytes: 100_000, recipes: 100 } as const;

const folderName = '.longhaul';
/** More are not even told. */
const mostFiles = 500;

/**
 * Of a repository in a folder. Never the working tree's or another branch's: an agent, or whoever sends a pull request, could
 * write itself a policy there.
 */
export const settingsOfFolder = async (folder: string): Promise<RepositorySettings | null> => {
  // What is wrong with such a path, the snapshot says.
  if (!(await stat(folder).catch(() => null))?.isDirectory()) return null;
  const options: GitOptions = { as: 'user', folder };
  const branch = await defaultBranch(options);
  return branch === null ? null : settingsAt(options, branch, branch);
};

/** Of a commit in any repository. Links and folders are no settings, and neither is what says what a folder is for. */
export const settingsAt = async (options: GitOptions, commit: string, branch: string): Promise<RepositorySettings> => {
  const entries = (await list(options, ['-l', commit])).slice(0, mostFiles);
  const readable = entries.filter(({ bytes, most }, index) => bytes <= most && index <= settingsLimits.recipes);
  const texts: string[] = [];
  for await (const content of readBlobs(
    options,
    readable.map(({ object }) => object),
  ))
    texts.push(content.toString('utf8'));
  const textOf = new Map(readable.map(({ path }, index) => [path, texts[index] ?? '']));
  return { branch, files: entries.map(({ path, bytes }) => ({ path, bytes, text: textOf.get(path) ?? null })) };
};

interface Entry {
  readonly path: string;
  readonly object: string;
  readonly bytes: number;
  /** Bytes that are read of such a file. */
  readonly most: number;
}

/** The objects that `settingsAt` reads. They need not be there yet. */
export const settingsObjects = async (options: GitOptions, commit: string): Promise<readonly string[]> =>
  (await list(options, [commit])).map(({ object }) => object);

const list = async (options: GitOptions, what: readonly string[]): Promise<readonly Entry[]> => {
  const listed = await git(['ls-tree', '-r', '-z', '--full-tree', ...what, `${folderName}/`], options);
  return listed.ok ? splitNul(listed.output).flatMap(entryOf) : [];
};

const entryOf = (item: string): readonly Entry[] => {
  const match = /^100(?:644|755) blob (?<object>[0-9a-f]+)(?: +(?<bytes>\d+))?\t\.longhaul\/(?<path>.+)$/s.exec(item);
  const { object, bytes = '0', path } = match?.groups ?? {};
  if (object === undefined || path === undefined) return [];
  const name = pathBytes(path).toString();
  const size = Number(bytes);
  if (name === 'config.yaml') return [{ path: name, object, bytes: size, most: settingsLimits.configBytes }];
  const recipe = /^recipes\/([^/]+\.md)$/.exec(name)?.[1];
  if (recipe === undefined || recipe.toLowerCase() === 'readme.md') return [];
  return [{ path: name, object, bytes: size, most: settingsLimits.recipeBytes }];
};

/** The branch that others agree on: the remote's, else the usual names, else the one that is checked out. Null: there is none. */
const defaultBranch = async (options: GitOptions): Promise<string | null> => {
  const usual = ['refs/remotes/origin/HEAD', 'refs/heads/main', 'refs/heads/master'];
  const found = await git(['for-each-ref', '--format=%(refname)', ...usual], options);
  if (!found.ok) return null;
  const names = new Set(line(found.output).split('\n'));
  return usual.find((name) => names.has(name)) ?? 'HEAD';
};
