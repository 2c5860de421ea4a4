import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { randomId } from '../../../machine/random-id.ts';
import type { SupervisorRole } from '../role.ts';
import { Commits, databaseStore, type DatabaseParts } from '../database-store.ts';
import { migrate } from '../migrations.ts';
import { readFeedPage, readPosition } from '../reads.ts';
import type { Database } from '../schema.ts';
import { StoreError, type Store } from '../store.ts';
import { foldAgain } from '../writes.ts';
import { shownAddress } from './address.ts';
import { connect, sessionTo } from './connections.ts';
import { isDisconnection, storeErrorOf } from './errors.ts';
import { listen } from './listener.ts';
import { locks } from './locks.ts';
import { contendForRole } from './role.ts';
import { Writer } from './writer.ts';

export interface PostgresStoreOptions {
  /** postgres://user:password@host:port/database. The database is Longhaul's alone. */
  readonly url: string;
  /** Of this control plane, among those of the database. */
  readonly name: string;
  /** At once, for reads and writes; two more are kept beside them. */
  readonly connections: number;
  /** Ms since the epoch. */
  readonly now?: () => number;
  readonly log: Pick<Logger, 'warn'>;
  /** Ms for which the supervisor's role is had at a time; left out, 10 s. */
  readonly roleMs?: number;
}

/** What control planes on one database share. */
export interface Shared {
  readonly store: Store;
  readonly role: SupervisorRole;
  /** Made once for a database: whatever one of them signs, the others know. */
  readonly secret: Buffer;
}

/**
 * Transactions at once. One is given positions and the others wait for it with what they have read; more than this only
 * wait. The other connections are for those who read.
 */
const mostLanes = 3;

/**
 * Opens the store that a database holds, brings it to this program's schema, and contends for the supervisor's role
 * until disposed of. Throws StoreError: `unreachable`, `denied`, `newer` if a later version wrote it, `io`.
 */
export const openPostgresStore = async (options: PostgresStoreOptions): Promise<Shared & AsyncDisposable> => {
  const { url, name, connections, now = Date.now, log, roleMs } = options;
  const address = shownAddress(url);
  await using stack = new AsyncDisposableStack();
  const db = connect({ url, name }, connections);
  stack.defer(() => db.destroy());
  const secret = await prepared(db, { address, now: now() });
  const commits = new Commits();
  const origin = randomId();
  const open = () => sessionTo({ url, name });
  const trouble = (what: string) => (error: unknown) => log.warn({ err: storeErrorOf(error, address) }, what);
  const listener = stack.use(
    listen({
      open,
      origin,
      onCommit: (runs) => commits.tell(runs, 'another'),
      onTrouble: trouble('the database was not listened to for a while'),
    }),
  );
  // What others commit from here on is heard of.
  await listener.begun;
  const role = stack.use(
    contendForRole({
      open,
      name,
      onTrouble: trouble('the supervisor’s role cannot be had or was lost'),
      ...(roleMs === undefined ? {} : { leaseMs: roleMs }),
    }),
  );
  const lanes = Math.min(mostLanes, Math.floor(connections / 2));
  const writer = new Writer({ db, lanes, address, origin, onCommit: (runs) => commits.tell(runs, 'this') });
  stack.defer(() => writer.close());
  const read: DatabaseParts['read'] = (of) => readFrom({ db, address }, of);
  const store = databaseStore({
    kind: 'postgres',
    write: (write) => writer.write(write),
    read,
    feedPage: (filter, after, limits) => read((of) => readFeedPage(of, filter, { after, ...limits })),
    commits,
    now,
    held: stack.move(),
  });
  return { store, role, secret, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
};

/** The first that knows whether a transaction was committed (pg_xact_status of an xid8): https://www.postgresql.org/docs/13/release-13.html. */
const oldestServer = 130_000;

/** Brings the database to this program's schema; what another control plane does at the same time is waited for. */
const prepared = async (db: Database, { address, now }: { readonly address: string; readonly now: number }) => {
  try {
    return await db.transaction().execute(async (transaction) => {
      await checkServer(transaction);
      await sql.raw(`select pg_advisory_xact_lock(${locks.migrations})`).execute(transaction);
      // Folding many runs again may take its time.
      await sql
        .raw('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0')
        .execute(transaction);
      await migrate(transaction, { int64: 'bigint', at: new Date(now).toISOString() });
      await foldAgain(transaction);
      return secretOf(transaction);
    });
  } catch (error) {
    throw storeErrorOf(error, address);
  }
};

/** Asks a database that is not opened, with the least that is needed for it. Throws StoreError. */
const askServer = async <Answer>(
  { url, name }: { readonly url: string; readonly name: string },
  ask: (db: Database, version: string) => Promise<Answer>,
): Promise<Answer> => {
  const db = connect({ url, name }, 1);
  try {
    return await ask(db, await checkServer(db));
  } catch (error) {
    throw storeErrorOf(error, shownAddress(url));
  } finally {
    await db.destroy();
  }
};

/** What answers at a URL, looked at as `openPostgresStore` would. Changes nothing. Throws StoreError. */
export const probePostgres = (url: string): Promise<{ readonly address: string; readonly version: string }> =>
  askServer({ url, name: 'doctor' }, async (_, version) => ({ address: shownAddress(url), version }));

/** How far the log goes, and what the rows of a query of hashes and whose they are come to. Throws StoreError. */
export const inspectPostgres = (
  url: string,
  blobs: string,
): Promise<{ readonly position: number; readonly blobs: ReadonlyMap<string, string> }> =>
  askServer({ url, name: 'backup' }, async (db) => {
    const { rows } = await sql.raw<{ readonly hash: string; readonly whose: string }>(blobs).execute(db);
    return { position: await readPosition(db), blobs: new Map(rows.map(({ hash, whose }) => [hash, whose])) };
  });

/** Its version, in words. */
const checkServer = async (db: Database): Promise<string> => {
  const setting = (name: string) => sql<string>`current_setting(${sql.lit(name)})`;
  const server = await db
    .selectNoFrom([
      setting('server_version_num').as('number'),
      setting('server_version').as('version'),
      setting('server_encoding').as('encoding'),
    ])
    .executeTakeFirstOrThrow();
  if (Number(server.number) < oldestServer)
    throw new StoreError('io', 'The database’s server is older than Postgres 13.', {
      remedy: 'Use Postgres 13 or later; nothing was changed.',
    });
  if (server.encoding !== 'UTF8')
    throw new StoreError('io', `The database’s encoding is ${server.encoding}, which cannot hold every text.`, {
      remedy: 'Make one with: createdb --encoding=UTF8 --template=template0 …; nothing was changed.',
    });
  return server.version;
};

const secretOf = async (db: Database): Promise<Buffer> => {
  const made = { name: 'runs', value: randomBytes(32).toString('hex') };
  await db
    .insertInto('secrets')
    .values(made)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const { value } = await db.selectFrom('secrets').select('value').where('name', '=', 'runs').executeTakeFirstOrThrow();
  return Buffer.from(value, 'hex');
};

/** A read that met a connection which had just died is asked again; a server that is away is away. */
const readAttempts = 3;
const readPauseMs = 100;

const readFrom = async <Value>(
  { db, address }: { readonly db: Database; readonly address: string },
  read: (db: Database) => Promise<Value>,
): Promise<Value> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read(db);
    } catch (error) {
      if (!isDisconnection(error) || attempt === readAttempts) throw storeErrorOf(error, address);
      await pause(readPauseMs * attempt);
    }
  }
};
