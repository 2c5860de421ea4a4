import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';

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
