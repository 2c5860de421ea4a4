import { randomId } from '../../machine/random-id.ts';
import {
  readBlobLink,
  readBlobsOf,
  readCounts,
  readDue,
  readEffects,
  readFollowed,
  readEvents,
  readHeads,
  readLeased,
  readList,
  readOpenDecisions,
  readPosition,
  readQueuedAmong,
  readState,
  readWasDeleted,
  readUpload,
  readUploadedBytes,
} from './reads.ts';
import { readAudit, readAuditHeads } from './audit-writes.ts';
import { readNewEvents } from './event-writes.ts';
import { readRepositories, readRunsByRepository } from './repository-writes.ts';
import type { Database } from './schema.ts';
import type { Committer, Store } from './store.ts';
import {
  readBegunSince,
  readFiredFor,
  readFirings,
  readSpentBy,
  readToPublish,
  readTriggers,
} from './trigger-writes.ts';
import { readTrust } from './trust-writes.ts';
import type { AnswerTo, Circumstances, Write } from './writes.ts';

/** Those who want to hear of commits. */
export class Commits {
  readonly #listeners = new Set<Parameters<Store['onCommit']>[0]>();

  tell(runs: readonly string[] | null, by: Committer): void {
    for (const listener of this.#listeners) listener(runs, by);
  }

  on(listener: Parameters<Store['onCommit']>[0]): () => void {
    const own: typeof listener = (runs, by) => listener(runs, by);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }
}

/** What a kind of database brings. Each of its functions throws StoreError. */
export interface DatabaseParts {
  readonly kind: Store['kind'];
  /** Answered once it is committed. */
  readonly write: <Kind extends Write['kind']>(
    write: Extract<Write, { readonly kind: Kind }>,
  ) => Promise<AnswerTo<Kind>>;
  readonly read: <Value>(read: (db: Database) => Promise<Value>) => Promise<Value>;
  readonly feedPage: Store['feedPage'];
  readonly commits: Commits;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** All that was opened for it. What has been asked for is still written when it is disposed of. */
  readonly held: AsyncDisposable;
}

/** Every question and every write of the log in a database's terms; how they get to the database is its own. */
export const databaseStore = ({ kind, write, read, feedPage, commits, now, held }: DatabaseParts): Store => {
  const circumstances = (): Circumstances => ({
    now: now(),
    nextActivation: `act_${randomId()}`,
    nextDecision: `dec_${randomId()}`,
    jitter: Math.random(),
  });
  return {
    kind,
    create: (input) => write({ kind: 'create', ...input, ...circumstances() }),
    command: (run, command, options = {}) => write({ kind: 'command', run, command, options, ...circumstances() }),
    heartbeat: (input) => write({ kind: 'heartbeat', ...input, ...circumstances() }),
    delete: (run, by) => write({ kind: 'delete', run, by, ...circumstances() }),
    state: (run) => read((db) => readState(db, run)),
    wasDeleted: (run) => read((db) => readWasDeleted(db, run)),
    list: (tenant, input) => read((db) => readList(db, tenant, input)),
    counts: (tenant) => read((db) => readCounts(db, tenant)),
    openDecisions: (tenant) => read((db) => readOpenDecisions(db, tenant)),
    events: (run, after, limit) => read((db) => readEvents(db, run, { after, limit })),
    feedPage,
    position: () => read(readPosition),
    heads: (input) => read((db) => readHeads(db, input)),
    queuedAmong: (runs) => read((db) => readQueuedAmong(db, runs)),
    leased: () => read(readLeased),
    due: (now) => read((db) => readDue(db, now)),
    effects: () => read(readEffects),
    followed: () => read(readFollowed),
    linkBlob: async (run, blob) => void (await write({ kind: 'blob', run, ...blob })),
    runHasBlob: (run, hash) => read((db) => readBlobLink(db, run, hash)),
    blobsOf: (run) => read((db) => readBlobsOf(db, run)),
    recordUpload: async (tenant, blob) => void (await write({ kind: 'upload', tenant, ...blob, now: now() })),
    isTrusted: (settings) => read((db) => readTrust(db, settings)),
    trust: async ({ tenant, repository, hash }, by) => {
      await write({ kind: 'trust', tenant, repository, hash, by, at: new Date(now()).toISOString() });
    },
    triggers: (tenant) => read((db) => readTriggers(db, tenant)),
    enableTrigger: async (key, by) => void (await write({ kind: 'enable trigger', ...key, ...by, at: now() })),
    disableTrigger: async (key, by) => void (await write({ kind: 'disable trigger', ...key, by, at: now() })),
    triggerHandled: async (key, handled) => void (await write({ kind: 'trigger handled', ...key, ...handled })),
    firings: (key, limit) => read((db) => readFirings(db, key, limit)),
    spentBy: (key, since) => read((db) => readSpentBy(db, key, since)),
    toPublish: () => read(readToPublish),
    publishTried: async ({ key, event }, tried) => void (await write({ kind: 'publish tried', ...key, event, tried })),
    firedFor: (event) => read((db) => readFiredFor(db, event)),
    begunSince: (key, since) => read((db) => readBegunSince(db, key, since)),
    repositories: (tenant) => read((db) => readRepositories(db, tenant)),
    addRepository: async (key, by) => void (await write({ kind: 'add repository', ...key, by, at: now() })),
    removeRepository: async (key, addresses) => void (await write({ kind: 'remove repository', ...key, addresses })),
    recordLook: async (key, look) => void (await write({ kind: 'repository look', ...key, look })),
    runsByRepository: (input) => read((db) => readRunsByRepository(db, input)),
    recordEvent: async (told) => (await write({ kind: 'outside event', ...told, at: now() })).outcome,
    newEvents: (limit) => read((db) => readNewEvents(db, limit)),
    eventHandled: async (id) => void (await write({ kind: 'event handled', id })),
    forgetEvents: async (before) => void (await write({ kind: 'forget events', before })),
    upload: (tenant, hash) => read((db) => readUpload(db, tenant, hash)),
    uploadedBytes: (tenant) => read((db) => readUploadedBytes(db, tenant)),
    forgetBlobs: async (input) => (await write({ kind: 'forget blobs', ...input, now: now() })).hashes,
    audit: async (tenant, record) =>
      void (await write({ kind: 'audit', tenant, at: new Date(now()).toISOString(), ...record })),
    audited: (tenant, page) => read((db) => readAudit(db, tenant, page)),
    auditHeads: () => read(readAuditHeads),
    onCommit: (listener) => commits.on(listener),
    [Symbol.asyncDispose]: async () => held[Symbol.asyncDispose](),
  };
};
