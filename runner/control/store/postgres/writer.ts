import { setTimeout as pause } from 'node:timers/promises';
import { CompiledQuery, sql, type ControlledTransaction } from 'kysely';
import { turns } from '../../../machine/turns.ts';
import type { HeldRun } from '../projections.ts';
import type { Database, Tables } from '../schema.ts';
import { StoreError } from '../store.ts';
import { perform, type AnswerTo, type Transaction, type Write } from '../writes.ts';
import { isConflict, isDisconnection, storeErrorOf } from './errors.ts';
import { noticeOf } from './listener.ts';
import { locks } from './locks.ts';

type Answer = AnswerTo<Write['kind']>;

type Attempt =
  | { readonly outcome: 'committed'; readonly answer: Answer; readonly appended: boolean }
  /** Nothing of it is in the database, for certain, and another attempt may do better. */
  | { readonly outcome: 'undone'; readonly error: unknown };

export interface WriterOptions {
  readonly db: Database;
  /** Transactions at once. */
  readonly lanes: number;
  /** The database in messages. */
  readonly address: string;
  /** Names this store in what it tells other control planes, so that it does not listen to itself. */
  readonly origin: string;
  /** Called after each commit that appended events, before its write is answered. */
  readonly onCommit: (runs: readonly string[]) => void;
}

/** A restart of the server takes about a second; what waits longer is told that it is away, and asks again itself. */
const attempts = 6;
const firstPauseMs = 50;
/** Beyond the server's own limit of a session that is idle in a transaction: by then the fate of any commit is known. */
const fateMs = 15_000;

/**
 * Writes, each in a transaction of its own: those of one run in the order in which they are asked for.
 *
 * What a broken connection means. Before the commit was sent: the server undoes the transaction, and it is done again
 * here. After that, the server is asked what became of the transaction, by its id: committed, and the answer that was
 * worked out is true; or undone, and it is done again. So nothing is done twice, and nothing that was done is said to
 * have failed. Where the server does not come back to be asked, StoreError `unreachable` says that it is not known.
 * Whoever is told so may ask again: a batch, a lease, a decision, a dedupe key and a blob are recognised; a message or a
 * delegation without a key would be there twice, and is left to the person who sent it.
 * What appends no event has no positions and so no id: it is done again, and of blobs that were forgotten some then stay
 * where they lie.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #inTurn = turns(1);
  /** What waits here holds no connection. */
  readonly #lane: ReturnType<typeof turns>;
  readonly #underWay = new Set<Promise<Answer>>();
  #closed = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#lane = turns(options.lanes);
  }

  /** Answers when it is on the server's disk. Throws StoreError. */
  async write<Kind extends Write['kind']>(write: Extract<Write, { readonly kind: Kind }>): Promise<AnswerTo<Kind>> {
    if (this.#closed) throw new Error('The store has been closed.');
    const done = this.#inTurn(subjectOf(write), () => this.#lane('', () => this.#insist(write)));
    this.#underWay.add(done);
    try {
      // safe: `perform` answers a write with what its kind is answered with
      return (await done) as AnswerTo<Kind>;
    } finally {
      this.#underWay.delete(done);
    }
  }

  /** Returns when all that was asked for is written. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }

  async #insist(write: Write): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const done = await this.#attempt(write);
      if (done.outcome === 'committed') {
        if (done.appended) this.#options.onCommit([subjectOf(write)]);
        return done.answer;
      }
      if (attempt === attempts) throw storeErrorOf(done.error, this.#options.address);
      await pause(firstPauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }

  async #attempt(write: Write): Promise<Attempt> {
    let transaction: ControlledTransaction<Tables> | null = null;
    let one: PostgresTransaction;
    let answer: Answer;
    try {
      // Not a stricter one: whoever waited for a row or a position must then see what the other one wrote.
      transaction = await this.#options.db.startTransaction().setIsolationLevel('read committed').execute();
      one = new PostgresTransaction(transaction, noticeOf(this.#options.origin, subjectOf(write)));
      answer = await perform(one, write);
    } catch (error) {
      if (transaction !== null) await undo(transaction);
      if (isConflict(error) || isDisconnection(error)) return { outcome: 'undone', error };
      throw storeErrorOf(error, this.#options.address);
    }
    try {
      await transaction.commit().execute();
    } catch (error) {
      await undo(transaction);
      if (!isDisconnection(error)) return { outcome: 'undone', error };
      if (!(await this.#wasCommitted(write, { id: one.id, error }))) return { outcome: 'undone', error };
    }
    return { outcome: 'committed', answer, appended: one.appended };
  }

  /** What became of a transaction whose commit was not answered. One without an id wrote nothing that matters if done again. */
  async #wasCommitted(
    write: Write,
    { id, error }: { readonly id: string | null; readonly error: unknown },
  ): Promise<boolean> {
    if (id === null) return false;
    const deadline = performance.now() + fateMs;
    for (let wait = firstPauseMs; performance.now() < deadline; wait = Math.min(1_000, wait * 2)) {
      await pause(wait);
      const fate = await this.#fateOf(id).catch(() => null);
      if (fate === 'committed' || fate === 'aborted') return fate === 'committed';
    }
    const run = subjectOf(write);
    // Perhaps it was: whoever follows the run looks.
    this.#options.onCommit([run]);
    throw new StoreError(
      'unreachable',
      `The database at ${this.#options.address} went away while something of run ${run} was being committed: it is not known whether that was written.`,
      { remedy: 'When the database is back, look at the run before you do it again.', cause: error },
    );
  }

  /** `in progress` until the server has noticed that nobody is there; null: it does not know, being another one now. */
  async #fateOf(id: string): Promise<string | null> {
    const asked = sql<{ readonly fate: string | null }>`select pg_xact_status(${id}::text::xid8) as fate`;
    return (await asked.execute(this.#options.db)).rows[0]?.fate ?? null;
  }
}

/** What is done in turn: writes to one run; of the others, those of one tenant, and those of none. */
const subjectOf = (write: Write): string =>
  'run' in write && write.run !== null ? write.run : 'tenant' in write ? `tenant ${write.tenant}` : write.kind;

/** A connection that broke takes its transaction with it. */
const undo = async (transaction: ControlledTransaction<Tables>): Promise<void> => {
  try {
    await transaction.rollback().execute();
  } catch {
    // It is closed either way.
  }
};

class PostgresTransaction implements Transaction {
  readonly db: Database;
  /** Of the transaction, once it has been given positions. */
  id: string | null = null;
  appended = false;
  readonly #notice: string;
  #first = Infinity;

  constructor(db: Database, notice: string) {
    this.db = db;
    this.#notice = notice;
  }

  /**
   * One lock for all: held until the commit, and set free only after what was committed can be seen. So the next one
   * finds the highest position, whoever wrote it. A row that counts would do as well, and need not ask for the highest;
   * but every write leaves a dead version of such a row behind, and a back-up that takes its time keeps them all.
   * The two statements go over as one text; each sees the database as it is when its turn comes.
   */
  async positions(): Promise<number> {
    const text = `select pg_advisory_xact_lock(${locks.positions}); select coalesce(max(position), 0) as last, pg_current_xact_id()::text as id, pg_notify(${this.#notice}) from events`;
    const { rows } = await this.db.executeQuery<{ last: number; id: string }>(CompiledQuery.raw(text));
    const [row] = rows;
    if (row === undefined) throw new Error('Postgres gave no position.');
    this.id = row.id;
    this.#first = row.last + 1;
    return this.#first;
  }

  /** Other control planes write too: nothing is certain but what is read under the row's lock. */
  recall(): undefined {}

  remember({ position }: HeldRun): void {
    this.appended = position >= this.#first;
  }

  forget(): void {
    this.appended = true;
  }
}
