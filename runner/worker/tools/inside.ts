import { lstat, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { Stats } from 'node:fs';
import { leavesWorkspace, normalPath, outsideText } from '../../../shared/policy/call.ts';
import { difference } from './lookalikes.ts';
import { codeOf, refused, type Refused } from './tool.ts';
import { sandboxRoot } from '../../sandbox/sandbox.ts';

/** A path of the model's, followed through every symbolic link, on the host. */
type Inside =
  | {
      readonly outcome: 'found';
      readonly path: string;
      /** As the model named it, in normal form: for messages. */
      readonly shown: string;
      readonly stats: Stats;
    }
  /** Nothing is there; the folders above that are missing can be made. */
  | { readonly outcome: 'missing'; readonly path: string; readonly shown: string }
  | Refused;

interface Following {
  readonly root: string;
  readonly path: string;
  /** False: if the path names a symbolic link, the link itself is meant. */
  readonly followLast?: boolean;
}

/** As the kernel has it (ELOOP). */
const mostLinks = 40;

/**
 * Finds what a path of the model's means, one component after the other, as the sandbox would: absolute links below
 * `/workspace` point into the tree, all others that leave it are refused. Nothing outside the tree is ever looked at.
 */
export const findInside = async ({ root, path: given, followLast = true }: Following): Promise<Inside> => {
  const shown = normalPath(given);
  const outside = refused(outsideText(given));
  if (leavesWorkspace(given)) return outside;
  const waiting = shown === '.' ? [] : shown.split('/');
  const followed: string[] = [];
  let links = 0;
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (followed.length === 0) return outside;
      followed.pop();
      continue;
    }
    const here = path.join(root, ...followed, name);
    const stats = await statsOf(here);
    if (typeof stats === 'string') return refused(`${shown}: ${stats}.`);
    if (stats === null) {
      const like = await namedAlike(path.join(root, ...followed), name);
      if (like !== null)
        return refused(
          `${shown} does not exist, but a name that looks like it does, in other characters (${difference(name, like)}): ${[...followed, like].join('/')}. Give the name exactly so, or use bash with a pattern for those characters.`,
        );
      if (waiting.includes('..')) return refused(`${shown} does not exist.`);
      return { outcome: 'missing', path: path.join(here, ...waiting), shown };
    }
    if (stats.isSymbolicLink() && (followLast || waiting.length > 0)) {
      links += 1;
      if (links > mostLinks) return refused(`${shown} is a symbolic link that leads to itself.`);
      const target = await readlink(here);
      if (target.startsWith('/')) {
        if (target !== sandboxRoot && !target.startsWith(`${sandboxRoot}/`))
          return refused(
            `${shown} leads out of the workspace by a symbolic link to ${target}; only paths inside of it can be used.`,
          );
        followed.length = 0;
        waiting.unshift(...target.slice(sandboxRoot.length).split('/'));
      } else waiting.unshift(...target.split('/'));
      continue;
    }
    if (waiting.some(isName) && !stats.isDirectory())
      return refused(`${shown}: ${[...followed, name].join('/')} is not a folder.`);
    followed.push(name);
  }
  const found = path.join(root, ...followed);
  return { outcome: 'found', path: found, shown, stats: await lstat(found) };
};

const isName = (name: string): boolean => name !== '' && name !== '.';

/**
 * The name of what is in a folder and looks the same as a name that is not: composed or not, with other blanks. Two files whose names nobody can tell apart
 * must not come about, and neither may a path lead to another one than policy has judged. Null: there is none.
 */
const namedAlike = async (folder: string, name: string): Promise<string | null> => {
  const wanted = sameName(name);
  const names = await readdir(folder).catch(() => []);
  return names.find((other) => sameName(other) === wanted) ?? null;
};

const sameName = (name: string): string => name.normalize('NFC').replace(/\s/g, ' ');

/** Null: nothing is there. A text: why it cannot be known. */
const statsOf = async (file: string): Promise<Stats | string | null> => {
  try {
    return await lstat(file);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    if (code === 'ENAMETOOLONG') return 'the name is too long';
    if (code === 'EACCES') return 'the permissions of a folder above it forbid to look inside';
    throw error;
  }
};

/** Whether a host path lies in repository data, which only git may write. Also `.GIT`: some file systems know no case. */
export const isRepositoryData = (root: string, file: string): boolean =>
  path
    .relative(root, file)
    .split('/')
    .some((name) => name.toLowerCase() === '.git');
