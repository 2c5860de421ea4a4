import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { Trouble } from '../../../shared/trouble.ts';
import type { StoreConfig } from '../../machine/config/config.ts';
import { isSystemError, synced, type Home } from '../../machine/home/home.ts';
import { loadPostgres } from '../ground/ground.ts';
import { inspectSqlite } from '../store/sqlite/inspect.ts';
import { dumpFile, filesFolder, hashOf, type Entry } from './manifest.ts';

export interface CopiedDatabase {
  readonly position: number;
  readonly bytes: number;
  readonly entries: readonly Entry[];
  /** Hashes of the blobs that it names, and what each is of. */
  readonly blobs: ReadonlyMap<string, string>;
}

interface Copy {
  readonly home: Home;
  readonly store: StoreConfig;
  readonly to: string;
}

/** Throws Trouble. */
export const databaseOf = (copy: Copy): Promise<CopiedDatabase> =>
  copy.store.kind === 'sqlite' ? sqlite(copy) : postgres(copy, copy.store.url);

const blobsNamed = `select hash, 'of run ' || run as whose from blobs union all select hash, 'uploaded by ' || tenant from loose_blobs where uploaded = 1`;

/** One read transaction copies it: its writer goes on, and what it writes meanwhile is not in the copy. */
const sqlite = async ({ home, to }: Copy): Promise<CopiedDatabase> => {
  const path = 'database/longhaul.db';
  const [from, copy] = [join(home.folder, path), join(filesFolder(to), path)];
  if (!existsSync(from))
    throw new Trouble(`There is no database in ${home.database}.`, {
      remedy: 'Name another home with --home or LONGHAUL_HOME; with Postgres, set LONGHAUL_DATABASE_URL.',
    });
  await mkdir(join(filesFolder(to), 'database'), { mode: 0o700 });
  {
    using database = new DatabaseSync(from, { readOnly: true, timeout: 30_000 });
    database.prepare('vacuum into ?').run(copy);
  }
  await chmod(copy, 0o600);
  await synced(copy);
  const inspection = inspectSqlite(join(filesFolder(to), 'database'), { held: true });
  if (inspection.outcome === 'damaged')
    throw new Trouble(`The database is damaged: ${inspection.damage.map(({ message }) => message).join('; ')}.`, {
      remedy: 'Look with: longhaul doctor. A back-up of it would be no better.',
    });
  const { size } = await stat(copy);
  const { uid, gid } = await stat(from);
  using database = new DatabaseSync(copy, { readOnly: true });
  const blobs = new Map(
    database
      .prepare(blobsNamed)
      .all()
      .map(({ hash, whose }) => [String(hash), String(whose)]),
  );
  const position = Number(database.prepare('select max(position) as position from events').get()?.['position'] ?? 0);
  return {
    position,
    bytes: size,
    entries: [{ kind: 'file', path, mode: 0o600, uid, gid, bytes: size, sha256: await hashOf(copy) }],
    blobs,
  };
};

/** The dump is made by Postgres' own program. The position is read before: the dump has all that was there by then. */
const postgres = async ({ to }: Copy, url: string): Promise<CopiedDatabase> => {
  const { inspectPostgres } = await loadPostgres();
  const { position, blobs } = await inspectPostgres(url, blobsNamed);
  const { password, ...address } = partsOf(url);
  const env = { ...process.env, PGPASSWORD: password };
  try {
    // Not the URL as it is: others on this machine see the words of a program.
    await promisify(execFile)('pg_dump', ['--format=custom', '--file', dumpFile(to), '--dbname', address.url], { env });
  } catch (cause) {
    const none = isSystemError(cause) && cause.code === 'ENOENT';
    throw new Trouble(
      none
        ? 'The program pg_dump is not there.'
        : `pg_dump failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        remedy: none
          ? 'Install Postgres’ client programs (postgresql-client), of the server’s version or later.'
          : 'It must be of the server’s version or later; then try again.',
        cause,
      },
    );
  }
  await chmod(dumpFile(to), 0o600);
  await synced(dumpFile(to));
  const { size } = await stat(dumpFile(to));
  return { position, bytes: size, entries: [], blobs };
};

const partsOf = (text: string): { readonly url: string; readonly password: string } => {
  const url = new URL(text);
  const password = decodeURIComponent(url.password);
  url.password = '';
  return { url: url.href, password };
};
