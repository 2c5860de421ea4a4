import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../store.ts';
import { storeErrorOf } from './errors.ts';
import { makePrivateFile } from './files.ts';

/**
 * Takes the folder for this process. The lock is the operating system's, on a file of its own: it goes when the process
 * does, however it ends, and no process id that was given away again can be mistaken for it. Throws StoreError `locked`.
 */
export const lockFolder = (folder: string): Disposable => {
  const file = join(folder, 'lock.db');
  const holder = join(folder, 'lock.pid');
  makePrivateFile(file);
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file, { timeout: 0 });
    lock.exec('pragma journal_mode = memory');
    lock.exec('begin exclusive');
    writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    lock?.close();
    const known = storeErrorOf(error, folder);
    throw known instanceof StoreError && known.code === 'locked' ? inUse(folder, pidIn(holder), error) : known;
  }
  const held = lock;
  return {
    [Symbol.dispose]: () => {
      rmSync(holder, { force: true });
      held.close();
    },
  };
};

const inUse = (folder: string, pid: string | null, cause: unknown): StoreError =>
  new StoreError('locked', `Another Longhaul${pid === null ? '' : ` (process ${pid})`} is at work in ${folder}.`, {
    remedy: 'Use that one, or stop it first, or give this one another home (--home).',
    cause,
  });

const pidIn = (file: string): string | null => {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^\d+$/.test(text) ? text : null;
  } catch {
    return null;
  }
};
