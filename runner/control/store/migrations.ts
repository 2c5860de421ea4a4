import { sql } from 'kysely';
import type { Database } from './schema.ts';
import { StoreError } from './store.ts';

/** What a database calls a 64-bit integer. SQLite's `integer` is one, and as a primary key it is the row's own number. */
export type Int64 = 'integer' | 'bigint';

interface Migration {
  readonly name: string;
  /** One statement each. */
  readonly up: (int64: Int64) => readonly string[];
}

const first = (int64: Int64): readonly string[] => [
  `create table runs (
    number ${int64} primary key,
    id text not null unique,
    tenant text not null,
    repository text not null,
    status text not null,
    "over" integer not null,
    priority integer not null,
    activation text,
    fence integer not null,
    since text,
    lease_until ${int64},
    wake_at ${int64},
    batch_activation text,
    batch ${int64} not null,
    position ${int64} not null,
    created_at text not null,
    state_version integer not null,
    state text not null
  )`,
  `create table events (
    position ${int64} primary key,
    run text not null references runs (id),
    seq ${int64} not null,
    tenant text not null,
    at text not null,
    activation text,
    type text not null,
    body text not null
  )`,
  `create table decisions (
    run text not null references runs (id),
    decision text not null,
    tenant text not null,
    title text not null,
    status text not null,
    expires_at ${int64} not null,
    position ${int64} not null,
    request text not null,
    constraint decisions_key primary key (run, decision)
  )`,
  `create table dedupe (
    tenant text not null,
    key text not null,
    run text not null references runs (id),
    constraint dedupe_key primary key (tenant, key)
  )`,
  `create table blobs (
    run text not null references runs (id),
    hash text not null,
    bytes ${int64} not null,
    constraint blobs_key primary key (run, hash)
  )`,
  'create unique index events_of_run on events (run, seq)',
  'create index events_of_tenant on events (tenant, position)',
  // A step of a working run touches none of those on `runs`: they hold only what changes with its status.
  'create index runs_by_status on runs (tenant, status, number)',
  'create index runs_of_tenant on runs (tenant, number)',
  'create index runs_open on runs (tenant, "over", number)',
  `create index runs_queue on runs (priority desc, since, number) where status = 'queued'`,
  `create index runs_working on runs (number) where status = 'working'`,
  'create index runs_timers on runs (wake_at) where wake_at is not null',
  'create index decisions_due on decisions (status, expires_at)',
  'create index decisions_of_tenant on decisions (tenant, position)',
];

const looseBlobs = (int64: Int64): readonly string[] => [
  `alter table blobs add column use text default 'result' not null`,
  `create table loose_blobs (
    tenant text not null,
    hash text not null,
    bytes ${int64} not null,
    uploaded integer not null,
    at ${int64} not null,
    constraint loose_blobs_key primary key (tenant, hash)
  )`,
  'create index blobs_by_hash on blobs (hash)',
  `create index blobs_to_forget on blobs (run) where use <> 'result'`,
];

/** Which control plane's worker has a lease, and what control planes of one database share. */
const severalPlanes = (int64: Int64): readonly string[] => [
  'alter table runs add column worker text',
  ...(int64 === 'integer' ? [] : ['create table secrets (name text primary key, value text not null)']),
];

/** The queue as each tenant has it. */
const fairQueue = (): readonly string[] => [
  `create index runs_queue_of_tenant on runs (tenant, priority desc, since, number, repository, wake_at) where status = 'queued'`,
];

/** Who looks after all runs, and until when. SQLite has one control plane and needs none. */
const supervisorRole = (int64: Int64): readonly string[] =>
  int64 === 'integer'
    ? []
    : [
        `create table roles (
          name text primary key,
          holder text not null,
          fence bigint not null,
          until timestamptz not null,
          pid integer not null,
          begun timestamptz not null
        )`,
      ];

const trustedSettings = (): readonly string[] => [
  `create table trusted_settings (
    tenant text not null,
    repository text not null,
    hash text not null,
    "by" text not null,
    at text not null,
    constraint trusted_settings_key primary key (tenant, repository, hash)
  )`,
];

/** Runs that are over and that lists leave out. */
const archived = (): readonly string[] => ['alter table runs add column archived integer default 0 not null'];

/** When something is to be changed outside for a run. Few runs have any. */
const effects = (int64: Int64): readonly string[] => [
  `alter table runs add column effect_at ${int64}`,
  'create index runs_effects on runs (effect_at) where effect_at is not null',
];

/** Whether what becomes of a run's pull request is of interest. */
const followed = (): readonly string[] => [
  'alter table runs add column followed integer default 0 not null',
  'create index runs_followed on runs (number) where followed = 1',
];

/** What began runs by itself, and up to when. */
const triggers = (int64: Int64): readonly string[] => [
  `create table triggers (
    tenant text not null,
    repository text not null,
    name text not null,
    "by" text not null,
    enabled integer not null,
    handled_at ${int64} not null,
    run text,
    due_at ${int64},
    failures integer default 0 not null,
    problem text,
    constraint triggers_key primary key (tenant, repository, name)
  )`,
];

/** What happened outside, until its triggers have been looked at and some time longer; and what came of each trigger that was due. */
const outsideEvents = (int64: Int64): readonly string[] => [
  'alter table triggers add column by_owner integer default 1 not null',
  "alter table triggers add column publishes text default 'no' not null",
  `create table outside_events (
    id text primary key,
    digest text not null unique,
    event text not null,
    at ${int64} not null,
    done integer not null
  )`,
  'create index outside_events_new on outside_events (at) where done = 0',
  `create table firings (
    tenant text not null,
    repository text not null,
    name text not null,
    event text not null,
    at ${int64} not null,
    about text not null,
    url text,
    run text,
    said text,
    publish text not null,
    ci_repairs integer not null,
    tried_round integer default 0 not null,
    unpublished text,
    constraint firings_key primary key (tenant, repository, name, event)
  )`,
  'create index firings_by_event on firings (event)',
  "create index firings_to_publish on firings (at) where publish <> 'no'",
  'create index firings_by_time on firings (tenant, repository, name, at)',
];

/** What the recipe of a trigger was to result in when somebody enabled it. Nobody agreed to anything but changes of files by name. */
const agreedOutput = (): readonly string[] => ["alter table triggers add column output text default 'diff' not null"];

/** Since when a trigger begins runs: what they spend is counted from there on. Of one from before that nobody knows. */
const enabledAt = (int64: Int64): readonly string[] => [
  `alter table triggers add column enabled_at ${int64} not null default 0`,
];

/** What was done of consequence, in a chain for each tenant. */
const auditLog = (int64: Int64): readonly string[] => [
  `create table audit (
    tenant text not null,
    seq ${int64} not null,
    text text not null,
    hash text not null,
    constraint audit_key primary key (tenant, seq)
  )`,
  `create table audit_heads (
    tenant text not null primary key,
    seq ${int64} not null,
    hash text not null
  )`,
];

/** Repositories that somebody put on record, and what was found there last. `by` null: nobody did. */
const repositories = (int64: Int64): readonly string[] => [
  `create table repositories (
    tenant text not null,
    repository text not null,
    "by" text,
    at ${int64},
    look text,
    constraint repositories_key primary key (tenant, repository)
  )`,
  // Holds all that counting the runs of each repository asks for.
  'create index runs_of_repository on runs (tenant, repository, "over", created_at)',
];

/** Who wrote a trigger that somebody enabled: the repository's own were all there were. */
const triggerOrigin = (): readonly string[] => [
  "alter table triggers add column origin text default 'repository' not null",
];

/** In the order in which they are applied. Never changed once released: what is to change is another migration. */
const migrations: readonly Migration[] = [
  { name: '001-runs-events-decisions', up: first },
  { name: '002-loose-blobs', up: looseBlobs },
  { name: '003-several-planes', up: severalPlanes },
  { name: '004-fair-queue', up: fairQueue },
  { name: '005-supervisor-role', up: supervisorRole },
  { name: '006-trusted-settings', up: trustedSettings },
  { name: '007-archived', up: archived },
  { name: '008-effects', up: effects },
  { name: '009-followed', up: followed },
  { name: '010-triggers', up: triggers },
  { name: '011-outside-events', up: outsideEvents },
  { name: '012-agreed-output', up: agreedOutput },
  { name: '013-enabled-at', up: enabledAt },
  { name: '014-repositories', up: repositories },
  { name: '015-trigger-origin', up: triggerOrigin },
  { name: '016-audit', up: auditLog },
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
    for (const statement of up(options.int64)) await sql.raw(statement).execute(db);
    await db.insertInto('migrations').values({ name, at: options.at }).execute();
  }
};
