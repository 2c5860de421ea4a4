import { statfsSync } from 'node:fs';
import { StoreError } from '../store.ts';

/** Primary result codes, from https://sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** Below this many free bytes a failed write is put down to the full disk: SQLite reports some of them as mere I/O errors. */
const nothingLeft = 128 * 1024;

/**
 * What went wrong with the database, as the store says it; whatever is no matter of the disk is given back as it is.
 * `folder` is where the database lies.
 */
export const storeErrorOf = (error: unknown, folder: string): unknown => {
  const code = primaryCode(error);
  if (code === null || !(error instanceof Error)) return error;
  const cause = { cause: error };
  switch (code) {
    case SQLITE_FULL:
    case 'ENOSPC':
    case 'EDQUOT':
      return full(folder, error);
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EIO':
    case 'ENOTDIR':
    case 'EEXIST':
      return freeBytes(folder) < nothingLeft
        ? full(folder, error)
        : new StoreError('io', `The database in ${folder} cannot be read or written: ${error.message}.`, {
            remedy: 'Check the disk and the rights of the folder, then try again.',
            ...cause,
          });
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new StoreError('corrupt', `The database in ${folder} is damaged: ${error.message}.`, {
        remedy: 'Restore it from a copy, or use another home (--home); nothing more is written to it.',
        ...cause,
      });
    case SQLITE_BUSY:
      return new StoreError('locked', `Another program holds the database in ${folder}.`, {
        remedy: 'Close what has it open (a database browser, a copy in progress), then try again.',
        ...cause,
      });
    default:
      return error;
  }
};

const full = (folder: string, cause: Error): StoreError =>
  new StoreError('full', `There is no room left for the database in ${folder}: nothing of this was written.`, {
    remedy: 'Make room on that disk; the runner goes on by itself.',
    cause,
  });

/** SQLite's, whose extended codes carry the primary one in their low byte; or the operating system's, by its name. */
const primaryCode = (error: unknown): number | string | null => {
  if (typeof error !== 'object' || error === null) return null;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  return 'syscall' in error && 'code' in error && typeof error.code === 'string' ? error.code : null;
};

const freeBytes = (folder: string): number => {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
};
