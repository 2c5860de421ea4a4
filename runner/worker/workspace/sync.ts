import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Has what a file holds, or which names a folder has, on the disk. */
export const sync = (path: string): void => {
  const open = openSync(path, 'r');
  try {
    fsyncSync(open);
  } finally {
    closeSync(open);
  }
};
