import { Trouble } from '../../../shared/trouble.ts';
import type { ListInput } from '../../../shared/api/runner-api.ts';
import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import type { ListedTrigger } from '../../../shared/api/triggers.ts';
import type { Publishes, TriggerOrigin } from '../../../shared/recipe/trigger.ts';
import type { WantedOutput } from '../../../shared/run/output.ts';
import type { Command } from '../../../shared/run/command.ts';
import type { RunEvent, Task } from '../../../shared/run/events.ts';
import type { Refusal } from '../../../shared/run/refusal.ts';
import type { RunState, Status } from '../../../shared/run/state.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import type { AuditStore } from './audit-store.ts';
import type { RepositoryRecords } from './repository-records.ts';

/** What creating a run comes to. `known`: its dedupe key was used before; that run is given back and nothing is written. */
export type Created = {
  readonly outcome: 'created' | 'known';
  readonly state: RunState;
  readonly events: readonly RunEvent[];
};

export type Written =
  | {
      readonly outcome: 'done';
      readonly state: RunState;
      /** All events after `after` where that was given, else those that this command appended. */
      readonly events: readonly RunEvent[];
      /**
       * The same batch had been written before, or the same worker has the lease that it asks for and has appended nothing
       * yet: its answer was lost, and nothing was written now. So the name of a worker must be its process's alone.
       */
      readonly repeated: boolean;
    }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

export interface CommandOptions {
  /** Of a worker's append: its batch number, so that a repeated one is written once; and the last seq it knows. */
  readonly batch?: number;
  readonly after?: number;
  /** The lease is to last until then (ms since the epoch). With `lease` and `append`. */
  readonly leaseUntil?: number;
  /** Of `lose` and `return`: a worker whose name begins otherwise has the lease by right, and keeps it. */
  readonly workersOf?: string;
  /** Of `lose`: only if the lease has run out. Whoever looked may have looked before it was renewed. */
  readonly overdue?: boolean;
  /** The fence of the supervisor's role in which it is done: refused as `fenced` where another control plane has it now. */
  readonly role?: number | null;
}

/** What deleting a run comes to. */
export type Deleted = { readonly outcome: 'deleted' } | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** A queued activation as the scheduler sees it, or one that a worker holds. */
export interface Scheduled {
  readonly run: string;
  readonly number: number;
  readonly activation: string;
  readonly tenant: string;
  readonly repository: string;
  readonly priority: number;
  /** ISO: since when it is queued, or leased. */
  readonly since: string;
  /** Ms since the epoch; null while queued. */
  readonly leaseUntil: number | null;
  /** Who took the lease; null while queued. */
  readonly worker: string | null;
}

/** What comes due next, over all runs: one timer in the control plane serves them all. */
export interface Due {
  readonly leases: readonly Scheduled[];
  readonly timers: readonly { readonly run: string; readonly at: string }[];
  readonly expiries: readonly { readonly run: string; readonly decision: string; readonly at: string }[];
  /** The earliest moment at which any of these, not yet due, will be; null: nothing is waiting for time. */
  readonly nextAt: number | null;
}

/** An event as JSON text, as RunEvent says, without a line break in it. */
interface EventText {
  readonly position: number;
  readonly json: string;
}

/** A stretch of the feed. `more`: there is more after it already. */
export interface FeedPage {
  readonly events: readonly EventText[];
  readonly more: boolean;
}

/** Null: of all. */
export interface FeedFilter {
  readonly tenant: string | null;
  readonly run: string | null;
}

/** A page has so many events at most, and so many bytes, unless its first event alone has more. */
export interface FeedLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** A trigger of a repository, by the name of its file. */
export interface TriggerKey {
  readonly tenant: string;
  readonly repository: string;
  readonly name: string;
}

/** What is remembered of a trigger that somebody had begin runs. Times in ms since the epoch. */
export interface TriggerRow extends TriggerKey {
  /** Name of the person with whose authority it does. */
  readonly by: string;
  /** That is the runner's owner, at its own machine, and nobody with a token. */
  readonly byOwner: boolean;
  /** Who wrote it, when they enabled it: another's of the same name they have not agreed to. */
  readonly origin: TriggerOrigin;
  /** What they agreed to have published without them. */
  readonly publishes: Publishes;
  /** What the result of its recipe was to be, when they did: what it becomes later they have not agreed to. */
  readonly output: WantedOutput['kind'];
  readonly enabled: boolean;
  /** Ms since the epoch when somebody enabled it last; 0: nobody knows. */
  readonly enabledAt: number;
  /** What was due up to then is dealt with. */
  readonly handledAt: number;
  /** Id of the run it began last. */
  readonly run: string | null;
  /** For when; null: a person fired it. */
  readonly dueAt: number | null;
  /** How many of its runs have failed, one after the other. */
  readonly failures: number;
  readonly problem: string | null;
}

/** Whoever enables one, and what they agree to. */
export type EnabledBy = Pick<TriggerRow, 'by' | 'byOwner' | 'origin' | 'publishes' | 'output'>;

/** What came of a time that a trigger was due. */
export interface Firing {
  /** What it was due for, which comes to one firing: the id of an event, a time, somebody's wish. */
  readonly event: string;
  /** Ms since the epoch. */
  readonly at: number;
  /** The same in a few words, which somebody outside may have chosen. */
  readonly about: string;
  readonly url: string | null;
  /** Id of the run that it began; null: none, and `said` says why. */
  readonly run: string | null;
  readonly said: string | null;
  /** What is to become of that run's results by itself. */
  readonly publish: Publishes;
  readonly ciRepairs: number;
}

/** One as it stands. `unpublished`: why the last round was not published by itself; null: it was, or was not to be. */
export interface RecordedFiring extends Firing {
  readonly unpublished: string | null;
}

/** A run whose results are to be published without a person, and of which they have been up to a round. */
export interface ToPublish {
  readonly key: TriggerKey;
  readonly event: string;
  readonly run: string;
  readonly publish: Exclude<Publishes, 'no'>;
  readonly ciRepairs: number;
  readonly triedRound: number;
}

export interface PublishTried {
  readonly round: number;
  readonly unpublished: string | null;
}

/** What happened outside, and has not been looked at. */
export interface StoredEvent {
  readonly id: string;
  /** When it was told, ms since the epoch. */
  readonly at: number;
  readonly event: OutsideEvent;
}

export interface StoredBlob {
  readonly hash: string;
  readonly bytes: number;
}

/** What a run has a blob for. `result`, and `image` of its goal: for good. `checkpoint`: until it is over. `source`: until some time after that. */
export type BlobUse = 'result' | 'image' | 'checkpoint' | 'source';

/**
 * The log and its projections. All writes of one call are one transaction: the events, the run's row, its open
 * decisions. Calls for one run are done in the order in which they are made. An answer means that it is on the disk.
 * Throws `StoreError` for a disk that is full or broken, and a server that is away.
 */
export interface Store extends AuditStore, RepositoryRecords, AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres';
  create(input: {
    readonly run: string;
    readonly task: Task;
    readonly dedupeKey: string | null;
    /** An upload of the tenant's that becomes the run's source. */
    readonly source?: StoredBlob;
    /** Uploads of the tenant's that become the run's: what the model is shown with the goal. */
    readonly images?: readonly StoredBlob[];
  }): Promise<Created>;
  /** Runs `obey` of shared/ on the run's state and appends what comes of it, the next activation included. */
  command(run: string, command: Command, options?: CommandOptions): Promise<Written>;
  /** Moves the deadline of a lease that is still held; writes no event. */
  heartbeat(input: {
    readonly run: string;
    readonly activation: string;
    readonly fence: number;
    readonly after: number;
    readonly leaseUntil: number;
  }): Promise<Written>;

  /**
   * Takes a run that is over out of the store for good: its events, its decisions, what it had of blobs. Of the log `run.deleted` alone
   * is left, so that who follows the feed hears of it. Its number is never given again.
   */
  delete(run: string, by: string): Promise<Deleted>;

  state(run: string): Promise<RunState | null>;
  /** There was such a run, and somebody deleted it. */
  wasDeleted(run: string): Promise<boolean>;
  list(
    tenant: string | null,
    input: ListInput,
  ): Promise<{ readonly runs: readonly RunState[]; readonly position: number; readonly next: number | null }>;
  /** How many runs there are of every status, zeros included. */
  counts(tenant: string | null): Promise<Readonly<Record<Exclude<Status, 'ready'>, number>>>;
  openDecisions(tenant: string | null): Promise<readonly DecisionSummary[]>;
  events(run: string, after: number, limit: number): Promise<readonly RunEvent[]>;
  /**
   * Events of a tenant (null: of all) or of one run, by position, as text to be passed on. Nothing ever appears behind a position
   * that was given out. However much is read, it does not hold up the rest of the control plane.
   */
  feedPage(filter: FeedFilter, after: number, limits: FeedLimits): Promise<FeedPage>;
  position(): Promise<number>;

  /** Of the queue, what may go next: of each tenant (with `byRepository`, of each of its repositories) the first so many that may be begun at `now`, ms since the epoch. */
  heads(input: {
    readonly now: number;
    readonly places: number;
    readonly byRepository: boolean;
  }): Promise<readonly Scheduled[]>;
  /** Which of these runs are queued. */
  queuedAmong(runs: readonly string[]): Promise<readonly Scheduled[]>;
  leased(): Promise<readonly Scheduled[]>;
  due(now: number): Promise<Due>;
  /** Runs for which something is to be changed outside, no earlier than `at` (ms since the epoch), who waits longest first. */
  effects(): Promise<readonly { readonly run: string; readonly at: number }[]>;
  /** Runs whose pull request is to be looked at, the oldest first. */
  followed(): Promise<readonly string[]>;

  /** Remembers that a run may read a blob. Idempotent. */
  linkBlob(run: string, blob: StoredBlob & { readonly use: BlobUse }): Promise<void>;
  runHasBlob(run: string, hash: string): Promise<boolean>;
  /** How many blobs a run has, and their bytes together. */
  blobsOf(run: string): Promise<{ readonly count: number; readonly bytes: number }>;
  /** Remembers that somebody of a tenant uploaded a blob, which no run has yet. Again: as of now. */
  recordUpload(tenant: string, blob: StoredBlob): Promise<void>;
  /** Those of a tenant (null: of all) that somebody enabled, or had. By repository and name. */
  triggers(tenant: string | null): Promise<readonly TriggerRow[]>;
  /** From now on it begins runs with this person's authority: nothing that was due before `now`. */
  enableTrigger(key: TriggerKey, by: EnabledBy): Promise<void>;
  /** `by`: name of a person. */
  disableTrigger(key: TriggerKey, by: string): Promise<void>;
  /**
   * What was due up to `handledAt` is dealt with, and how. Whatever was dealt with up to later stays so; with `stop` it begins nothing more.
   * A trigger that nobody enabled is left alone.
   */
  triggerHandled(
    key: TriggerKey,
    handled: Pick<TriggerRow, 'handledAt' | 'failures' | 'problem'> & {
      /** Null: no run came of it; the last one stays. */
      readonly began: { readonly run: string; readonly dueAt: number | null } | null;
      /** Put on record with it, once for each event; null: nothing was due. */
      readonly firing: Firing | null;
      readonly stop: boolean;
    },
  ): Promise<void>;
  /** What came of the times that it was due, the newest first: so many that began runs, and so many that did not, which strangers may have brought about. */
  firings(key: TriggerKey, limit: number): Promise<readonly RecordedFiring[]>;
  /** What the runs have spent that it has begun since (ms since the epoch), as far as they are still there. */
  spentBy(key: TriggerKey, since: number): Promise<ListedTrigger['spent']>;
  /** Runs whose results are to be published without a person. */
  toPublish(): Promise<readonly ToPublish[]>;
  /** Up to this round they are, or `unpublished` says why not; null: nothing more of it is to be. */
  publishTried(firing: Pick<ToPublish, 'key' | 'event'>, tried: PublishTried | null): Promise<void>;
  /** Triggers for which something came of an event. */
  firedFor(event: string): Promise<readonly TriggerKey[]>;
  /** How many runs it has begun since (ms since the epoch). */
  begunSince(key: TriggerKey, since: number): Promise<number>;
  /**
   * Keeps what happened outside until it is handled. `known`: it was told before, under this name or with these very words. `unwanted`: no trigger
   * that is enabled is of that repository, or waits for webhooks; nothing was kept.
   */
  recordEvent(told: {
    readonly id: string;
    /** Of the telling as it came: hex SHA-256. */
    readonly digest: string;
    readonly event: OutsideEvent;
  }): Promise<'new' | 'known' | 'unwanted'>;
  /** Those that are not handled, the oldest first. */
  newEvents(limit: number): Promise<readonly StoredEvent[]>;
  eventHandled(id: string): Promise<void>;
  /** Forgets what was told before then and is handled, and what came of triggers then. Ms since the epoch. */
  forgetEvents(before: number): Promise<void>;
  /** Bytes of an upload that no run has yet, or that is the source or an image of a run of this tenant; null: there is none. */
  upload(tenant: string, hash: string): Promise<number | null>;
  /** Bytes of all of them. */
  uploadedBytes(tenant: string): Promise<number>;
  /**
   * Forgets checkpoints of runs that are over and cannot be resumed, or could for some time (`checkpointsBefore`), and sources of runs that have been over
   * for some time. Returns up to `limit` blobs that nothing refers to and has not since `unusedSince`; they are forgotten, too. Times: ms since the epoch.
   */
  forgetBlobs(input: {
    readonly sourcesBefore: number;
    readonly checkpointsBefore: number;
    readonly unusedSince: number;
    readonly limit: number;
    /** As in `CommandOptions`; where another has the role now, nothing is forgotten. */
    readonly role?: number | null;
  }): Promise<readonly string[]>;

  /** Called after each commit that appended events, with the runs it touched; null: perhaps any, for commits of others could not be heard of for a while. Returns the way to stop it. */
  onCommit(listener: (runs: readonly string[] | null, by: Committer) => void): () => void;
}

/** Whether a commit was made through this very store, or by another control plane. */
export type Committer = 'this' | 'another';

/** The disk is full or broken, the database is away, locked or of another version. `remedy` says what to do. */
export class StoreError extends Trouble {
  override readonly name = 'StoreError';
  declare readonly code: 'full' | 'io' | 'newer' | 'locked' | 'corrupt' | 'unreachable' | 'denied';
  constructor(
    code: StoreError['code'],
    message: string,
    options: { readonly remedy: string; readonly cause?: unknown },
  ) {
    super(message, { ...options, code });
  }
}
