import type { ListInput } from '../../../shared/api/runner-api.ts';
import type { Command } from '../../../shared/run/command.ts';
import {
  readBlobLink,
  readCounts,
  readDue,
  readEvents,
  readFeed,
  readHeads,
  readLeased,
  readList,
  readOpenDecisions,
  readPosition,
  readQueued,
  readQueuedAmong,
  readState,
  readUpload,
  readUploadedBytes,
} from './reads.ts';
import type { Database } from './schema.ts';
import type {
  CommandOptions,
  Created,
  FeedLimits,
  FeedPage,
  Store,
  StoredBlob,
  TrustedSettings,
  Written,
} from './store.ts';
import { readTrust } from './trust-writes.ts';
import type { AnswerTo, Circumstances, Write } from './writes.ts';

/** What a kind of database brings. Each of its functions throws StoreError. */
export interface DatabaseParts {
  readonly kind: Store['kind'];
  /** Answered once it is committed. */
  readonly write: <Kind extends Write['kind']>(
    write: Extract<Write, { readonly kind: Kind }>,
  ) => Promise<AnswerTo<Kind>>;
  readonly read: <Value>(read: (db: Database) => Promise<Value>) => Promise<Value>;
  readonly feedPage: Store['feedPage'];
  readonly onCommit: Store['onCommit'];
  /** Ms since the epoch. */
  readonly now: () => number;
  /** The random part of an id. */
  readonly newId: () => string;
  /** All that was opened for it. */
  readonly held: AsyncDisposable;
}

/** Every question and every write of the log in a database's terms; how they get to the database is its own. */
export class DatabaseStore implements Store {
  readonly kind: Store['kind'];
  readonly #parts: DatabaseParts;

  constructor(parts: DatabaseParts) {
    this.kind = parts.kind;
    this.#parts = parts;
  }

  create(input: Parameters<Store['create']>[0]): Promise<Created> {
    return this.#parts.write({ kind: 'create', ...input, ...this.#circumstances() });
  }

  command(run: string, command: Command, options: CommandOptions = {}): Promise<Written> {
    return this.#parts.write({ kind: 'command', run, command, options, ...this.#circumstances() });
  }

  heartbeat(input: Parameters<Store['heartbeat']>[0]): Promise<Written> {
    return this.#parts.write({ kind: 'heartbeat', ...input, ...this.#circumstances() });
  }

  async linkBlob(run: string, blob: Parameters<Store['linkBlob']>[1]): Promise<void> {
    await this.#parts.write({ kind: 'blob', run, ...blob });
  }

  isTrusted(settings: TrustedSettings): Promise<boolean> {
    return this.#parts.read((db) => readTrust(db, settings));
  }

  async trust({ tenant, repository, hash }: TrustedSettings, by: string): Promise<void> {
    const at = new Date(this.#parts.now()).toISOString();
    await this.#parts.write({ kind: 'trust', tenant, repository, hash, by, at });
  }

  async recordUpload(tenant: string, blob: StoredBlob): Promise<void> {
    await this.#parts.write({ kind: 'upload', tenant, ...blob, now: this.#parts.now() });
  }

  async forgetBlobs(input: Parameters<Store['forgetBlobs']>[0]): Promise<readonly string[]> {
    return (await this.#parts.write({ kind: 'forget blobs', ...input, now: this.#parts.now() })).hashes;
  }

  state(run: string): ReturnType<Store['state']> {
    return this.#parts.read((db) => readState(db, run));
  }

  list(tenant: string | null, input: ListInput): ReturnType<Store['list']> {
    return this.#parts.read((db) => readList(db, tenant, input));
  }

  counts(tenant: string | null): ReturnType<Store['counts']> {
    return this.#parts.read((db) => readCounts(db, tenant));
  }

  openDecisions(tenant: string | null): ReturnType<Store['openDecisions']> {
    return this.#parts.read((db) => readOpenDecisions(db, tenant));
  }

  events(run: string, after: number, limit: number): ReturnType<Store['events']> {
    return this.#parts.read((db) => readEvents(db, run, { after, limit }));
  }

  feed(filter: Parameters<Store['feed']>[0], after: number, limit: number): ReturnType<Store['feed']> {
    return this.#parts.read((db) => readFeed(db, filter, { after, limit }));
  }

  feedPage(filter: Parameters<Store['feed']>[0], after: number, limits: FeedLimits): Promise<FeedPage> {
    return this.#parts.feedPage(filter, after, limits);
  }

  position(): Promise<number> {
    return this.#parts.read(readPosition);
  }

  queued(limit: number): ReturnType<Store['queued']> {
    return this.#parts.read((db) => readQueued(db, limit));
  }

  heads(input: Parameters<Store['heads']>[0]): ReturnType<Store['heads']> {
    return this.#parts.read((db) => readHeads(db, input));
  }

  queuedAmong(runs: readonly string[]): ReturnType<Store['queuedAmong']> {
    return this.#parts.read((db) => readQueuedAmong(db, runs));
  }

  leased(): ReturnType<Store['leased']> {
    return this.#parts.read(readLeased);
  }

  due(now: number): ReturnType<Store['due']> {
    return this.#parts.read((db) => readDue(db, now));
  }

  runHasBlob(run: string, hash: string): Promise<boolean> {
    return this.#parts.read((db) => readBlobLink(db, run, hash));
  }

  upload(tenant: string, hash: string): Promise<number | null> {
    return this.#parts.read((db) => readUpload(db, tenant, hash));
  }

  uploadedBytes(tenant: string): Promise<number> {
    return this.#parts.read((db) => readUploadedBytes(db, tenant));
  }

  onCommit(listener: Parameters<Store['onCommit']>[0]): () => void {
    return this.#parts.onCommit(listener);
  }

  /** What has been asked for is still written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.held[Symbol.asyncDispose]();
  }

  #circumstances(): Circumstances {
    return {
      now: this.#parts.now(),
      nextActivation: `act_${this.#parts.newId()}`,
      nextDecision: `dec_${this.#parts.newId()}`,
      jitter: Math.random(),
    };
  }
}
