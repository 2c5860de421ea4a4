import { closeSync, constants, existsSync, lstatSync, openSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { pathBytes } from '../../machine/git/git.ts';
import type { KeptFile, RestEntry } from './rest-journal.ts';
import { setMode, TreeFiles, type Owner } from './tree-files.ts';
import { foldersOf, usualMode, type Listed } from './tree-listing.ts';

/** What is to be there besides what git has, what is there now, and what git has of it. */
interface Difference {
  readonly entries: ReadonlyMap<string, RestEntry>;
  readonly listed: readonly Listed[];
  readonly covered: ReadonlySet<string>;
}

interface Means {
  readonly user: Owner | null;
  readonly read: (file: KeptFile) => Iterable<Buffer>;
  /** Called between files: lets others have their turn. */
  readonly breathe: () => Promise<void>;
}

/** Removes what was not there, writes what is missing or different, and sets permissions last. Follows no link; nothing else may change the tree meanwhile. */
export const bringBack = async (
  tree: string,
  { entries, listed, covered }: Difference,
  means: Means,
): Promise<void> => {
  const { user, read, breathe } = means;
  // Within a folder that may not be written nothing can be removed or made.
  for (const entry of listed)
    if (entry.kind === 'folder' && (entry.mode & 0o700) !== 0o700) setMode(tree, entry.path, entry.mode | 0o700);
  const left = [...entries.values()].filter(({ k }) => k === 'left').map(({ path }) => path);
  const isLeft = (path: string): boolean => left.some((root) => path === root || path.startsWith(`${root}/`));
  const holding = foldersOf(covered);
  const there = new Map<string, Listed>();
  for (const entry of [...listed].reverse()) {
    const { path, kind } = entry;
    await breathe();
    if (path === '' || covered.has(path) || isLeft(path) || (kind === 'folder' && holding.has(path))) {
      there.set(path, entry);
      if (kind === 'file' && covered.has(path) && entry.mode !== usualMode(entry.mode) && !entries.has(path))
        setMode(tree, path, usualMode(entry.mode));
      continue;
    }
    if (isAsWanted(entry, entries.get(path))) there.set(path, entry);
    else if (kind !== 'folder') unlinkSync(placeOf(tree, path));
    else if (entries.get(path)?.k !== 'folder') removeEmpty(placeOf(tree, path));
  }
  const files = new TreeFiles(tree, user);
  for (const entry of entries.values()) {
    await breathe();
    if (there.has(entry.path)) continue;
    if (entry.k === 'file') files.put(entry.path, read(entry));
    else if (entry.k === 'link') files.link(entry.path, pathBytes(entry.target));
    else if (entry.k === 'folder') files.folder(entry.path);
  }
  await setModes(tree, entries, breathe);
};

const placeOf = (tree: string, path: string): Buffer => Buffer.concat([Buffer.from(`${tree}/`), pathBytes(path)]);

/** Whether it may stay: permissions are set later. */
const isAsWanted = (entry: Listed, wanted: RestEntry | undefined): boolean => {
  switch (entry.kind) {
    case 'file':
      return wanted?.k === 'file' && wanted.stamp === entry.stamp.id;
    case 'link':
      return wanted?.k === 'link' && wanted.target === entry.target;
    case 'folder':
      return wanted?.k === 'folder';
    case 'other':
      return false;
  }
};

/** A folder that still holds what was left or is too deep to reach stays. */
const removeEmpty = (place: Buffer): void => {
  try {
    rmdirSync(place);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
  }
};

/** Folders last and from the inside out: some let nobody in. */
const setModes = async (
  tree: string,
  entries: ReadonlyMap<string, RestEntry>,
  breathe: () => Promise<void>,
): Promise<void> => {
  const folders: Extract<RestEntry, { k: 'folder' }>[] = [];
  for (const entry of entries.values()) {
    if (entry.k === 'folder') folders.push(entry);
    else if (entry.k === 'file' || entry.k === 'mode') {
      await breathe();
      const found = lstatSync(placeOf(tree, entry.path), { throwIfNoEntry: false });
      if (found?.isFile() === true && (found.mode & 0o7777) !== entry.mode) setMode(tree, entry.path, entry.mode);
    }
  }
  for (const { path, mode } of folders.sort((a, b) => b.path.length - a.path.length)) {
    await breathe();
    const found = lstatSync(placeOf(tree, path), { throwIfNoEntry: false });
    if (found?.isDirectory() === true && (found.mode & 0o7777) !== mode) setMode(tree, path, mode);
  }
};

/**
 * Moves what was never kept from one tree to another, as it lies. In the one that it comes from somebody may still be at work: each folder on the
 * way is held open, and none is a link. What is not there, or cannot be moved, stays behind.
 */
export const moveOver = (
  path: string,
  { from, to, user }: { readonly from: string; readonly to: string; readonly user: Owner | null },
): void => {
  const names = path.split('/');
  const last = names.pop() ?? '';
  const held: number[] = [];
  try {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    for (const name of [null, ...names]) {
      const place = name === null ? Buffer.from(from) : placeOf(`/proc/self/fd/${held.at(-1)}`, name);
      held.push(openSync(place, flags));
    }
    new TreeFiles(to, user).folder(names.join('/'));
    if (!existsSync(placeOf(to, path))) renameSync(placeOf(`/proc/self/fd/${held.at(-1)}`, last), placeOf(to, path));
  } catch {
    // As the contract says.
  } finally {
    for (const folder of held) closeSync(folder);
  }
};
