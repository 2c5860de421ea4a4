import { mkdtempSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  readBlobLink,
  readCounts,
  readDue,
  readEvents,
  readFeed,
  readFeedPage,
  readLeased,
  readList,
  readOpenDecisions,
  readPosition,
  readHeads,
  readQueued,
  readQueuedAmong,
  readState,
  readUpload,
  readUploadedBytes,
} from '../../runner/control/store/reads.ts';
import { connect, type Connection } from '../../runner/control/store/sqlite/database.ts';
import { openWriter, type Writer } from '../../runner/control/store/sqlite/writer.ts';
import type { FeedLimits } from '../../runner/control/store/store.ts';
import type { AnswerTo, Write } from '../../runner/control/store/writes.ts';
import { beginning } from './time.ts';

/** The real writer and the real reads, on a file in memory that one schedule after the other uses. */
export class Database implements Disposable {
  readonly #folder: string;
  readonly #writer: Writer;
  readonly #connection: Connection;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, writer: Writer, connection: Connection) {
    this.#folder = folder;
    this.#writer = writer;
    this.#connection = connection;
  }

  static async open(): Promise<Database> {
    const memory = '/dev/shm';
    const folder = mkdtempSync(path.join(existsSync(memory) ? memory : tmpdir(), 'longhaul-simulation-'));
    const file = path.join(folder, 'longhaul.db');
    const writer = await openWriter({ file, maxPages: null, acceptLoss: false, now: beginning });
    return new Database(folder, writer, connect(file, { readOnly: false }));
  }

  /** A folder for what is done with real files. */
  get folder(): string {
    return this.#folder;
  }

  /** Takes out what an earlier schedule left. Ids must not be used again: the writer remembers runs by them. */
  clear(): void {
    const { sqlite } = this.#connection;
    for (const table of ['decisions', 'blobs', 'loose_blobs', 'dedupe', 'events', 'runs'])
      sqlite.exec(`delete from ${table}`);
  }

  /** One write, in a commit of its own. `appended`: it added events. */
  async write<Kind extends Write['kind']>(
    write: Extract<Write, { readonly kind: Kind }>,
  ): Promise<{ readonly answer: AnswerTo<Kind>; readonly appended: boolean }> {
    const committed = this.#last.then(() => this.#writer.commit([write]));
    this.#last = committed;
    const { outcomes, runs } = await committed;
    const [outcome] = outcomes;
    if (outcome === undefined) throw new Error('a write was not answered');
    if (outcome.outcome === 'failed') throw outcome.error;
    // safe: `perform` answers each kind of write with this
    return { answer: outcome.answer as AnswerTo<Kind>, appended: runs.length > 0 };
  }

  /** What the store's adapters read. */
  get reads() {
    const { db } = this.#connection;
    return {
      state: (run: string) => readState(db, run),
      list: (tenant: string | null, input: Parameters<typeof readList>[2]) => readList(db, tenant, input),
      counts: (tenant: string | null) => readCounts(db, tenant),
      openDecisions: (tenant: string | null) => readOpenDecisions(db, tenant),
      events: (run: string, after: number, limit: number) => readEvents(db, run, { after, limit }),
      feed: (filter: Parameters<typeof readFeed>[1], after: number, limit: number) =>
        readFeed(db, filter, { after, limit }),
      feedPage: (filter: Parameters<typeof readFeed>[1], after: number, limits: FeedLimits) =>
        readFeedPage(db, filter, { after, ...limits }),
      position: () => readPosition(db),
      queued: (limit: number) => readQueued(db, limit),
      heads: (input: Parameters<typeof readHeads>[1]) => readHeads(db, input),
      queuedAmong: (runs: readonly string[]) => readQueuedAmong(db, runs),
      leased: () => readLeased(db),
      due: (now: number) => readDue(db, now),
      runHasBlob: (run: string, hash: string) => readBlobLink(db, run, hash),
      upload: (tenant: string, hash: string) => readUpload(db, tenant, hash),
      uploadedBytes: (tenant: string) => readUploadedBytes(db, tenant),
    };
  }

  [Symbol.dispose](): void {
    this.#writer.close();
    this.#connection.sqlite.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
