import type { OpenDecision } from '../decision/decision.ts';
import type { BlobHash, Checkpoint } from './artifacts.ts';
import type { BaseCommit } from './base-commit.ts';
import type { Budget, Spent } from './budget.ts';
import type { Call, CallIn } from './call.ts';
import type { EffectState } from './effect.ts';
import type { Output } from './output.ts';
import type { PullRequest } from './pull-request.ts';
import type { FailureClass, ModelTrouble, PlanStep, Report, Task, WaitUntil } from './events.ts';

/** A command that Longhaul ran itself in this round. */
export interface CommandRecord {
  readonly index: number;
  readonly command: string;
  readonly outcome: 'exited' | 'timeout' | 'limit' | 'cancelled';
  readonly exitCode: number | null;
  readonly durationMs: number;
}

/** A verification command, with which lines of the result it was seen to run; null: that is not known. */
interface VerificationRecord extends CommandRecord {
  readonly coverage: BlobHash | null;
}

export const passed = ({ outcome, exitCode }: Pick<CommandRecord, 'outcome' | 'exitCode'>): boolean =>
  outcome === 'exited' && exitCode === 0;

/** Verification commands that did not pass, of those that ran in this round. */
export const checksOf = ({
  verification,
}: Pick<RunState, 'verification'>): { readonly failed: number; readonly ran: number } => ({
  failed: verification.filter((record) => !passed(record)).length,
  ran: verification.length,
});

/**
 * What a person said to the setup that verification needs, because the agent changed what setup reads. `tree`: the one they saw; it holds
 * for no other. `begun`: setup commands that were begun with their network, and for which verification command: one approval is good for one attempt each.
 */
interface NewSetup {
  readonly tree: string | null;
  readonly verdict: 'approved' | 'declined';
  readonly begun: readonly { readonly verification: number; readonly index: number }[];
}

/** Where the conversation with the model stands. */
export type Turn =
  | {
      readonly phase: 'asking';
      readonly number: number;
      readonly attempt: number;
      readonly purpose: 'turn' | 'compaction';
      readonly responseId: string | null;
      /** How many messages that the model had not been told of are in the request. */
      readonly hears: number;
      /** How often the worker was lost while the model was asked for this turn. */
      readonly losses: number;
    }
  | {
      readonly phase: 'failed';
      readonly number: number;
      readonly attempt: number;
      readonly purpose: 'turn' | 'compaction';
      readonly trouble: ModelTrouble;
      readonly retryAt: string | null;
      /** A background response to go on with. */
      readonly responseId: string | null;
      readonly hears: number;
      readonly losses: number;
    }
  | {
      readonly phase: 'taken';
      readonly number: number;
      readonly calls: readonly Call[];
      readonly refusal: string | null;
    };

/** A step of Longhaul's own, as long as it has not been finished. */
export interface UnderWay {
  readonly step: 'prepare' | 'setup' | 'verification';
  readonly index: number;
  /** False: the worker that was at it is gone. */
  readonly running: boolean;
  /** How often its worker was lost with it. */
  readonly losses: number;
}

/** How often in a row the same thing happened: the sign of an agent that is stuck. */
interface Repetition {
  readonly fingerprint: string;
  readonly count: number;
}

/** A checkpoint as it can be had from the control plane, once `since` is there. */
interface CheckpointBundle {
  readonly checkpoint: Checkpoint;
  readonly since: Checkpoint;
  readonly blob: BlobHash;
}

/** The workspace. Before it is prepared there is nothing to compare with, to go back to or to save. */
type Tree =
  | { readonly status: 'unprepared' }
  | {
      readonly status: 'prepared';
      /** What the source gave. */
      readonly origin: Checkpoint;
      /** What the result is compared with: the same, until the result is merged with a later commit. */
      readonly base: Checkpoint;
      readonly head: Checkpoint;
      /** As setup left it, until a call changed it: what a restore brings back then. */
      readonly saved: Checkpoint | null;
      /** Where no two activations share a disk: what leads from `origin` to the last uploaded checkpoint, in order. */
      readonly bundles: readonly CheckpointBundle[];
    };
export type PreparedTree = Extract<Tree, { status: 'prepared' }>;

/** A commit that the result is, or is to be, merged with. */
export type Merge = BaseCommit &
  (
    | { readonly step: 'asked' }
    /** The tree is that of the commit. `ours`: what the run had made of `from`, which is to be merged with it. */
    | { readonly step: 'moved'; readonly from: Checkpoint; readonly ours: Checkpoint }
    | { readonly step: 'done' }
  );

/** What every run has, whatever its status. Small: no outputs, no model items; those are read from the log. */
export interface RunFacts {
  readonly id: string;
  /** Counts the runs of a store from 1: short to say, and the base of the user that its commands run as. */
  readonly number: number;
  readonly task: Task;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly seq: number;
  /** From 1; each "changes requested" begins another. */
  readonly round: number;
  readonly fence: number;
  /** Activations lost in a row without progress. */
  readonly losses: number;
  readonly tree: Tree;
  /** What the result is merged with; null: its source is its base still. */
  readonly merge: Merge | null;
  readonly setup: readonly CommandRecord[];
  readonly underWay: UnderWay | null;
  readonly turn: Turn | null;
  /** Messages that no request that the model has answered had in it. As long as there are any, a report does not count. */
  readonly unheard: number;
  /** The model that answered last, as the endpoint names it; null before the first turn. */
  readonly model: string | null;
  /** Tokens that the last turn's context had; null before the first or where the provider does not say. */
  readonly contextTokens: number | null;
  readonly compactedThrough: number;
  readonly budget: Budget;
  readonly spent: Spent;
  readonly plan: readonly PlanStep[];
  readonly decisions: Readonly<Record<string, OpenDecision>>;
  readonly repetition: Repetition | null;
  /** Turns in a row in which the model called nothing. */
  readonly idleTurns: number;
  readonly report: Report | null;
  /** What the agent gave with that report; null: nothing, or the result is what differs in the tree. */
  readonly output: Output | null;
  /** A person said "stop here" at a budget's edge or to a stuck agent: verify and hand over what there is. Says whose fault it is if there is nothing. */
  readonly wrapUp: 'budget' | 'task' | null;
  /** A person declined to have something tried again; says what. */
  readonly givenUp: { readonly class: FailureClass; readonly message: string } | null;
  readonly verification: readonly VerificationRecord[];
  /** Null: nobody was asked. */
  readonly newSetup: NewSetup | null;
  readonly repairs: number;
  readonly result: RoundResult | null;
  /** What had changed when the run last began to wait for a person; null: nothing that the result has not. */
  readonly soFar: RoundResult | null;
  /** How long results waited for a person's verdict, ms, all rounds together; null: no verdict was given. */
  readonly reviewMs: number | null;
  /** What was to be changed outside, in the order in which it is done. */
  readonly effects: readonly EffectState[];
  /** Null: none was opened. */
  readonly pullRequest: PullRequest | null;
  /** When the worker took the lease it has; null without one. */
  readonly leasedAt: string | null;
}

export interface RoundResult {
  readonly head: Checkpoint;
  readonly changes: BlobHash;
  readonly patch: BlobHash;
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
}

/** Why no worker has begun: since when that is known, what the engine said last and a remedy, and how often in a row it could not. */
export type Delay = {
  readonly since: string;
  readonly said: string;
  readonly remedy: string | null;
  readonly failures: number;
} &
  /** It is asked again then, and not before. */
  (
    | { readonly kind: 'deferred'; readonly retryAt: string }
    /** The engine has it, or is being given it. `retryAt` null: it is looked at until it begins. */
    | { readonly kind: 'awaited'; readonly asked: string; readonly retryAt: string | null }
  );

/** What every run has that is over. */
interface Over {
  readonly at: string;
  /** Who archived it: lists leave it out. Null: nobody. */
  readonly archived: string | null;
}

/** One variant per status, each with the fields that it alone has. */
export type RunStatus =
  | {
      readonly status: 'queued';
      readonly activation: string;
      readonly since: string;
      /** Null: nothing is known to be in its way but others before it. */
      readonly delay: Delay | null;
    }
  | {
      readonly status: 'working';
      readonly activation: string;
      readonly since: string;
      /** Who wants it paused: its worker parks it before the next step. Null: nobody. */
      readonly pausing: string | null;
    }
  | { readonly status: 'waiting'; readonly until: WaitUntil; readonly since: string }
  /** Parked with nothing left to wait for: exists only within a transaction, which queues the next activation. */
  | {
      readonly status: 'ready';
      readonly reason: 'delegated' | 'decision' | 'timer' | 'lost' | 'returned' | 'changes' | 'resumed';
    }
  | { readonly status: 'reviewing'; readonly since: string }
  | ({ readonly status: 'accepted'; readonly by: string } & Over)
  | ({ readonly status: 'rejected'; readonly by: string; readonly reason: string } & Over)
  | ({ readonly status: 'completed' } & Over)
  | ({ readonly status: 'failed'; readonly class: FailureClass; readonly message: string } & Over)
  | ({ readonly status: 'cancelled'; readonly by: string; readonly reason: string } & Over);

export type RunState = RunFacts & RunStatus;
export type Status = RunStatus['status'];

const terminal: ReadonlySet<Status> = new Set<Status>(['accepted', 'rejected', 'completed', 'failed', 'cancelled']);
export const isTerminal = (state: { readonly status: Status }): boolean => terminal.has(state.status);

/** Who archived it; null: nobody. */
export const archivedBy = (state: RunStatus): string | null => ('archived' in state ? state.archived : null);

/** What a person can have go on after its end. */
export const resumable = ['failed', 'cancelled'] as const satisfies readonly Status[];
export const isResumable = ({ status }: { readonly status: Status }): boolean =>
  resumable.some((candidate) => candidate === status);

/** Decisions that a person can act on now, oldest first. What was still open when a run ended is nobody's to make. */
export const openDecisions = (state: Pick<RunState, 'status' | 'decisions'>): readonly OpenDecision[] =>
  isTerminal(state) ? [] : Object.values(state.decisions).filter((decision) => decision.status !== 'decided');

/** Who paused it, be it that its worker is still at its last step; null: it is not paused. */
export const pausedBy = (state: RunStatus): string | null => {
  if (state.status === 'working') return state.pausing;
  return state.status === 'waiting' && state.until.kind === 'resume' ? state.until.by : null;
};

/** Whether it can be paused: what waits for a person does nothing anyway. */
export const isPausable = (state: RunStatus): boolean =>
  state.status === 'queued' ||
  (state.status === 'working' && state.pausing === null) ||
  (state.status === 'waiting' && state.until.kind === 'time');

/** The call that the worker is at. */
export const runningCall = ({ turn }: Pick<RunFacts, 'turn'>): CallIn<'running'> | undefined =>
  turn?.phase === 'taken' ? turn.calls.find((call) => call.status === 'running') : undefined;

/** The checkpoint that the run is at; null: it is not prepared yet. */
export const headOf = ({ tree }: Pick<RunFacts, 'tree'>): Checkpoint | null =>
  tree.status === 'prepared' ? tree.head : null;

/** The tree that a call left which a person has not yet let stay; null: there is none. */
export const heldTree = ({ turn }: Pick<RunFacts, 'turn'>): Checkpoint | null => {
  const call =
    turn?.phase === 'taken' ? turn.calls.find(({ status }) => status === 'held' || status === 'released') : undefined;
  return call?.status === 'held' || call?.status === 'released' ? call.after : null;
};

/** A wait that only a person can end and whose time is over: it shows in every list as needing attention. */
export const needsAttention = (state: Pick<RunState, 'status' | 'decisions'>): boolean =>
  state.status === 'waiting' && Object.values(state.decisions).some((decision) => decision.status === 'expired');
