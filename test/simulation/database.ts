import {
  readBlobLink,
  readCounts,
  readDue,
  readEvents,
  readFeedPage,
  readLeased,
  readList,
  readOpenDecisions,
  readPosition,
  readHeads,
  readQueuedAmong,
  readState,
  readUpload,
  readUploadedBytes,
} from '../../runner/control/store/reads.ts';
import type { Connection } from '../../runner/control/store/sqlite/database.ts';
import { writerOver, type Writer } from '../../runner/control/store/sqlite/writer.ts';
import type { FeedLimits } from '../../runner/control/store/store.ts';
import type { AnswerTo, Write } from '../../runner/control/store/writes.ts';

/** Of a log that nothing was ever written to, and that no disk keeps. */
const noMark = () => ({ position: 0, move: () => {}, [Symbol.dispose]: () => {} });

/** The machine that a database is on. */
export interface Server {
  /** By its clock, ms since the epoch. */
  readonly now: () => number;
  /** Whether the session of whoever contends for the role is still there. */
  readonly isConnected: (holder: string) => boolean;
}

interface Tenure {
  readonly holder: string;
  readonly leaseMs: number;
  /** The fence of the tenure that the holder had last; 0: none. */
  readonly had: number;
}

/**
 * The real writer and the real reads, over one connection. Each write is in a transaction of its own, and while it is under way
 * nothing is read: over another connection nothing of it could be seen.
 */
export class Database {
  readonly #connection: Connection;
  readonly #writer: Writer;
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#writer = writerOver(connection, '/nowhere', noMark());
  }

  /** One write, in a commit of its own. `appended`: it added events. */
  async write<Kind extends Write['kind']>(
    write: Extract<Write, { readonly kind: Kind }>,
  ): Promise<{ readonly answer: AnswerTo<Kind>; readonly appended: boolean }> {
    const { outcomes, runs } = await this.alone(() => this.#writer.commit([write]));
    const [outcome] = outcomes;
    if (outcome === undefined) throw new Error('a write was not answered');
    if (outcome.outcome === 'failed') throw outcome.error;
    // safe: `perform` answers each kind of write with this
    return { answer: outcome.answer as AnswerTo<Kind>, appended: runs.length > 0 };
  }

  /** Does it after everything that was asked for before, and before everything that is asked for later. */
  alone<Answer>(ask: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    const answer = this.#last.then(() => ask(this.#connection));
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** As `postgres/role.ts` has them: what is done in the role is checked against this row by the real writes. */
  get role() {
    const statement = (text: string) => (values: readonly (string | number)[]) =>
      this.alone(async ({ sqlite }) => {
        const row = sqlite.prepare(text).get(...values);
        return row === undefined ? null : Number(row['fence']);
      });
    const take = statement(
      `insert into roles as had (name, holder, fence, until) values ('supervisor', ?, 1, clock_timestamp() + ?)
       on conflict (name) do update set holder = excluded.holder, fence = had.fence + 1, until = excluded.until
       where had.until <= clock_timestamp() or had.fence = ? or not is_connected(had.holder) returning fence`,
    );
    const renew = statement(
      `update roles set until = clock_timestamp() + ? where fence = ? and until > clock_timestamp() returning fence`,
    );
    const giveUp = statement('update roles set until = clock_timestamp() where fence = ? returning fence');
    return {
      take: ({ holder, leaseMs, had }: Tenure) => take([holder, leaseMs, had]),
      renew: async (fence: number, leaseMs: number) => (await renew([leaseMs, fence])) !== null,
      giveUp: async (fence: number) => void (await giveUp([fence])),
    };
  }

  /** What the store's adapters read. */
  get reads() {
    const alone = <Answer>(read: (db: Connection['db']) => Promise<Answer>): Promise<Answer> =>
      this.alone(({ db }) => read(db));
    return {
      state: (run: string) => alone((db) => readState(db, run)),
      list: (tenant: string | null, input: Parameters<typeof readList>[2]) =>
        alone((db) => readList(db, tenant, input)),
      counts: (tenant: string | null) => alone((db) => readCounts(db, tenant)),
      openDecisions: (tenant: string | null) => alone((db) => readOpenDecisions(db, tenant)),
      events: (run: string, after: number, limit: number) => alone((db) => readEvents(db, run, { after, limit })),
      feedPage: (filter: Parameters<typeof readFeedPage>[1], after: number, limits: FeedLimits) =>
        alone((db) => readFeedPage(db, filter, { after, ...limits })),
      position: () => alone((db) => readPosition(db)),
      heads: (input: Parameters<typeof readHeads>[1]) => alone((db) => readHeads(db, input)),
      queuedAmong: (runs: readonly string[]) => alone((db) => readQueuedAmong(db, runs)),
      leased: () => alone((db) => readLeased(db)),
      due: (now: number) => alone((db) => readDue(db, now)),
      runHasBlob: (run: string, hash: string) => alone((db) => readBlobLink(db, run, hash)),
      upload: (tenant: string, hash: string) => alone((db) => readUpload(db, tenant, hash)),
      uploadedBytes: (tenant: string) => alone((db) => readUploadedBytes(db, tenant)),
    };
  }
}
