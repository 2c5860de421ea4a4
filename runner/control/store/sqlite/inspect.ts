import { accessSync, constants, existsSync, openSync, readSync, closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { deletedStatus } from '../delete-run.ts';
import { knownMigrations } from '../migrations.ts';
import { StoreError } from '../store.ts';
import { storeErrorOf } from './errors.ts';
import { checkLogEnd, readLosses, type Loss } from './log-end.ts';

/** What is wrong with a database. `denied`: it could not be looked at. */
interface Damage {
  readonly kind: 'denied' | 'not a database' | 'truncated' | 'malformed' | 'newer' | 'end missing' | 'log broken';
  readonly message: string;
  readonly remedy: string;
}

export type Inspection =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'sound'; readonly file: string; readonly events: number; readonly losses: readonly Loss[] }
  | { readonly outcome: 'damaged'; readonly damage: readonly Damage[] };

/** So much of what SQLite finds is said. */
const mostFindings = 5;
const restore =
  'Restore a back-up into another home (longhaul restore), and keep this one: what is left may be had with sqlite3’s .recover.';

/**
 * Looks at all of the database in a folder: its file, every page and index, its schema, and whether the log in it is whole.
 * Changes nothing, and a runner may be at work on it (`held`): then what is behind the mark of the log's end is not
 * missing, but not written yet.
 */
export const inspectSqlite = (folder: string, { held }: { readonly held: boolean }): Inspection => {
  const file = join(folder, 'longhaul.db');
  const damaged = (...damage: readonly Damage[]): Inspection => ({ outcome: 'damaged', damage });
  try {
    if (!existsSync(folder)) return { outcome: 'none' };
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!existsSync(file)) {
      if (!held) checkLogEnd(folder, nothing);
      return { outcome: 'none' };
    }
    accessSync(file, constants.R_OK | constants.W_OK);
    const shape = shapeOf(file);
    if (shape !== null) return damaged(shape);
    using database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    const findings = [...pagesOf(database), ...schemaOf(database)];
    if (findings.length > 0) return damaged(...findings);
    const broken = logOf(database);
    if (broken.length > 0) return damaged(...broken);
    const last = lastOf(database);
    if (!held) checkLogEnd(folder, last);
    return { outcome: 'sound', file, events: last.position, losses: readLosses(folder) };
  } catch (error) {
    return damaged(damageOf(error, folder));
  }
};

const damageOf = (error: unknown, folder: string): Damage => {
  if (isDenied(error))
    return {
      kind: 'denied',
      message: `${error.message}: this user may not read and write it`,
      remedy: `Run it as the user that owns ${folder}, or give the files back to that user (chown).`,
    };
  const known = storeErrorOf(error, folder);
  if (!(known instanceof StoreError)) throw error;
  const kind = error instanceof StoreError ? 'end missing' : 'malformed';
  return { kind, message: known.message, remedy: error instanceof StoreError ? known.remedy : restore };
};

const isDenied = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');

const nothing = { position: 0, run: '', seq: 0, at: '' };

/** What the file's head says of it, by https://sqlite.org/fileformat.html#the_database_header; null: it is as it says. */
const shapeOf = (file: string): Damage | null => {
  const head = Buffer.alloc(100);
  const descriptor = openSync(file, 'r');
  let read: number;
  try {
    read = readSync(descriptor, head);
  } finally {
    closeSync(descriptor);
  }
  // One that was made and never written to.
  if (read === 0) return null;
  if (read < head.length || head.toString('latin1', 0, 16) !== 'SQLite format 3\0')
    return { kind: 'not a database', message: `${file} is no SQLite database`, remedy: restore };
  const pageBytes = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16);
  const pages = head.readUInt32BE(28);
  // With a log beside it the file may lack what is still in there: then SQLite itself says what is missing.
  if (existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0) return null;
  const { size } = statSync(file);
  return size >= pages * pageBytes
    ? null
    : {
        kind: 'truncated',
        message: `${file} has ${size} bytes of the ${pages * pageBytes} that it should have`,
        remedy: restore,
      };
};

const pagesOf = (database: DatabaseSync): readonly Damage[] =>
  database
    .prepare(`pragma integrity_check(${mostFindings})`)
    .all()
    .map((row) => String(row['integrity_check']))
    .filter((found) => found !== 'ok')
    .map((message) => ({ kind: 'malformed', message: message.replaceAll('\n', ' '), remedy: restore }));

const schemaOf = (database: DatabaseSync): readonly Damage[] => {
  const names = (sql: string): readonly string[] =>
    database
      .prepare(sql)
      .all()
      .map((row) => String(row['name']));
  const tables = names(`select name from sqlite_schema where type = 'table'`);
  if (tables.length === 0) return [];
  if (!tables.includes('migrations'))
    return [{ kind: 'not a database', message: 'it is a database, and not one of Longhaul’s', remedy: restore }];
  const applied = names('select name from migrations');
  const later = applied.filter((name) => !knownMigrations.includes(name));
  if (later.length > 0)
    return [
      {
        kind: 'newer',
        message: `it was written by a newer Longhaul: it has ${later.join(', ')}`,
        remedy: 'Install that version or a later one, or use another home (--home).',
      },
    ];
  const missing = ['runs', 'events', 'decisions', 'blobs'].filter((name) => !tables.includes(name));
  return missing.map((name) => ({ kind: 'malformed', message: `the table ${name} is gone`, remedy: restore }));
};

/** Each run's events are numbered from 1 without a gap, and its row is of the last of them. */
const logOf = (database: DatabaseSync): readonly Damage[] => {
  if (database.prepare(`select 1 from sqlite_schema where name = 'events'`).get() === undefined) return [];
  const sql = `select runs.id as run, count(events.seq) as events, max(events.seq) as last, max(events.position) as position, runs.position as known
    from runs left join events on events.run = runs.id where runs.status <> '${deletedStatus}' group by runs.id
    having count(events.seq) <> coalesce(max(events.seq), -1) or coalesce(max(events.position), -1) <> runs.position limit ${mostFindings}`;
  return database
    .prepare(sql)
    .all()
    .map(({ run, events, last }) => ({
      kind: 'log broken',
      message: `the log of ${String(run)} is not whole: it has ${String(events)} events, of which the last is number ${String(last)}`,
      remedy: restore,
    }));
};

const lastOf = (database: DatabaseSync) => {
  if (database.prepare(`select 1 from sqlite_schema where name = 'events'`).get() === undefined) return nothing;
  const row = database.prepare('select position, run, seq, at from events order by position desc limit 1').get();
  if (row === undefined) return nothing;
  const { position, run, seq, at } = row;
  return { position: Number(position), run: String(run), seq: Number(seq), at: String(at) };
};
