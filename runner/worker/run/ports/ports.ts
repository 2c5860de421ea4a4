import type { LeaseInput, Held, Leased, Refused } from '../../../../shared/api/worker-api.ts';
import type { BlobHash } from '../../../../shared/run/artifacts.ts';
import type { RunEvent, WorkerEvent } from '../../../../shared/run/events.ts';
import type { Usage } from '../../../../shared/run/model-item.ts';
import type { RunState } from '../../../../shared/run/state.ts';
import type { Model, ModelImage } from '../../models/model.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { Workspace } from '../../workspace/workspace.ts';

/** Time as the loop sees it. `sleep` ends early, without an error, when the signal fires. */
export interface Clock {
  /** Ms since the epoch. */
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * The run's log, as its worker reaches it. A lost answer is asked for again under the same batch number until the lease
 * is over; then, and when the control plane is gone for good, these throw `LogGone`.
 */
export interface Log {
  lease(input: LeaseInput): Promise<Leased | Refused>;
  append(input: {
    readonly fence: number;
    readonly after: number;
    readonly events: readonly WorkerEvent[];
  }): Promise<Held | Refused>;
  heartbeat(input: { readonly fence: number; readonly after: number }): Promise<Held | Refused>;
}

export class LogGone extends Error {}

/** Content that is too large for the log. */
export interface Blobs {
  put(content: Buffer): Promise<BlobHash>;
  /** The content of a file, streamed. What is a `checkpoint` is kept only until the run is over. */
  putFile(file: string, use: 'checkpoint' | 'result'): Promise<BlobHash>;
  /** Streams a blob of this run into a file, checked against its name. Throws BlobMissing. */
  get(hash: BlobHash, file: string): Promise<void>;
}

/** The control plane has no such blob for this run, and never will again. */
export class BlobMissing extends Error {
  readonly remedy = 'It was kept no longer, or lost with the place where it was kept. Delegate the task again.';
}

/** Which activation of the run this machine saw last, by its fence. Says whether the tree here is the one that the log is about. */
export interface Visits {
  /** Null: none. */
  last(): Promise<number | null>;
  record(fence: number): Promise<void>;
}

/** A folder outside the workspace that is removed when it is disposed of. */
interface Copy extends AsyncDisposable {
  /** It is in a folder of its own, where more may be laid beside it. */
  readonly tree: string;
}

/** Makes an empty one, whatever a worker before left under that name. */
export type Copies = (name: string) => Promise<Copy>;

/** The sandboxes of one run: over its workspace, and over a fresh copy of a checkpoint for setup and verification. */
export interface Sandboxes {
  /**
   * Each tree has a home of its own beside it, kept as long as the tree: what setup leaves there is there for the commands after it. Throws
   * `SandboxRefused` where this machine cannot isolate commands.
   */
  open(tree: string): Promise<Sandbox>;
  readonly copy: Copies;
  /** The home of a tree where commands have one that is kept on this machine; null: theirs is elsewhere. */
  homeOf(tree: string): string | null;
  /** Whether no command has left anything in the home of a tree. */
  homeIsEmpty(tree: string): Promise<boolean>;
  /** Gives the home of one tree, of which no sandbox is open, to another, which has none or an empty one. */
  moveHome(from: string, to: string): Promise<void>;
}

export class SandboxRefused extends Error {
  readonly remedy: string;
  constructor(reason: string, remedy: string) {
    super(reason);
    this.remedy = remedy;
  }
}

/** Everything that a step may touch. */
export interface Ports {
  readonly blobs: Blobs;
  readonly model: Model;
  /** What the task brings along for the model to see, in its order. Throws BlobMissing. */
  readonly images: () => Promise<readonly ModelImage[]>;
  /** US dollars, or null where nobody knows. */
  readonly price: (usage: Usage) => number | null;
  readonly workspace: Workspace;
  /** `uploaded`: the next activation may be on another machine, which gets at a checkpoint only if it was uploaded. */
  readonly keep: 'local' | 'uploaded';
  readonly visits: Visits;
  readonly sandboxes: Sandboxes;
  /** Who owns the tree when the worker is root. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  readonly ripgrep: string;
  /** Takes known secrets out of a text. Applied to all that leaves the worker. */
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  /** From 0 to 1, for jitter. */
  readonly random: () => number;
  readonly newDecisionId: () => string;
}

/** What a step is given: the state it follows from, the log behind that state, and the way to stop it. */
export interface StepContext {
  readonly state: RunState;
  readonly events: readonly RunEvent[];
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** Appends in the middle of a step, where a fact must be on record before the step goes on. */
  readonly append: (events: readonly WorkerEvent[]) => Promise<void>;
  /** The sandbox over the workspace: opened at its first use, and then kept for the activation. */
  readonly sandbox: () => Promise<Sandbox>;
}
