import { sql } from 'kysely';
import type { Database } from './schema.ts';
import { StoreError } from './store.ts';

/** What a database calls a 64-bit integer. SQLite's `integer` is one, and as a primary key it is the row's own number. */
export type Int64 = 'integer' | 'bigint';

interface Migration {
  readonly name: string;
  readonly up: (db: Database, int64: Int64) => Promise<void>;
}

const first = async (db: Database, int64: Int64): Promise<void> => {
  await db.schema
    .createTable('runs')
    .addColumn('number', int64, (column) => column.primaryKey())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('over', 'integer', (column) => column.notNull())
    .addColumn('priority', 'integer', (column) => column.notNull())
    .addColumn('activation', 'text')
    .addColumn('fence', 'integer', (column) => column.notNull())
    .addColumn('since', 'text')
    .addColumn('lease_until', int64)
    .addColumn('wake_at', int64)
    .addColumn('batch_activation', 'text')
    .addColumn('batch', int64, (column) => column.notNull())
    .addColumn('position', int64, (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('state_version', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('events')
    .addColumn('position', int64, (column) => column.primaryKey())
    .addColumn('run', 'text', (column) => column.notNull().references('runs.id'))
    .addColumn('seq', int64, (column) => column.notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('activation', 'text')
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('decisions')
    .addColumn('run', 'text', (column) => column.notNull().references('runs.id'))
    .addColumn('decision', 'text', (column) => column.notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('expires_at', int64, (column) => column.notNull())
    .addColumn('position', int64, (column) => column.notNull())
    .addColumn('request', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('decisions_key', ['run', 'decision'])
    .execute();
  await db.schema
    .createTable('dedupe')
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('run', 'text', (column) => column.notNull().references('runs.id'))
    .addPrimaryKeyConstraint('dedupe_key', ['tenant', 'key'])
    .execute();
  await db.schema
    .createTable('blobs')
    .addColumn('run', 'text', (column) => column.notNull().references('runs.id'))
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('bytes', int64, (column) => column.notNull())
    .addPrimaryKeyConstraint('blobs_key', ['run', 'hash'])
    .execute();
  await indexes(db);
};

/** A step of a working run touches none of those on `runs`: they hold only what changes with its status. */
const indexes = async (db: Database): Promise<void> => {
  await db.schema.createIndex('events_of_run').unique().on('events').columns(['run', 'seq']).execute();
  await db.schema.createIndex('events_of_tenant').on('events').columns(['tenant', 'position']).execute();
  await db.schema.createIndex('runs_by_status').on('runs').columns(['tenant', 'status', 'number']).execute();
  await db.schema.createIndex('runs_of_tenant').on('runs').columns(['tenant', 'number']).execute();
  await db.schema.createIndex('runs_open').on('runs').columns(['tenant', 'over', 'number']).execute();
  await db.schema
    .createIndex('runs_queue')
    .on('runs')
    .columns(['priority desc', 'since', 'number'])
    .where(sql.ref('status'), '=', 'queued')
    .execute();
  await db.schema
    .createIndex('runs_working')
    .on('runs')
    .column('number')
    .where(sql.ref('status'), '=', 'working')
    .execute();
  await db.schema
    .createIndex('runs_timers')
    .on('runs')
    .column('wake_at')
    .where(sql.ref('wake_at'), 'is not', null)
    .execute();
  await db.schema.createIndex('decisions_due').on('decisions').columns(['status', 'expires_at']).execute();
  await db.schema.createIndex('decisions_of_tenant').on('decisions').columns(['tenant', 'position']).execute();
};

const looseBlobs = async (db: Database, int64: Int64): Promise<void> => {
  await db.schema
    .alterTable('blobs')
    .addColumn('use', 'text', (column) => column.notNull().defaultTo('result'))
    .execute();
  await db.schema
    .createTable('loose_blobs')
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('bytes', int64, (column) => column.notNull())
    .addColumn('uploaded', 'integer', (column) => column.notNull())
    .addColumn('at', int64, (column) => column.notNull())
    .addPrimaryKeyConstraint('loose_blobs_key', ['tenant', 'hash'])
    .execute();
  await db.schema.createIndex('blobs_by_hash').on('blobs').column('hash').execute();
  await db.schema
    .createIndex('blobs_to_forget')
    .on('blobs')
    .column('run')
    .where(sql.ref('use'), '<>', 'result')
    .execute();
};

/** Which control plane's worker has a lease, and what control planes of one database share. */
const severalPlanes = async (db: Database, int64: Int64): Promise<void> => {
  await db.schema.alterTable('runs').addColumn('worker', 'text').execute();
  if (int64 === 'integer') return;
  await db.schema
    .createTable('secrets')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
};

/** The queue as each tenant has it. */
const fairQueue = async (db: Database): Promise<void> => {
  await db.schema
    .createIndex('runs_queue_of_tenant')
    .on('runs')
    .columns(['tenant', 'priority desc', 'since', 'number', 'repository', 'wake_at'])
    .where(sql.ref('status'), '=', 'queued')
    .execute();
};

/** Who looks after all runs, and until when. SQLite has one control plane and needs none. */
const supervisorRole = async (db: Database, int64: Int64): Promise<void> => {
  if (int64 === 'integer') return;
  await db.schema
    .createTable('roles')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('fence', int64, (column) => column.notNull())
    .addColumn('until', 'timestamptz', (column) => column.notNull())
    .addColumn('pid', 'integer', (column) => column.notNull())
    .addColumn('begun', 'timestamptz', (column) => column.notNull())
    .execute();
};

const trustedSettings = async (db: Database): Promise<void> => {
  await db.schema
    .createTable('trusted_settings')
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('by', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('trusted_settings_key', ['tenant', 'repository', 'hash'])
    .execute();
};

/** In the order in which they are applied. Never changed once released: what is to change is another migration. */
const migrations: readonly Migration[] = [
  { name: '001-runs-events-decisions', up: first },
  { name: '002-loose-blobs', up: looseBlobs },
  { name: '003-several-planes', up: severalPlanes },
  { name: '004-fair-queue', up: fairQueue },
  { name: '005-supervisor-role', up: supervisorRole },
  { name: '006-trusted-settings', up: trustedSettings },
];

export const knownMigrations: readonly string[] = migrations.map(({ name }) => name);

/**
 * Brings a database to this program's schema, in the transaction it is given. A database that has had a migration which
 * this program does not know throws StoreError `newer`, before anything is written.
 */
export const migrate = async (db: Database, options: { readonly int64: Int64; readonly at: string }): Promise<void> => {
  await db.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('at', 'text', (column) => column.notNull())
    .execute();
  const applied = new Set((await db.selectFrom('migrations').select('name').execute()).map((row) => row.name));
  const unknown = [...applied].filter((name) => !migrations.some((migration) => migration.name === name));
  if (unknown.length > 0)
    throw new StoreError('newer', `The database was written by a newer Longhaul: it has ${unknown.join(', ')}.`, {
      remedy: 'Install that version or a later one, or use another home (--home). Nothing was changed.',
    });
  for (const { name, up } of migrations) {
    if (applied.has(name)) continue;
    await up(db, options.int64);
    await db.insertInto('migrations').values({ name, at: options.at }).execute();
  }
};
