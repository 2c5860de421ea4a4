import { createHash } from 'node:crypto';
import { closeSync, existsSync, fdatasync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StoreError } from '../store.ts';
import { writeDurablySync } from './files.ts';

/** The last event that is in the log, or was; all zero and empty where there never was one. */
const LogEnd = z.strictObject({ position: z.int().min(0), run: z.string(), seq: z.int().min(0), at: z.string() });
export type LogEnd = z.infer<typeof LogEnd>;

/** A loss that a person has accepted: events after `after`, up to and with `end`, are gone. */
const Loss = z.strictObject({ acceptedAt: z.string(), after: z.int().min(0), end: LogEnd });
export type Loss = z.infer<typeof Loss>;

const endFile = (folder: string): string => join(folder, 'log.end');
const lossesFile = (folder: string): string => join(folder, 'losses.json');

/** Always so long, so that it is overwritten in one piece and in place: less than a sector of any disk. */
const bytes = 256;
/** At most so often the mark itself is brought to the disk, beside what the database brings there. */
const syncMs = 1_000;

const textOf = (end: LogEnd): string => {
  const json = JSON.stringify(end);
  const line = `longhaul-log-end 1 ${json}`.padEnd(bytes - 18);
  return `${line} ${sumOf(line)}\n`;
};

const sumOf = (line: string): string => createHash('sha256').update(line).digest('hex').slice(0, 16);

/** Null: there is none, as in a home of an earlier version. Throws StoreError `corrupt` where it cannot be read. */
const readLogEnd = (folder: string): LogEnd | null => {
  const file = endFile(folder);
  if (!existsSync(file)) return null;
  const text = readFileSync(file, 'latin1');
  const [line, sum] = [text.slice(0, bytes - 18), text.slice(bytes - 17, -1)];
  if (text.length === bytes && sumOf(line) === sum)
    return LogEnd.parse(JSON.parse(line.slice('longhaul-log-end 1 '.length).trimEnd()));
  throw new StoreError(
    'corrupt',
    `${file} says where the log in the database ends, and is damaged: it is not known whether all of it is there.`,
    { remedy: wayOn },
  );
};

const wayOn =
  'Restore a back-up into another home (longhaul restore), or go on with what is there: longhaul serve --accept-loss';

/** What a database that ends at `last` lacks of a log that ended at `end`; null: nothing. */
const missingFrom = (last: LogEnd, end: LogEnd | null): { readonly message: string } | null => {
  if (end === null || last.position >= end.position) return null;
  const count = end.position - last.position;
  const events = count === 1 ? 'event' : `${count} events`;
  return {
    message: `The database has lost its last ${events}: it ends at position ${last.position}, and what was written and answered for went on to ${end.position} (event ${end.seq} of run ${end.run}, at ${end.at})`,
  };
};

export const readLosses = (folder: string): readonly Loss[] => {
  const file = lossesFile(folder);
  return existsSync(file) ? z.array(Loss).parse(JSON.parse(readFileSync(file, 'utf8'))) : [];
};

/** Compares where the database ends with where its log did. Throws StoreError `corrupt` where some of it is gone. */
export const checkLogEnd = (folder: string, last: LogEnd): void => {
  const missing = missingFrom(last, readLogEnd(folder));
  if (missing === null || isAccepted(folder, last)) return;
  throw new StoreError('corrupt', `${missing.message}.`, { remedy: wayOn });
};

/** Has a person seen that loss, and nothing been written since? */
const isAccepted = (folder: string, last: LogEnd): boolean => {
  const [loss, end] = [readLosses(folder).at(-1), readLogEnd(folder)];
  return loss !== undefined && loss.after === last.position && loss.end.position === end?.position;
};

/**
 * Puts on record that what is missing is missing. What was lost keeps its positions: none of them is given to another
 * event, because there may be readers who have seen them.
 */
export const acceptLoss = (folder: string, last: LogEnd, now: number): void => {
  let end: LogEnd;
  try {
    end = readLogEnd(folder) ?? last;
  } catch {
    // Where it is damaged, nobody knows what is missing.
    return writeDurablySync(endFile(folder), textOf(last));
  }
  if (last.position >= end.position || isAccepted(folder, last)) return;
  const loss: Loss = { acceptedAt: new Date(now).toISOString(), after: last.position, end };
  writeDurablySync(lossesFile(folder), `${JSON.stringify([...readLosses(folder), loss], null, 2)}\n`);
};

/** The mark of where the log ends, outside the database. It is never ahead of what the database has on the disk. */
export interface LogEndMark extends Disposable {
  /** Of the log, or of what of it was lost: the next position comes after this. */
  readonly position: number;
  /** Called after the commit is on the disk. Does not wait for the disk itself. What fails here is made good by the next. */
  move(end: LogEnd): void;
}

/**
 * What is written here is in the hands of the operating system at once, and of the disk a second later: killing the runner
 * loses none of it. Of a power loss that takes the end of the database's own log, only so much may go unnoticed as was
 * written in the last second.
 */
export const openLogEnd = (folder: string, last: LogEnd): LogEndMark => {
  const before = readLogEnd(folder);
  if (before === null || last.position > before.position) writeDurablySync(endFile(folder), textOf(last));
  const descriptor = openSync(endFile(folder), 'r+');
  let dirty = false;
  let syncing: NodeJS.Timeout | null = null;
  const sync = (): void => {
    syncing = null;
    if (!dirty) return;
    dirty = false;
    syncing = setTimeout(sync, syncMs);
    syncing.unref();
    // Should it fail, the database's own writes say so.
    fdatasync(descriptor, () => {});
  };
  return {
    position: Math.max(last.position, before?.position ?? 0),
    move: (end) => {
      try {
        writeSync(descriptor, textOf(end), 0, 'latin1');
      } catch {
        return;
      }
      dirty = true;
      if (syncing === null) sync();
    },
    [Symbol.dispose]: () => {
      if (syncing !== null) clearTimeout(syncing);
      closeSync(descriptor);
    },
  };
};
