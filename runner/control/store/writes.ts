import { createHash } from 'node:crypto';
import type { Command } from '../../../shared/run/command.ts';
import { obey, settle, type Obeyed } from '../../../shared/run/commands.ts';
import type { RunEvent, Task } from '../../../shared/run/events.ts';
import { fold, reduce } from '../../../shared/run/reduce.ts';
import { refuse } from '../../../shared/run/refusal.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { insertEvents } from './audit-writes.ts';
import { takeUploads, type Forgotten } from './blob-writes.ts';
import { envelop } from './envelopes.ts';
import { deletedStatus, deleteRun, deletionRefused } from './delete-run.ts';
import { project, projectAgain, projectNew, type HeldRun } from './projections.ts';
import type { Recorded } from './event-writes.ts';
import { performPlain, type PlainWrite } from './plain-writes.ts';
import { locksRows, prepare } from './queries.ts';
import { readState } from './reads.ts';
import { isRoleHeld } from './role.ts';
import { eventOf, stateOf, type EventRow, type StateRow } from './rows.ts';
import { stateVersion, type Database, type Tables } from './schema.ts';
import type { CommandOptions, Created, Deleted, Store, StoredBlob, Written } from './store.ts';

/** What comes with a write from outside, so that the same write done twice in a test gives the same rows. */
export interface Circumstances {
  /** Ms since the epoch. */
  readonly now: number;
  /** Fresh ids, in case an activation is queued or a person is asked. */
  readonly nextActivation: string;
  readonly nextDecision: string;
  /** From [0, 1). */
  readonly jitter: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const circumstancesAt = (
  at: string,
  { nextActivation, nextDecision, jitter }: Circumstances,
  leaseUntil: number | null,
) => ({
  at,
  leaseUntil: leaseUntil === null ? null : new Date(leaseUntil).toISOString(),
  activation: nextActivation,
  decision: nextDecision,
  jitter,
  sha256,
});

/** A write as data: it can cross to another thread. */
export type Write =
  | ({
      readonly kind: 'create';
      readonly run: string;
      readonly task: Task;
      readonly dedupeKey: string | null;
      readonly source?: StoredBlob;
      readonly images?: readonly StoredBlob[];
    } & Circumstances)
  | ({
      readonly kind: 'command';
      readonly run: string;
      readonly command: Command;
      readonly options: CommandOptions;
    } & Circumstances)
  | ({ readonly kind: 'heartbeat' } & Parameters<Store['heartbeat']>[0] & Circumstances)
  | ({ readonly kind: 'delete'; readonly run: string; readonly by: string } & Circumstances)
  | PlainWrite;

/** What a write of a kind is answered with. */
export type AnswerTo<Kind extends Write['kind']> = Kind extends 'create'
  ? Created
  : Kind extends 'forget blobs'
    ? Forgotten
    : Kind extends 'outside event'
      ? Recorded
      : Kind extends PlainWrite['kind']
        ? null
        : Kind extends 'delete'
          ? Deleted
          : Written;

/** Where a write is done: within a transaction, whose commit and rollback are the adapter's business. */
export interface Transaction {
  readonly db: Database;
  /**
   * Gives out the next `count` positions and returns the first. Whoever has been given one holds all others off until
   * the commit, so that no event ever appears behind one that was read.
   */
  positions(count: number): number | Promise<number>;
  /** What the adapter remembers of the run, if that is certain to be what its row says. */
  recall(run: string): HeldRun | undefined;
  /** Called with what the row now says. */
  remember(run: HeldRun): void;
  /** The run is gone: this event alone is left of it. */
  forget(last: Pick<RunEvent, 'run' | 'seq' | 'position' | 'at'>): void;
}

/** Does a write. What it answers is true once the transaction has been committed. */
export const perform = (
  transaction: Transaction,
  write: Write,
): Promise<Created | Written | Deleted | Forgotten | Recorded | null> => {
  switch (write.kind) {
    case 'create':
      return create(transaction, write);
    case 'command':
      return command(transaction, write);
    case 'heartbeat':
      return heartbeat(transaction, write);
    case 'delete':
      return deleteWhole(transaction, write);
    default:
      return performPlain(transaction.db, write);
  }
};

type Input<Kind extends Write['kind']> = Extract<Write, { readonly kind: Kind }>;

const findDedupe = prepare<{ readonly tenant: string; readonly key: string }, { run: string }>((db, { tenant, key }) =>
  db.selectFrom('dedupe').select('run').where('tenant', '=', tenant).where('key', '=', key),
);
const insertDedupe = prepare<Tables['dedupe'], unknown>((db, row) => db.insertInto('dedupe').values(row));
const nextNumber = prepare<object, { number: number }>((db) =>
  db.selectFrom('runs').select((e) => e(e.fn.coalesce(e.fn.max('number'), e.lit(0)), '+', 1).as('number')),
);

const create = async (transaction: Transaction, input: Input<'create'>): Promise<Created> => {
  const { db } = transaction;
  const { run, task, dedupeKey: key } = input;
  // Taken before anything is read: it makes creations wait for each other, so that numbers and keys are given once.
  const position = await transaction.positions(2);
  if (key !== null) {
    const [known] = await findDedupe(db, { tenant: task.tenant, key });
    // Read without its lock: whoever has that may be waiting for the positions that this one holds.
    const state =
      known === undefined ? null : (transaction.recall(known.run)?.state ?? (await readState(db, known.run)));
    if (state !== null) return { outcome: 'known', state, events: [] };
  }
  const number = (await nextNumber(db, {}))[0]?.number ?? 1;
  const at = new Date(input.now).toISOString();
  const first: RunEvent = {
    run,
    seq: 1,
    position,
    at,
    activation: null,
    body: { type: 'run.created', v: 5, number, task },
  };
  const created = reduce(undefined, first);
  if (created === undefined) throw new Error('A run that was created has no state.');
  const settled = settle(created, [], circumstancesAt(at, input, null));
  const events = [first, ...envelop(settled.events, { state: created, position: position + 1, at, by: null })];
  const last = position + events.length - 1;
  const held: HeldRun = { state: settled.state, position: last, leaseUntil: null, worker: null, batch: null };
  await projectNew(db, held);
  await insertEvents(db, created, events);
  if (key !== null) await insertDedupe(db, { tenant: task.tenant, key, run });
  await takeUploads(db, { ...input, tenant: task.tenant });
  transaction.remember(held);
  return { outcome: 'created', state: held.state, events };
};

const command = async (transaction: Transaction, input: Input<'command'>): Promise<Written> => {
  const { command, options } = input;
  // Before the run's row: whoever takes the role over waits for this, and for nothing else that it waits for.
  if (!(await isRoleHeld(transaction.db, options.role)))
    return refuse('fenced', 'Another control plane looks after all runs now.', 'Nothing is left to do.');
  const held = await load(transaction, input.run);
  if (held === undefined) return unknownRun(input.run);
  const { after = null } = options;
  const missed = async (): Promise<readonly RunEvent[]> =>
    after === null ? [] : eventsBetween(transaction.db, { run: input.run, after, through: held.state.seq });
  if (command.kind === 'append' && options.batch !== undefined && wasWritten(held, command.activation, options.batch))
    return { outcome: 'done', state: held.state, events: await missed(), repeated: true };
  if (command.kind === 'lease' && hasLease(held, command)) return leaseAgain(transaction, held, options);
  if ((command.kind === 'lose' || command.kind === 'return') && isOthers(held, options))
    return refuse('conflict', `Activation ${command.activation} has a worker elsewhere.`, 'Nothing is left to do.');
  if (options.overdue === true && (held.leaseUntil === null || held.leaseUntil > input.now))
    return refuse('conflict', `The lease of run ${input.run} has been renewed.`, 'Nothing is left to do.');
  const at = timeFor(held.state, input.now);
  const obeyed = obey(held.state, command, circumstancesAt(at, input, held.leaseUntil));
  if (obeyed.outcome === 'refused') return obeyed;
  const events = await append(transaction, { held, obeyed, at, command, options });
  return { outcome: 'done', state: obeyed.state, events: [...(await missed()), ...events], repeated: false };
};

const wasWritten = ({ batch }: HeldRun, activation: string, number: number): boolean =>
  batch !== null && batch.activation === activation && number <= batch.number;

type Lease = Extract<Command, { readonly kind: 'lease' }>;

/** Is this the worker that has the lease, asking for it once more because the answer was lost? Not if it ever appended. */
const hasLease = ({ state, batch, worker }: HeldRun, asked: Lease): boolean =>
  state.status === 'working' &&
  state.activation === asked.activation &&
  batch?.activation !== asked.activation &&
  worker === asked.worker;

const isOthers = ({ worker }: HeldRun, { workersOf = '' }: CommandOptions): boolean =>
  worker !== null && !worker.startsWith(workersOf);

const leaseAgain = async (transaction: Transaction, held: HeldRun, options: CommandOptions): Promise<Written> => {
  const { state } = held;
  const leaseUntil = options.leaseUntil ?? held.leaseUntil;
  await moveLease(transaction.db, { id: state.id, lease_until: leaseUntil });
  transaction.remember({ ...held, leaseUntil });
  const after = options.after ?? state.seq;
  const events = await eventsBetween(transaction.db, { run: state.id, after, through: state.seq });
  return { outcome: 'done', state, events, repeated: true };
};

/** A clock that is set back must not make a run's log go back in time. */
const timeFor = (state: RunState, now: number): string => {
  const at = new Date(now).toISOString();
  return at < state.updatedAt ? state.updatedAt : at;
};

interface Append {
  readonly held: HeldRun;
  readonly obeyed: Extract<Obeyed, { outcome: 'done' }>;
  readonly at: string;
  readonly command: Command;
  readonly options: CommandOptions;
}

const append = async (
  transaction: Transaction,
  { held, obeyed, at, command, options }: Append,
): Promise<readonly RunEvent[]> => {
  const { db } = transaction;
  const { state } = obeyed;
  const by = command.kind === 'append' ? { activation: command.activation, count: command.events.length } : null;
  const position = obeyed.events.length === 0 ? held.position + 1 : await transaction.positions(obeyed.events.length);
  const events = envelop(obeyed.events, { state: held.state, position, at, by });
  await insertEvents(db, held.state, events);
  const next: HeldRun = {
    state,
    position: position + events.length - 1,
    leaseUntil: state.status === 'working' ? (options.leaseUntil ?? held.leaseUntil) : null,
    worker: state.status !== 'working' ? null : command.kind === 'lease' ? command.worker : held.worker,
    batch:
      by === null || options.batch === undefined ? held.batch : { activation: by.activation, number: options.batch },
  };
  await project(db, held.state, next);
  transaction.remember(next);
  return events;
};

const moveLease = prepare<{ readonly id: string; readonly lease_until: number | null }, unknown>(
  (db, { id, ...columns }) => db.updateTable('runs').set(columns).where('id', '=', id),
);

const heartbeat = async (transaction: Transaction, input: Input<'heartbeat'>): Promise<Written> => {
  const { run, activation, fence, after, leaseUntil } = input;
  const held = await load(transaction, run);
  if (held === undefined) return unknownRun(run);
  // An append of nothing is refused exactly where an append of something would be.
  const obeyed = obey(
    held.state,
    { kind: 'append', activation, fence, events: [] },
    circumstancesAt(timeFor(held.state, input.now), input, held.leaseUntil),
  );
  if (obeyed.outcome === 'refused') return obeyed;
  await moveLease(transaction.db, { id: run, lease_until: leaseUntil });
  transaction.remember({ ...held, leaseUntil });
  const events = await eventsBetween(transaction.db, { run, after, through: held.state.seq });
  return { outcome: 'done', state: held.state, events, repeated: false };
};

const deleteWhole = async (transaction: Transaction, input: Input<'delete'>): Promise<Deleted> => {
  const { db } = transaction;
  const { run, by } = input;
  const held = await load(transaction, run);
  if (held === undefined) return unknownRun(run);
  const refused = deletionRefused(held.state);
  if (refused !== null) return refused;
  const position = await transaction.positions(1);
  const last = { run, seq: held.state.seq + 1, position, at: timeFor(held.state, input.now) };
  await deleteRun(db, { state: held.state, position, now: input.now });
  const event: RunEvent = { ...last, activation: null, body: { type: 'run.deleted', v: 1, by } };
  await insertEvents(db, held.state, [event]);
  transaction.forget(last);
  return { outcome: 'deleted' };
};

const unknownRun = (run: string) =>
  refuse('not_found', `There is no run ${run}.`, 'List the runs there are with: longhaul runs');

type HeldRow = StateRow & Pick<Tables['runs'], 'position' | 'lease_until' | 'worker' | 'batch_activation' | 'batch'>;

const selectHeld = prepare<{ readonly id: string }, HeldRow>((db, given) =>
  db
    .selectFrom('runs')
    .innerJoin('events', (join) => join.onRef('events.run', '=', 'runs.id').on('events.seq', '=', 1))
    .select(['runs.id', 'runs.position', 'runs.lease_until', 'runs.worker', 'runs.batch_activation', 'runs.batch'])
    .select(['runs.state_version', 'runs.state', 'events.body as created'])
    .where('runs.id', '=', given.id)
    .$if(locksRows(db), (query) => query.forNoKeyUpdate('runs')),
);

/** The run as it is and stays until the commit: nobody else obeys a command on the same state. */
const load = async (transaction: Transaction, run: string): Promise<HeldRun | undefined> => {
  const known = transaction.recall(run);
  if (known !== undefined) return known;
  const [row] = await selectHeld(transaction.db, { id: run });
  if (row === undefined) return undefined;
  return { state: stateOf(row), ...holdOf(row) };
};

const holdOf = (row: Omit<HeldRow, keyof StateRow>): Omit<HeldRun, 'state'> => ({
  position: row.position,
  leaseUntil: row.lease_until,
  worker: row.worker,
  batch: row.batch_activation === null ? null : { activation: row.batch_activation, number: row.batch },
});

interface Between {
  readonly run: string;
  readonly after: number;
  readonly through: number;
}
const selectBetween = prepare<Between, EventRow>((db, given) =>
  db
    .selectFrom('events')
    .select(['position', 'run', 'seq', 'at', 'activation', 'body'])
    .where('run', '=', given.run)
    .where('seq', '>', given.after)
    .where('seq', '<=', given.through)
    .orderBy('seq'),
);
const eventsBetween = async (db: Database, between: Between): Promise<readonly RunEvent[]> =>
  between.after >= between.through ? [] : (await selectBetween(db, between)).map(eventOf);

/** Is it worth remembering: will somebody write to it again soon? What is parked or over costs a row and nothing else. */
export const isLively = (held: HeldRun): boolean => held.state.status === 'working' || held.state.status === 'queued';

/** Folds the log again for every run whose row an older program wrote. Part of opening a store, inside a transaction. */
export const foldAgain = async (db: Database): Promise<void> => {
  const old = await db
    .selectFrom('runs')
    .select(['id', 'position', 'lease_until', 'worker', 'batch_activation', 'batch'])
    .where('state_version', '<', stateVersion)
    .where('status', '<>', deletedStatus)
    .execute();
  for (const row of old) {
    const log = await eventsBetween(db, { run: row.id, after: 0, through: Number.MAX_SAFE_INTEGER });
    const state = fold(log);
    if (state !== undefined) await projectAgain(db, { state, ...holdOf(row) });
  }
};
