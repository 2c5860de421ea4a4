import { chown, mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Ports, Sandboxes } from '../run/ports/ports.ts';

/** Beside the tree, in a folder that is the worker's: nobody else can change what it is. */
export const homeOf = (tree: string): string => path.join(path.dirname(tree), 'home');

/** The home of a tree, made where there is none. */
export const homeBeside = async (tree: string, owner: Ports['owner']): Promise<string> => {
  const home = homeOf(tree);
  const made = await mkdir(home, { recursive: true, mode: 0o700 });
  if (made !== undefined && owner !== null) await chown(home, owner.uid, owner.gid);
  return home;
};

/** What `Sandboxes` says of homes, for trees on this machine. */
export const homes: Pick<Sandboxes, 'homeIsEmpty' | 'moveHome'> = {
  homeIsEmpty: async (tree) => (await readdir(homeOf(tree)).catch(() => [])).length === 0,
  moveHome: (from, to) => rename(homeOf(from), homeOf(to)),
};
