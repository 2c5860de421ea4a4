import { statfsSync } from 'node:fs';
import { StoreError } from '../store.ts';

type Kind = 'full' | 'io' | 'corrupt' | 'locked';

/** Primary result codes of SQLite, from https://sqlite.org/rescode.html. */
const ofSqlite = { 5: 'locked', 8: 'io', 10: 'io', 11: 'corrupt', 13: 'full', 14: 'io', 26: 'corrupt' } as const;
const ofSystem = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'io',
  EPERM: 'io',
  EROFS: 'io',
  EIO: 'io',
  ENOTDIR: 'io',
  EEXIST: 'io',
} as const;
const kinds: Readonly<Record<string, Kind>> = { ...ofSqlite, ...ofSystem };

const said = (folder: string, message: string): Readonly<Record<Kind, readonly [message: string, remedy: string]>> => ({
  full: [
    `There is no room left for the database in ${folder}: nothing of this was written.`,
    'Make room on that disk; the runner goes on by itself.',
  ],
  io: [
    `The database in ${folder} cannot be read or written: ${message}.`,
    'Check the disk and the rights of the folder, then try again.',
  ],
  corrupt: [
    `The database in ${folder} is damaged: ${message}.`,
    'Restore it from a copy, or use another home (--home); nothing more is written to it.',
  ],
  locked: [
    `Another program holds the database in ${folder}.`,
    'Close what has it open (a database browser, a copy in progress), then try again.',
  ],
});

/** Below this many free bytes a failed write is put down to the full disk: SQLite reports some of them as mere I/O errors. */
const nothingLeft = 128 * 1024;

/**
 * What went wrong with the database, as the store says it; whatever is no matter of the disk is given back as it is.
 * `folder` is where the database lies.
 */
export const storeErrorOf = (error: unknown, folder: string): unknown => {
  const kind = kinds[primaryCode(error) ?? ''];
  if (kind === undefined || !(error instanceof Error)) return error;
  const code = kind === 'io' && freeBytes(folder) < nothingLeft ? 'full' : kind;
  const [message, remedy] = said(folder, error.message)[code];
  return new StoreError(code, message, { remedy, cause: error });
};

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
