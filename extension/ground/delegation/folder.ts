import { stat } from 'node:fs/promises';
import path from 'node:path';
import { nearestTests, packageOf, type NearestTests } from '../../../runner/local/packages.ts';
import type { Origin } from './origin.ts';

/** A folder that a delegation can be about (from the root of the repository; empty: the root), with the tests that lie near it. */
export interface Folder {
  readonly folder: string;
  readonly found: NearestTests | null;
}

/** The paths that it was called from. Where those are only files that the goal speaks of, it is about the whole repository. */
const placesOf = (origin: Origin): readonly string[] => {
  switch (origin.kind) {
    case 'nothing':
    case 'goal':
    case 'again':
      return [];
    case 'files':
    case 'changes':
      return origin.paths;
    case 'selection':
    case 'problem':
      return [origin.path];
    case 'test':
      return origin.path === null ? [] : [origin.path];
  }
};

/** The deepest folder that all of these are in. Paths have `/`; the root is `.` or empty. @internal */
export const commonFolder = (folders: readonly string[]): string => {
  const [first = [], ...others] = folders.map((folder) => folder.split('/').filter((name) => !/^\.?$/.test(name)));
  const end = first.findIndex((name, index) => others.some((other) => other[index] !== name));
  return first.slice(0, end === -1 ? first.length : end).join('/');
};

/**
 * The folders to choose among, the likeliest first: the package that it was called from, the folder itself, the root. `opened`: the one that the
 * window is open on, which counts where it was called from nowhere in particular.
 */
export const foldersFor = async (root: string, origin: Origin, opened = ''): Promise<readonly Folder[]> => {
  const places = placesOf(origin);
  const folders = await Promise.all(
    (places.length === 0 && opened !== '' ? [opened] : places).map(async (place) => {
      const isFolder = await stat(path.join(root, place)).then(
        (stats) => stats.isDirectory(),
        () => false,
      );
      return isFolder ? place : path.posix.dirname(place);
    }),
  );
  const clicked = commonFolder(folders);
  const isThere = await stat(path.join(root, clicked)).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  const near = isThere ? clicked : '';
  const all = [...new Set([await packageOf(root, near), near, ''])];
  return Promise.all(all.map(async (folder) => ({ folder, found: await nearestTests(root, folder) })));
};
