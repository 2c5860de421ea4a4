import { sql, type RawBuilder } from 'kysely';
import type { ListInput } from '../../../shared/api/runner-api.ts';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunState, Status } from '../../../shared/run/state.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { deletedStatus } from './delete-run.ts';
import { prepare } from './queries.ts';
import { eventOf, eventText, stateOf, type EventRow, type StateRow } from './rows.ts';
import type { Database } from './schema.ts';
import type { Due, FeedFilter, FeedLimits, FeedPage, Scheduled, Store } from './store.ts';

const states = (db: Database) =>
  db
    .selectFrom('runs')
    .innerJoin('events as first', (join) => join.onRef('first.run', '=', 'runs.id').on('first.seq', '=', 1))
    .select(['runs.id', 'runs.state_version', 'runs.state', 'first.body as created']);

const selectState = prepare<{ readonly id: string }, StateRow>((db, given) =>
  states(db).where('runs.id', '=', given.id),
);

export const readWasDeleted = async (db: Database, run: string): Promise<boolean> =>
  (await db.selectFrom('runs').select('id').where('id', '=', run).where('status', '=', deletedStatus).execute())
    .length > 0;

export const readState = async (db: Database, run: string): Promise<RunState | null> => {
  const [row] = await selectState(db, { id: run });
  return row === undefined ? null : stateOf(row);
};

/** A page of runs, newest first. `position` is from before the page was read, so the feed after it misses nothing. */
export const readList = async (
  db: Database,
  tenant: string | null,
  { status, repository, archived, limit, before }: ListInput,
): ReturnType<Store['list']> => {
  const position = await readPosition(db);
  let query = states(db);
  if (tenant !== null) query = query.where('runs.tenant', '=', tenant);
  if (status === 'open') query = query.where('runs.over', '=', 0);
  else if (status !== null) query = query.where('runs.status', '=', status);
  if (!archived) query = query.where('runs.archived', '=', 0);
  if (repository !== null) query = query.where('runs.repository', '=', repository);
  if (before !== null) query = query.where('runs.number', '<', before);
  const rows = await query
    .orderBy('runs.number', 'desc')
    .limit(limit + 1)
    .execute();
  const runs = rows.slice(0, limit).map(stateOf);
  return { runs, position, next: rows.length > limit ? (runs.at(-1)?.number ?? null) : null };
};

export const readCounts = async (db: Database, tenant: string | null): ReturnType<Store['counts']> => {
  const query = db
    .selectFrom('runs')
    .select((e) => ['status', e.fn.countAll().as('count')])
    .where('status', '<>', deletedStatus);
  const rows = await (tenant === null ? query : query.where('tenant', '=', tenant)).groupBy('status').execute();
  return { ...noRuns, ...Object.fromEntries(rows.map((row) => [row.status, Number(row.count)])) };
};

const noRuns: Readonly<Record<Exclude<Status, 'ready'>, number>> = {
  queued: 0,
  working: 0,
  waiting: 0,
  reviewing: 0,
  accepted: 0,
  rejected: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
};

/** Oldest question first. */
export const readOpenDecisions = async (db: Database, tenant: string | null): Promise<readonly DecisionSummary[]> => {
  const query = db
    .selectFrom('decisions')
    .innerJoin('runs', 'runs.id', 'decisions.run')
    .select([
      'decisions.run',
      'runs.number',
      'decisions.title',
      'decisions.tenant',
      'decisions.status',
      'decisions.request',
    ]);
  const wanted = tenant === null ? query : query.where('decisions.tenant', '=', tenant);
  const rows = await wanted.orderBy('decisions.position').execute();
  return rows.map(({ request, ...row }) => ({
    ...row,
    // safe: the store wrote it, from a checked event
    request: JSON.parse(request) as DecisionRequest,
  }));
};

const eventColumns = ['position', 'run', 'seq', 'at', 'activation', 'body'] as const;

const selectEvents = prepare<{ readonly run: string; readonly after: number; readonly limit: number }, EventRow>(
  (db, given) =>
    db
      .selectFrom('events')
      .select(eventColumns)
      .where('run', '=', given.run)
      .where('seq', '>', given.after)
      .orderBy('seq')
      .limit(given.limit),
);

export const readEvents = async (
  db: Database,
  run: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly RunEvent[]> => (await selectEvents(db, { run, after, limit })).map(eventOf);

/** How many of these come to no more than so many bytes; the first one always. */
const fitting = (sizes: readonly number[], bytes: number): number => {
  let sum = 0;
  const end = sizes.findIndex((size, index) => (sum += size) > bytes && index > 0);
  return end === -1 ? sizes.length : end;
};

/**
 * Of a run of a tenant the run alone is asked for: databases would rather go through all that the tenant has. The sizes are
 * looked at first: what does not fit into the page is not read.
 */
export const readFeedPage = async (
  db: Database,
  filter: FeedFilter,
  { after, rows, bytes }: FeedLimits & { readonly after: number },
): Promise<FeedPage> => {
  const { tenant, run } = filter;
  if (run !== null && tenant !== null && !(await belongsTo(db, run, tenant))) return { events: [], more: false };
  const those = () => {
    const query = db.selectFrom('events').where('position', '>', after);
    // In the order of its seq its positions grow too, and that is the order of its index.
    if (run !== null) return query.where('run', '=', run).orderBy('seq');
    return (tenant === null ? query : query.where('tenant', '=', tenant)).orderBy('position');
  };
  const sizes = await those()
    .select((e) => ['position', e.fn<number>('octet_length', ['body']).as('bytes')])
    .limit(rows)
    .execute();
  const fits = fitting(
    sizes.map((row) => row.bytes),
    bytes,
  );
  const last = sizes[fits - 1]?.position;
  if (last === undefined) return { events: [], more: false };
  const found = await those().select(eventColumns).where('position', '<=', last).limit(fits).execute();
  return {
    events: found.map((row) => ({ position: row.position, json: eventText(row) })),
    more: fits < sizes.length || sizes.length === rows,
  };
};

const belongsTo = async (db: Database, run: string, tenant: string): Promise<boolean> =>
  (await db.selectFrom('runs').select('id').where('id', '=', run).where('tenant', '=', tenant).execute()).length > 0;

const selectPosition = prepare<object, { position: number | null }>((db) =>
  db.selectFrom('events').select((e) => e.fn.max('position').as('position')),
);
export const readPosition = async (db: Database): Promise<number> => (await selectPosition(db, {}))[0]?.position ?? 0;

const selectEnd = prepare<object, { position: number; run: string; seq: number; at: string }>((db) =>
  db.selectFrom('events').select(['position', 'run', 'seq', 'at']).orderBy('position', 'desc').limit(1),
);
/** The last event that there is; of none, all zero and empty. */
export const readLogEnd = async (db: Database) => {
  const [last = { position: 0, run: '', seq: 0, at: '' }] = await selectEnd(db, {});
  return { ...last };
};

/** What a partial index holds has to be written out in the query: of a parameter a database need not know that it fits. */
const scheduled = (db: Database) =>
  db
    .selectFrom('runs')
    .select((e) => [
      'id as run',
      'number',
      e.fn.coalesce('activation', e.val('')).as('activation'),
      'tenant',
      'repository',
      'priority',
      e.fn.coalesce('since', 'created_at').as('since'),
      'lease_until as leaseUntil',
      'worker',
    ]);

/** Rows of node:sqlite have no prototype: they are given on as plain objects. */
const plain = <Row extends object>(row: Row): Row => ({ ...row });

const heads = (partition: RawBuilder<unknown>) =>
  prepare<{ readonly now: number; readonly places: number }, Scheduled>((db, given) => {
    const ranked = db
      .selectFrom('runs')
      .select('number')
      .select(
        sql<number>`row_number() over (partition by ${partition} order by priority desc, since, number)`.as('place'),
      )
      .where('status', '=', sql.lit('queued'))
      .where((e) => e.or([e('wake_at', 'is', null), e('wake_at', '<=', given.now)]))
      .as('ranked');
    return scheduled(db)
      .where('number', 'in', db.selectFrom(ranked).select('ranked.number').where('ranked.place', '<=', given.places))
      .orderBy('priority', 'desc')
      .orderBy('runs.since')
      .orderBy('runs.number');
  });
const selectHeads = heads(sql`tenant`);
const selectHeadsByRepository = heads(sql`tenant, repository`);

/** In the order in which a tenant's own are taken, which the index of the same name has: none of the queue is sorted. */
export const readHeads = async (
  db: Database,
  { now, places, byRepository }: Parameters<Store['heads']>[0],
): Promise<readonly Scheduled[]> => {
  const select = byRepository ? selectHeadsByRepository : selectHeads;
  return (await select(db, { now, places })).map(plain);
};

export const readQueuedAmong = async (db: Database, runs: readonly string[]): Promise<readonly Scheduled[]> => {
  if (runs.length === 0) return [];
  const rows = await scheduled(db).where('status', '=', sql.lit('queued')).where('id', 'in', runs).execute();
  return rows.map(plain);
};

const selectLeased = prepare<object, Scheduled>((db) =>
  scheduled(db).where('status', '=', sql.lit('working')).orderBy('number'),
);
export const readLeased = async (db: Database): Promise<readonly Scheduled[]> =>
  (await selectLeased(db, {})).map(plain);

const iso = (ms: number): string => new Date(ms).toISOString();

interface At {
  readonly now: number;
}
const selectTimers = prepare<At, { readonly run: string; readonly at: number }>((db, given) =>
  db
    .selectFrom('runs')
    .select((e) => ['id as run', e.ref('wake_at').$notNull().as('at')])
    .where('wake_at', '<=', given.now)
    // What is queued has one as well: the dispatcher's.
    .where('status', '=', sql.lit('waiting'))
    .orderBy('wake_at'),
);
const selectExpiries = prepare<At, { readonly run: string; readonly decision: string; readonly at: number }>(
  (db, given) =>
    db
      .selectFrom('decisions')
      .select(['run', 'decision', 'expires_at as at'])
      .where('status', '=', 'pending')
      .where('expires_at', '<=', given.now)
      .orderBy('expires_at'),
);
const selectNext = prepare<At, { readonly timer: number | null; readonly expiry: number | null }>((db, given) =>
  db.selectNoFrom((e) => [
    e
      .selectFrom('runs')
      .select((run) => run.fn.min('wake_at').as('at'))
      .where('wake_at', '>', given.now)
      .as('timer'),
    e
      .selectFrom('decisions')
      .select((decision) => decision.fn.min('expires_at').as('at'))
      .where('status', '=', 'pending')
      .where('expires_at', '>', given.now)
      .as('expiry'),
  ]),
);

/** `now` in ms since the epoch. What is due at this very millisecond is due. */
export const readDue = async (db: Database, now: number): Promise<Due> => {
  const leased = await readLeased(db);
  const timers = await selectTimers(db, { now });
  const expiries = await selectExpiries(db, { now });
  const [next] = await selectNext(db, { now });
  const later = [
    next?.timer ?? null,
    next?.expiry ?? null,
    ...leased.map((lease) => lease.leaseUntil).filter((until) => until !== null && until > now),
  ].filter((at) => at !== null);
  return {
    leases: leased.filter(({ leaseUntil }) => leaseUntil !== null && leaseUntil <= now),
    timers: timers.map(({ run, at }) => ({ run, at: iso(at) })),
    expiries: expiries.map(({ run, decision, at }) => ({ run, decision, at: iso(at) })),
    nextAt: later.length === 0 ? null : Math.min(...later),
  };
};

const selectEffects = prepare<object, { readonly run: string; readonly at: number }>((db) =>
  db
    .selectFrom('runs')
    .select((e) => ['id as run', e.ref('effect_at').$notNull().as('at')])
    .where('effect_at', 'is not', null)
    .orderBy('effect_at')
    .orderBy('number'),
);

const selectFollowed = prepare<object, { readonly run: string }>((db) =>
  db.selectFrom('runs').select('id as run').where('followed', '=', 1).orderBy('number'),
);

export const readFollowed = async (db: Database): ReturnType<Store['followed']> =>
  (await selectFollowed(db, {})).map(({ run }) => run);

export const readEffects = async (db: Database): ReturnType<Store['effects']> => selectEffects(db, {});

export const readBlobLink = async (db: Database, run: string, hash: string): Promise<boolean> =>
  (await db.selectFrom('blobs').select('hash').where('run', '=', run).where('hash', '=', hash).execute()).length > 0;

export const readBlobsOf: (db: Database, run: string) => ReturnType<Store['blobsOf']> = async (db, run) => {
  const rows = await db.selectFrom('blobs').select('bytes').where('run', '=', run).execute();
  return { count: rows.length, bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0) };
};

export const readUpload = async (db: Database, tenant: string, hash: string): Promise<number | null> => {
  const [row] = await db
    .selectFrom('loose_blobs')
    .select('bytes')
    .where('tenant', '=', tenant)
    .where('hash', '=', hash)
    .where('uploaded', '=', 1)
    .execute();
  if (row !== undefined) return row.bytes;
  // The same content, uploaded twice at once, is one blob: whoever delegates second finds it with the run of the first.
  const [taken] = await db
    .selectFrom('blobs')
    .innerJoin('runs', 'runs.id', 'blobs.run')
    .select('blobs.bytes')
    .where('blobs.hash', '=', hash)
    .where('blobs.use', 'in', ['source', 'image'])
    .where('runs.tenant', '=', tenant)
    .limit(1)
    .execute();
  return taken?.bytes ?? null;
};

export const readUploadedBytes = async (db: Database, tenant: string): Promise<number> => {
  const [row] = await db
    .selectFrom('loose_blobs')
    .select((e) => e.fn.sum<number | string | null>('bytes').as('bytes'))
    .where('tenant', '=', tenant)
    .where('uploaded', '=', 1)
    .execute();
  // A sum is null where there is nothing, and text where it could be more than 64 bits.
  return Number(row?.bytes ?? 0);
};
