import { Trouble } from '../../../shared/trouble.ts';
import type { Ticket } from '../../../shared/api/worker-api.ts';

export interface Held {
  readonly run: string;
  readonly activation: string;
}

/** An activation that a worker has the lease of, whoever started that worker. */
export interface HeldBy extends Held {
  readonly worker: string | null;
}

export interface Lost extends Held {
  readonly reason: string;
}

/** What stands in the way of an activation that no worker has begun with. */
export interface Said extends Held {
  /** What was asked of whom, such as: a task run of Trigger.dev */
  readonly asked: string;
  /** The same words for as long as it is the same. */
  readonly said: string;
  /** What a person can do; null: nothing is known. */
  readonly remedy: string | null;
  /** Ms since the epoch, when it is asked again; null: it is looked at until it begins. */
  readonly retryAt: number | null;
}

/** The engine does not do what it was asked, and says why: not trouble that passes by itself. */
export class EngineRefusal extends Trouble {
  override readonly name = 'EngineRefusal';
  /** Asking for the same again would be refused again. Else somebody has to do something first, and then it may work. */
  readonly forGood: boolean;
  constructor(
    message: string,
    options: { readonly forGood: boolean; readonly remedy: string; readonly cause?: unknown },
  ) {
    super(message, options);
    this.forGood = options.forGood;
  }
}

/**
 * What brings an activation to a worker. The store is the queue; an engine is told when something is in it.
 *
 * `dispatch` is idempotent on the activation's id and returns when the work is handed over, not when it is done; it throws
 * where that could not be done: EngineRefusal where that is for a reason that does not pass by itself. A start that is slow is waited for as long as it may still come to something.
 * `cancel` stops the worker of an activation, if there is one, and waits for nothing. A worker that ended without
 * ending its activation, or before it began with it, is reported through `onLost`, at most once for each activation.
 * Disposing it stops the workers that live with it; what they had is nobody's loss, and is not reported.
 */
export interface Engine extends AsyncDisposable {
  readonly kind: 'embedded' | 'trigger';
  /** How many activations it can take now. */
  capacity(): number;
  dispatch(ticket: Ticket): Promise<void>;
  cancel(activation: string): void;
  /** The activations of a run that it has been given and that are not over. */
  having(run: string): readonly string[];
  /** The run is over, though it was parked: whatever is kept for its next activation may go. Waits for nothing. */
  release(run: string): void;
  /**
   * The activation has parked its run, or ended: whatever its worker still does, and however long it stays, it takes none of
   * the places that `capacity` counts. Waits for nothing.
   */
  parked(activation: string): void;
  onLost(listener: (lost: Lost) => void): void;
  /** Called when something is known of why no worker begins with an activation, and whenever that becomes something else. */
  onSaid(listener: (said: Said) => void): void;
  /** What of the engine does not work as it should, or is not known to, a sentence each. */
  troubles(): readonly string[];
  /**
   * Takes up activations that were begun under another control plane: before the first dispatch, and whenever this one
   * takes over from another. Resolves with those that are lost. Where workers die with their control plane, those of an
   * earlier one of the same home are, and others are not its business.
   */
  resume(held: readonly HeldBy[]): Promise<readonly Lost[]>;
  /** Something that was busy is free again: a good moment to look at the queue. */
  onFree(listener: () => void): void;
}
