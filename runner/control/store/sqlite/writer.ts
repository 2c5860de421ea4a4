import { dirname } from 'node:path';
import { migrate } from '../migrations.ts';
import type { HeldRun } from '../projections.ts';
import { readLogEnd as readLast } from '../reads.ts';
import { foldAgain, isLively, perform, type Transaction, type Write } from '../writes.ts';
import { connect, type Connection } from './database.ts';
import { storeErrorOf } from './errors.ts';
import { acceptLoss, checkLogEnd, openLogEnd, type LogEnd, type LogEndMark } from './log-end.ts';

/** What came of one write of a group. */
export type Outcome =
  | { readonly outcome: 'answered'; readonly answer: Awaited<ReturnType<typeof perform>> }
  | { readonly outcome: 'failed'; readonly error: unknown };

interface Committed {
  /** One for each write, in their order. */
  readonly outcomes: readonly Outcome[];
  /** Runs to which events were appended. */
  readonly runs: readonly string[];
}

/** The one connection that writes. */
export interface Writer {
  /**
   * Does all the writes in one transaction, each in a savepoint of its own, and returns when they are on the disk. Never
   * throws: a write that fails takes none of the others with it, unless the transaction itself is lost.
   */
  commit(writes: readonly Write[]): Promise<Committed>;
  close(): void;
}

export interface WriterOptions {
  readonly file: string;
  /** Upper bound of the database file in pages of 4096 bytes; null: the disk is the bound. */
  readonly maxPages: number | null;
  /** A person knows that the end of the log is gone, and wants to go on. */
  readonly acceptLoss: boolean;
  /** Ms since the epoch. */
  readonly now: number;
}

/** Working runs whose folded state is kept, so that an append need not read it back. */
const rememberedRuns = 256;

/** Opens the file, brings it to this program's schema and takes it over. Throws StoreError. */
export const openWriter = async (options: WriterOptions): Promise<Writer> => {
  const { file, maxPages, now } = options;
  const folder = dirname(file);
  let connection: Connection | undefined;
  try {
    connection = connect(file, { readOnly: false });
    const { sqlite, db } = connection;
    sqlite.exec('pragma journal_mode = wal; pragma synchronous = full');
    sqlite.exec('begin immediate');
    await migrate(db, { int64: 'integer', at: new Date(now).toISOString() });
    await foldAgain(db);
    sqlite.exec('commit');
    // A log that a burst has made long is cut back to this: 16 MB.
    sqlite.exec('pragma journal_size_limit = 16777216');
    if (maxPages !== null) sqlite.exec(`pragma max_page_count = ${maxPages}`);
    const last = await readLast(db);
    if (options.acceptLoss) acceptLoss(folder, last, now);
    checkLogEnd(folder, last);
    return writerOver(connection, folder, openLogEnd(folder, last));
  } catch (error) {
    connection?.sqlite.close();
    throw storeErrorOf(error, folder);
  }
};

/** Over a connection that has this program's schema, whose log ends at the mark. The folder is what errors name. @internal */
export const writerOver = (connection: Connection, folder: string, mark: LogEndMark): Writer =>
  new GroupCommit(connection, folder, mark);

class GroupCommit implements Writer {
  readonly #connection: Connection;
  readonly #folder: string;
  readonly #mark: LogEndMark;
  /** Committed, and in order of use. */
  readonly #remembered = new Map<string, HeldRun>();
  #position: number;
  readonly #begin: () => void;
  readonly #save: () => void;
  readonly #release: () => void;
  readonly #commit: () => void;

  constructor(connection: Connection, folder: string, mark: LogEndMark) {
    this.#connection = connection;
    this.#folder = folder;
    this.#mark = mark;
    this.#position = mark.position;
    const prepared = (text: string) => {
      const statement = connection.sqlite.prepare(text);
      return () => void statement.run();
    };
    this.#begin = prepared('begin immediate');
    this.#save = prepared('savepoint one');
    this.#release = prepared('release one');
    this.#commit = prepared('commit');
  }

  async commit(writes: readonly Write[]): Promise<Committed> {
    const group = new Group(this.#position, (run) => this.#remembered.get(run));
    const outcomes: Outcome[] = [];
    try {
      this.#begin();
      for (const write of writes) outcomes.push(await this.#one(group, write));
      this.#commit();
    } catch (lost) {
      this.#tryTo('rollback');
      const error = storeErrorOf(lost, this.#folder);
      this.#remembered.clear();
      return { outcomes: writes.map(() => ({ outcome: 'failed', error })), runs: [] };
    }
    this.#position = group.position;
    // Before anything is answered: of what was answered, this can say that it was there.
    if (group.end !== null) this.#mark.move(group.end);
    for (const held of group.held.values()) this.#remember(held);
    for (const run of group.gone) this.#remembered.delete(run);
    return { outcomes, runs: [...group.appended] };
  }

  /** Throws only if the whole transaction is lost. */
  async #one(group: Group, write: Write): Promise<Outcome> {
    const { db } = this.#connection;
    this.#save();
    const savepoint = new Savepoint(db, group);
    try {
      const answer = await perform(savepoint, write);
      this.#release();
      savepoint.keep();
      return { outcome: 'answered', answer };
    } catch (error) {
      // SQLite gives up the whole transaction on some errors, a full disk among them; then there is no savepoint to go back to.
      if (!this.#tryTo('rollback to one') || !this.#tryTo('release one')) throw error;
      return { outcome: 'failed', error: storeErrorOf(error, this.#folder) };
    }
  }

  #tryTo(statement: string): boolean {
    try {
      this.#connection.sqlite.exec(statement);
      return true;
    } catch {
      return false;
    }
  }

  #remember(held: HeldRun): void {
    const { id } = held.state;
    this.#remembered.delete(id);
    if (!isLively(held)) return;
    this.#remembered.set(id, held);
    const oldest = this.#remembered.keys().next().value;
    if (this.#remembered.size > rememberedRuns && oldest !== undefined) this.#remembered.delete(oldest);
  }

  close(): void {
    this.#mark[Symbol.dispose]();
    this.#connection.sqlite.close();
  }
}

/** What the writes of one transaction have come to so far; it becomes true with the commit. */
class Group {
  position: number;
  /** The last event that was appended; null: none was. */
  end: LogEnd | null = null;
  readonly held = new Map<string, HeldRun>();
  readonly appended = new Set<string>();
  readonly gone = new Set<string>();
  readonly #committed: (run: string) => HeldRun | undefined;

  constructor(position: number, committed: (run: string) => HeldRun | undefined) {
    this.position = position;
    this.#committed = committed;
  }

  recall(run: string): HeldRun | undefined {
    return this.gone.has(run) ? undefined : (this.held.get(run) ?? this.#committed(run));
  }
}

/** One write's part of the group; without `keep` the group never hears of it. */
class Savepoint implements Transaction {
  readonly db: Transaction['db'];
  readonly #group: Group;
  #position: number;
  #held: HeldRun | null = null;
  #gone: LogEnd | null = null;

  constructor(db: Transaction['db'], group: Group) {
    this.db = db;
    this.#group = group;
    this.#position = group.position;
  }

  positions(count: number): number {
    this.#position += count;
    return this.#position - count + 1;
  }

  recall(run: string): HeldRun | undefined {
    return this.#group.recall(run);
  }

  remember(held: HeldRun): void {
    this.#held = held;
  }

  forget(last: LogEnd): void {
    this.#gone = last;
  }

  keep(): void {
    if (this.#gone !== null) {
      const { run, position } = this.#gone;
      this.#group.position = position;
      this.#group.end = this.#gone;
      this.#group.appended.add(run);
      this.#group.held.delete(run);
      this.#group.gone.add(run);
    }
    if (this.#held === null) return;
    const { id, seq, updatedAt } = this.#held.state;
    if (this.#held.position > this.#group.position) {
      this.#group.position = this.#held.position;
      this.#group.end = { position: this.#held.position, run: id, seq, at: updatedAt };
      this.#group.appended.add(id);
    }
    this.#group.held.set(id, this.#held);
  }
}
