import { chmodSync, existsSync, lchownSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree, type Owner } from './tree-files.ts';

/**
 * Where one lease works: the tree, the index that knows its files, and what git does not cover of it. A lease that comes after a
 * lost one has a place of its own: whatever is left of the worker before, or of its commands, has no path and no handle that leads there.
 */
export interface Place {
  readonly tree: string;
  readonly index: string;
  readonly rest: string;
}

const placeName = /^work\.(\d+)$/;

export const placeAt = (folder: string): Place => ({
  tree: join(folder, 'tree'),
  index: join(folder, 'index'),
  rest: join(folder, 'rest'),
});

export const folderOf = (folder: string, lease: number): string => join(folder, `work.${lease}`);

/** The folder of the lease that made a place here last; null: there is none, or only halves of some. */
export const latestFolder = (folder: string): string | null => {
  if (!existsSync(folder)) return null;
  const leases = readdirSync(folder).flatMap((name) => placeName.exec(name)?.[1] ?? []);
  const last = Math.max(-1, ...leases.map(Number));
  return last < 0 ? null : folderOf(folder, last);
};

/** An earlier version had one tree for all leases. */
export const adoptEarlier = (folder: string): void => {
  const tree = join(folder, 'tree');
  const index = join(folder, 'checkpoints.git', 'index');
  if (latestFolder(folder) !== null || !existsSync(tree) || !existsSync(index)) return;
  const draft = join(folder, 'work.0.draft');
  makePlace(draft);
  renameSync(index, placeAt(draft).index);
  renameSync(tree, placeAt(draft).tree);
  renameSync(draft, folderOf(folder, 0));
};

/** Commands run as another account must get through to their tree, and see nothing beside it. */
export const makePlace = (folder: string): Place => {
  if (existsSync(folder)) removeTree(folder);
  mkdirSync(folder);
  chmodSync(folder, 0o711);
  const place = placeAt(folder);
  mkdirSync(place.rest, { mode: 0o700 });
  return place;
};

export const makeTree = (folder: string, user: Owner | null): void => {
  mkdirSync(folder, { mode: 0o700 });
  if (user !== null) lchownSync(folder, user.uid, user.gid);
};

/**
 * Removes the places of other leases and what was left half-made. What is left of a worker may still write there; whoever comes next
 * has another chance.
 */
export const removeOthers = (folder: string, kept: string): void => {
  for (const name of readdirSync(folder)) {
    const place = join(folder, name);
    if (!name.startsWith('work.') || place === kept) continue;
    try {
      removeTree(place);
    } catch {
      // As the contract says.
    }
  }
};
