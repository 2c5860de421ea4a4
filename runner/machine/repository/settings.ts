import { stat } from 'node:fs/promises';
import type { SettingsFile } from '../../../shared/recipe/settings-file.ts';
import { readBlobs } from '../git/blobs.ts';
import { git, line, pathBytes, splitNul, type GitOptions } from '../git/git.ts';

/** What a repository says of itself: files below `.longhaul/`, as its default branch has them. */
export interface RepositorySettings {
  /** For messages. */
  readonly branch: string;
  readonly files: readonly SettingsFile[];
  /** Those that say what begins runs by itself: nobody who delegates has a use for them. */
  readonly triggers: readonly SettingsFile[];
}

/** Those of a folder, and what whoever delegates there should know of them, a sentence each. */
export interface FolderSettings {
  readonly settings: RepositorySettings | null;
  readonly notes: readonly string[];
}

/** People write them; what is larger, or more, is something else, and is not read. */
export const settingsLimits = {
  configBytes: 1_000_000,
  recipeBytes: 100_000,
  recipes: 100,
  triggerBytes: 100_000,
  triggers: 100,
} as const;

const folderName = '.longhaul';
/** More are not even told. */
const mostFiles = 500;

/**
 * Of a repository in a folder. Never the working tree's or another branch's: an agent, or whoever sends a pull request, could
 * write itself a policy there.
 */
export const settingsOfFolder = async (folder: string): Promise<FolderSettings> => {
  // What is wrong with such a path, the snapshot says.
  if (!(await stat(folder).catch(() => null))?.isDirectory()) return nothing;
  const options: GitOptions = { as: 'user', folder };
  const found = await defaultBranch(options);
  if (found === null) return nothing;
  if ('branch' in found)
    return {
      settings: await settingsAt(options, found.branch, found.branch),
      notes: await passedOver(options, found.branch),
    };
  // Only somebody whose settings are passed over has to hear of it.
  const here = await list(options, ['HEAD']);
  if (here.length === 0) return nothing;
  return {
    settings: null,
    notes: [`The settings in .longhaul are not read, because its default branch is not known. ${found.unknown}`],
  };
};

const nothing: FolderSettings = { settings: null, notes: [] };

/** What looks like settings and is none: who wrote rules there must not believe that they hold. */
const passedOver = async (options: GitOptions, branch: string): Promise<readonly string[]> => {
  const entries = async (what: readonly string[]) => {
    const listed = await git(['ls-tree', '-z', '--full-tree', branch, ...what], options);
    return listed.ok ? splitNul(listed.output).flatMap(treeEntry) : [];
  };
  const folders = (await entries([])).filter(({ name }) => name.toLowerCase() === folderName);
  const files = (await entries([`${folderName}/`]))
    .map(({ kind, name }) => ({ kind, name: name.slice(folderName.length + 1) }))
    .filter(({ name }) => /^config\.(ya?ml|json)$/i.test(name));
  return [
    ...folders.filter(({ kind, name }) => kind !== 'folder' || name !== folderName),
    ...files
      .filter(({ kind, name }) => kind !== 'file' || name !== 'config.yaml')
      .map(({ kind, name }) => ({ kind, name: `${folderName}/${name}` })),
  ].map(
    ({ kind, name }) =>
      `${JSON.stringify(name)} on ${branch.replace(/^refs\/(heads|remotes)\//, '')} is a ${kind} and is not read: settings are a plain file ${folderName}/config.yaml.`,
  );
};

const treeEntry = (
  item: string,
): readonly { readonly kind: 'file' | 'folder' | 'link' | 'submodule'; readonly name: string }[] => {
  const match = /^(?<mode>\d{6}) \w+ [0-9a-f]+\t(?<name>.+)$/s.exec(item)?.groups;
  if (match === undefined) return [];
  const { mode = '', name = '' } = match;
  const kinds = { '040000': 'folder', '120000': 'link', '160000': 'submodule' } as const;
  return [{ kind: mode in kinds ? kinds[mode as keyof typeof kinds] : 'file', name: pathBytes(name).toString() }]; // safe: it is in kinds
};

/** Of a commit in any repository. Links and folders are no settings, and neither is what says what a folder is for. */
export const settingsAt = async (options: GitOptions, commit: string, branch: string): Promise<RepositorySettings> => {
  const entries = (await list(options, ['-l', commit])).slice(0, mostFiles);
  const counts = { config: 0, recipes: 0, triggers: 0 };
  const readable = entries.filter(({ bytes, most, kind }) => bytes <= most && (counts[kind] += 1) <= mostOf[kind]);
  const texts: string[] = [];
  for await (const content of readBlobs(
    options,
    readable.map(({ object }) => object),
  ))
    texts.push(content.toString('utf8'));
  const textOf = new Map(readable.map(({ path }, index) => [path, texts[index] ?? '']));
  const files = (wanted: (kind: Entry['kind']) => boolean): readonly SettingsFile[] =>
    entries
      .filter(({ kind }) => wanted(kind))
      .map(({ path, bytes }) => ({ path, bytes, text: textOf.get(path) ?? null }));
  return { branch, files: files((kind) => kind !== 'triggers'), triggers: files((kind) => kind === 'triggers') };
};

const mostOf = { config: 1, recipes: settingsLimits.recipes, triggers: settingsLimits.triggers };

interface Entry {
  readonly kind: keyof typeof mostOf;
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
  if (name === 'config.yaml')
    return [{ kind: 'config', path: name, object, bytes: size, most: settingsLimits.configBytes }];
  if (/^triggers\/[^/]+\.ya?ml$/.test(name))
    return [{ kind: 'triggers', path: name, object, bytes: size, most: settingsLimits.triggerBytes }];
  const recipe = /^recipes\/([^/]+\.md)$/.exec(name)?.[1];
  if (recipe === undefined || recipe.toLowerCase() === 'readme.md') return [];
  return [{ kind: 'recipes', path: name, object, bytes: size, most: settingsLimits.recipeBytes }];
};

/** The branch that others agree on, or why nobody can say which one that is. */
type DefaultBranch = { readonly branch: string } | { readonly unknown: string };

/**
 * The remote's default branch, as far as it is known here. Without a remote: the usual names, else the only branch that there is. What is
 * merely checked out is nobody's default: it may be a pull request that somebody has fetched to look at it.
 */
const defaultBranch = async (options: GitOptions): Promise<DefaultBranch | null> => {
  const listed = await git(['for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/remotes/origin'], options);
  const remotes = await git(['remote'], options);
  if (!listed.ok || !remotes.ok) return null;
  const names = line(listed.output).split('\n').filter(Boolean);
  const local = names.filter((name) => name.startsWith('refs/heads/'));
  if (line(remotes.output) === '') {
    const usual = ['refs/heads/main', 'refs/heads/master'].find((name) => names.includes(name));
    const branch = usual ?? (local.length === 1 ? local[0] : undefined);
    if (branch !== undefined) return { branch };
    return local.length === 0 ? null : { unknown: `Of its branches none is called main or master. ${remedies.local}` };
  }
  const usual = ['HEAD', 'main', 'master'].map((name) => `refs/remotes/origin/${name}`);
  const branch = usual.find((name) => names.includes(name));
  return branch === undefined ? { unknown: `This clone does not know its remote's. ${remedies.remote}` } : { branch };
};

const remedies = {
  local: 'Call the branch that its settings are read from main.',
  remote: 'To have its settings read: git remote set-head origin --auto',
} as const;
