import { readdir } from 'node:fs/promises';
import path from 'node:path';

const folderIn = (root: string): string => path.join(root, '.longhaul', 'triggers');

/** Where a trigger's file lies in a working tree. */
export const triggerFile = (root: string, name: string): string => path.join(folderIn(root), `${name}.yaml`);

/** The names of the triggers in a working tree, committed or not. */
export const triggersIn = async (root: string): Promise<readonly string[]> => {
  const files = await readdir(folderIn(root)).catch(() => []);
  return files.flatMap((file) => /^(.+)\.yaml$/.exec(file)?.[1] ?? []);
};
