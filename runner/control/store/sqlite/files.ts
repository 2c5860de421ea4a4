import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A folder that its owner alone may enter. */
export const makePrivateFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
};

/**
 * An empty file that its owner alone may read; SQLite gives its log the same rights. One that exists is not even
 * opened: closing it would drop every lock that this process has on it.
 */
export const makePrivateFile = (file: string): void => {
  if (existsSync(file)) return;
  closeSync(openSync(file, 'a', 0o600));
};

/** Replaces a small file in one step, readable by its owner alone; after it returned, a power loss leaves it whole. */
export const writeDurablySync = (file: string, text: string): void => {
  const draft = `${file}.draft`;
  writeFileSync(draft, text, { mode: 0o600, flush: true });
  renameSync(draft, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};
