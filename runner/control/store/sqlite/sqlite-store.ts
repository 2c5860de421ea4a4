import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ListInput } from '../../../../shared/api/runner-api.ts';
import type { Command } from '../../../../shared/run/commands.ts';
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
} from '../reads.ts';
import type {
  CommandOptions,
  Created,
  FeedLimits,
  FeedPage,
  Store,
  StoredBlob,
  Written,
  TrustedSettings,
} from '../store.ts';
import { readTrust } from '../trust-writes.ts';
import type { Circumstances } from '../writes.ts';
import { connect, type Connection } from './database.ts';
import { storeErrorOf } from './errors.ts';
import { makePrivateFile, makePrivateFolder } from './files.ts';
import { feedReader, type FeedReader } from './reader-client.ts';
import { lockFolder } from './lock.ts';
import { startWriterThread, type WriterThread } from './writer-client.ts';

export interface SqliteStoreOptions {
  /** Made if it is not there; it and the files in it are for their owner alone. */
  readonly folder: string;
  /** Ms since the epoch. */
  readonly now?: () => number;
  /** The random part of an id: 12 or more lower-case letters and digits. */
  readonly newId?: () => string;
  /** Upper bound of the database in pages of 4096 bytes. Without it the disk is the bound. */
  readonly maxPages?: number;
  /** Goes on though the end of the log is gone, and records that. Without it such a database is `corrupt`. */
  readonly acceptLoss?: boolean;
  /** So many writes share a commit at most: a group must not keep the first of it waiting for long. Default 500. */
  readonly groupSize?: number;
  /** The program of the writer's thread. Without it: `writer-thread.mjs` beside this program if bundled, else the source. */
  readonly thread?: URL;
}

/** 16 characters of 36: 82 bits. */
const randomId = (): string => Array.from({ length: 16 }, () => randomInt(36).toString(36)).join('');

/** esbuild puts the threads beside the bundle that this module ends up in; the source runs as it is. */
const threadProgram = (name: 'writer-thread' | 'reader-thread'): URL => {
  const bundled = new URL(`./${name}.mjs`, import.meta.url);
  return existsSync(bundled) ? bundled : new URL(`./${name}.ts`, import.meta.url);
};

/**
 * Opens the store in a folder and holds it for this process until disposed of. Throws StoreError: `locked` if another
 * process has it, `newer` if a later version wrote it, `full`, `io`, `corrupt`.
 */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<Store> => {
  const { folder, now = Date.now, newId = randomId, maxPages = null, acceptLoss = false, groupSize = 500 } = options;
  const file = join(folder, 'longhaul.db');
  await using stack = new AsyncDisposableStack();
  try {
    makePrivateFolder(folder);
    stack.use(lockFolder(folder));
    makePrivateFile(file);
    const program = options.thread ?? threadProgram('writer-thread');
    const writer = await startWriterThread(program, { file, maxPages, acceptLoss, now: now(), groupSize });
    stack.defer(() => writer.close());
    const reader = connect(file, { readOnly: true });
    // Before the writer: only a connection that may write can tidy up as the last one.
    stack.defer(() => reader.sqlite.close());
    const feed = stack.use(feedReader(threadProgram('reader-thread'), { file, folder }));
    return new SqliteStore({ writer, reader, feedReader: feed, folder, now, newId, held: stack.move() });
  } catch (error) {
    throw storeErrorOf(error, folder);
  }
};

interface Parts {
  readonly writer: WriterThread;
  readonly reader: Connection;
  readonly feedReader: FeedReader;
  readonly folder: string;
  readonly now: () => number;
  readonly newId: () => string;
  /** All that was opened for it. */
  readonly held: AsyncDisposable;
}

/** Reads here, on a connection of its own that cannot write; writes go to the thread that alone can. */
class SqliteStore implements Store {
  readonly kind = 'sqlite';
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  create(input: Parameters<Store['create']>[0]): Promise<Created> {
    return this.#parts.writer.write({ kind: 'create', ...input, ...this.#circumstances() });
  }

  command(run: string, command: Command, options: CommandOptions = {}): Promise<Written> {
    return this.#parts.writer.write({ kind: 'command', run, command, options, ...this.#circumstances() });
  }

  heartbeat(input: Parameters<Store['heartbeat']>[0]): Promise<Written> {
    return this.#parts.writer.write({ kind: 'heartbeat', ...input, ...this.#circumstances() });
  }

  async linkBlob(run: string, blob: Parameters<Store['linkBlob']>[1]): Promise<void> {
    await this.#parts.writer.write({ kind: 'blob', run, ...blob });
  }

  isTrusted(settings: TrustedSettings): Promise<boolean> {
    return this.#read((db) => readTrust(db, settings));
  }

  async trust({ tenant, repository, hash }: TrustedSettings, by: string): Promise<void> {
    const at = new Date(this.#parts.now()).toISOString();
    await this.#parts.writer.write({ kind: 'trust', tenant, repository, hash, by, at });
  }

  async recordUpload(tenant: string, blob: StoredBlob): Promise<void> {
    await this.#parts.writer.write({ kind: 'upload', tenant, ...blob, now: this.#parts.now() });
  }

  async forgetBlobs(input: Parameters<Store['forgetBlobs']>[0]): Promise<readonly string[]> {
    return (await this.#parts.writer.write({ kind: 'forget blobs', ...input, now: this.#parts.now() })).hashes;
  }

  state(run: string): ReturnType<Store['state']> {
    return this.#read((db) => readState(db, run));
  }

  list(tenant: string | null, input: ListInput): ReturnType<Store['list']> {
    return this.#read((db) => readList(db, tenant, input));
  }

  counts(tenant: string | null): ReturnType<Store['counts']> {
    return this.#read((db) => readCounts(db, tenant));
  }

  openDecisions(tenant: string | null): ReturnType<Store['openDecisions']> {
    return this.#read((db) => readOpenDecisions(db, tenant));
  }

  events(run: string, after: number, limit: number): ReturnType<Store['events']> {
    return this.#read((db) => readEvents(db, run, { after, limit }));
  }

  feed(filter: Parameters<Store['feed']>[0], after: number, limit: number): ReturnType<Store['feed']> {
    return this.#read((db) => readFeed(db, filter, { after, limit }));
  }

  feedPage(filter: Parameters<Store['feed']>[0], after: number, limits: FeedLimits): Promise<FeedPage> {
    return this.#parts.feedReader.page(filter, after, limits);
  }

  position(): Promise<number> {
    return this.#read(readPosition);
  }

  queued(limit: number): ReturnType<Store['queued']> {
    return this.#read((db) => readQueued(db, limit));
  }

  heads(input: Parameters<Store['heads']>[0]): ReturnType<Store['heads']> {
    return this.#read((db) => readHeads(db, input));
  }

  queuedAmong(runs: readonly string[]): ReturnType<Store['queuedAmong']> {
    return this.#read((db) => readQueuedAmong(db, runs));
  }

  leased(): ReturnType<Store['leased']> {
    return this.#read(readLeased);
  }

  due(now: number): ReturnType<Store['due']> {
    return this.#read((db) => readDue(db, now));
  }

  runHasBlob(run: string, hash: string): Promise<boolean> {
    return this.#read((db) => readBlobLink(db, run, hash));
  }

  upload(tenant: string, hash: string): Promise<number | null> {
    return this.#read((db) => readUpload(db, tenant, hash));
  }

  uploadedBytes(tenant: string): Promise<number> {
    return this.#read((db) => readUploadedBytes(db, tenant));
  }

  onCommit(listener: Parameters<Store['onCommit']>[0]): () => void {
    return this.#parts.writer.onCommit((runs) => listener(runs, 'this'));
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

  async #read<Value>(read: (db: Connection['db']) => Promise<Value>): Promise<Value> {
    try {
      return await read(this.#parts.reader.db);
    } catch (error) {
      throw storeErrorOf(error, this.#parts.folder);
    }
  }
}
