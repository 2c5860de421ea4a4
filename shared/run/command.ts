import type { BaseCommit } from './base-commit.ts';
import type { DecideInput } from './decide.ts';
import type { Effect, EffectResult } from './effect.ts';
import type { EventBody, ReviewComment, WorkerEvent } from './events.ts';
import type { PullRequestTold } from './pull-request.ts';
import { refuse, type Refusal } from './refusal.ts';
import { isResumable, type RunState } from './state.ts';

/** What the engine said of an activation that it has, or is being given, and that no worker has begun with. */
export interface AwaitedDelay {
  /** Of whom, such as: a task run of Trigger.dev */
  readonly asked: string;
  readonly said: string;
  readonly remedy: string | null;
  readonly retryAt: string | null;
}

/** All that can be done to a run, by a person, its worker or the supervisor. */
export type Command =
  | { readonly kind: 'lease'; readonly activation: string; readonly worker: string }
  | {
      readonly kind: 'append';
      readonly activation: string;
      readonly fence: number;
      readonly events: readonly WorkerEvent[];
    }
  /** No worker began with it. Refused once one has. */
  | { readonly kind: 'defer'; readonly activation: string; readonly reason: string; readonly remedy: string | null }
  /** No worker has begun with it so far. Refused once one has, and where it is known already. */
  | { readonly kind: 'await'; readonly activation: string; readonly delay: AwaitedDelay }
  /** The engine will never begin with it: to ask again would be in vain. Refused once a worker has begun. */
  | { readonly kind: 'refuse'; readonly activation: string; readonly reason: string; readonly remedy: string }
  /** The worker that had it is dead. Refused while it is queued. */
  | { readonly kind: 'lose'; readonly activation: string; readonly reason: string }
  /** The worker that had it was told to stop, and has. Refused while it is queued. */
  | { readonly kind: 'return'; readonly activation: string; readonly reason: string }
  | ({ readonly kind: 'decide'; readonly by: string } & DecideInput)
  | { readonly kind: 'expire'; readonly decision: string }
  | { readonly kind: 'renew'; readonly decision: string; readonly by: string }
  | { readonly kind: 'fire' }
  | { readonly kind: 'message'; readonly by: string; readonly text: string }
  | {
      readonly kind: 'review';
      readonly by: string;
      /** Those that the person was shown: about others nothing is said. `patch` null: whichever the round has. */
      readonly round: number;
      readonly patch: string | null;
      readonly verdict: 'accepted' | 'rejected' | 'changes';
      readonly reason: string;
      readonly comments: readonly ReviewComment[];
    }
  | {
      readonly kind: 'applied';
      readonly by: string;
      readonly how: 'worktree' | 'branch' | 'undo';
      readonly target: string;
      readonly files: number;
      readonly conflicts: number;
    }
  | {
      readonly kind: 'publish';
      readonly by: string;
      /** As with `review`. */
      readonly round: number;
      readonly patch: string;
      /** In the order in which they are to be done. */
      readonly effects: readonly Effect[];
      /** Null: it is done. Else whoever may decide is asked first. */
      readonly ask: AskToPublish | null;
    }
  /** What came of an attempt at an effect. Refused where it is not what is to be done next. */
  | { readonly kind: 'effected'; readonly effect: string; readonly outcome: EffectOutcome }
  /** What became of the pull request that an effect opened. Refused where nobody wants to know any more. */
  | ({ readonly kind: 'seen'; readonly effect: string } & Sighting)
  | { readonly kind: 'cancel'; readonly by: string; readonly reason: string }
  /** Its worker finishes the step that it is at. */
  | { readonly kind: 'pause'; readonly by: string }
  | { readonly kind: 'archive' | 'unarchive'; readonly by: string }
  /** Of what was paused, or failed, or was cancelled. Whether its tree is still there, whoever sends this has looked. */
  | { readonly kind: 'resume'; readonly by: string };

/** What else a decision about publishing says. */
interface AskToPublish {
  /** Who wants it, and why somebody is asked: sentences. */
  readonly reason: string;
  /** What looks like a secret in it, a line each, without the secret itself. */
  readonly secrets: readonly string[];
}

/** `again`: another attempt may succeed; `afterMs`: no sooner than that, if the other side said so. */
export type EffectOutcome =
  | { readonly kind: 'done'; readonly result: EffectResult }
  | {
      readonly kind: 'failed';
      readonly said: string;
      readonly remedy: string;
      readonly again: boolean;
      readonly afterMs: number | null;
    };

/** What a look at a pull request came to. */
export type Sighting =
  | {
      readonly outcome: 'seen';
      readonly seen: PullRequestTold;
      readonly request: ChangeRequest | null;
      /** What it would have to be merged with, because the two conflict; null: nothing, or that cannot be done there. */
      readonly conflict: Pick<BaseCommit, 'branch' | 'commit'> | null;
      /** What the checks that failed said, where all have ended and it was asked for; null: none has failed, or nobody asked. */
      readonly failure: ChecksFailed | null;
    }
  | { readonly outcome: 'unseen'; readonly said: string; readonly remedy: string };

/** What people who may write to the repository want to be otherwise. */
export interface ChangeRequest {
  /** Of the last review that says so: each has a higher one than those before. */
  readonly review: number;
  readonly by: string;
  readonly reason: string;
  readonly comments: readonly ReviewComment[];
}

/** Checks of a pull request that failed: what they said is data. */
export interface ChecksFailed {
  readonly reason: string;
  readonly comments: readonly ReviewComment[];
}

/** What a command brings with it from outside, so that obeying it stays pure. */
export interface Circumstances {
  readonly at: string;
  /** A fresh id, in case another activation is queued. */
  readonly activation: string;
  /** A fresh id, in case a person is asked. */
  readonly decision: string;
  /** From [0, 1): spreads what is tried again. */
  readonly jitter: number;
  /** Until when the run's lease was last renewed; null: nobody has one. */
  readonly leaseUntil: string | null;
  /** Lower-case hex. */
  readonly sha256: (text: string) => string;
}

/** A command of this kind. */
export type Told<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

/** The events that a command comes to, or why it is refused. */
export type Wanted = readonly EventBody[] | { readonly outcome: 'refused'; readonly refusal: Refusal };

export const over = (state: RunState) =>
  refuse('terminal', `Run ${state.number} is over: it is ${state.status}.`, afterEnd(state));

/** What can be done with a run that is over, wherever that is said. */
export const afterEnd = ({ number, status }: Pick<RunState, 'number' | 'status'>): string =>
  isResumable({ status })
    ? `Have it go on from its last checkpoint: longhaul retry ${number}. Or delegate the task again.`
    : 'Delegate the task again if there is more to do.';
