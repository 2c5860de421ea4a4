import type { Ticket } from '../../../shared/api/worker-api.ts';

/**
 * What brings an activation to a worker. The store is the queue; an engine is told when something is in it.
 *
 * `dispatch` is idempotent on the activation's id and returns when the work is handed over, not when it is done;
 * `cancel` stops the worker of an activation, if there is one, and waits for nothing. A worker that ended without
 * ending its activation is reported through `onLost`, at most once for each activation.
 */
export interface Engine extends AsyncDisposable {
  readonly kind: 'embedded' | 'trigger';
  /** How many activations it can take now. */
  capacity(): number;
  dispatch(ticket: Ticket): Promise<void>;
  cancel(activation: string): void;
  onLost(
    listener: (lost: { readonly run: string; readonly activation: string; readonly reason: string }) => void,
  ): void;
  /** Something that was busy is free again: a good moment to look at the queue. */
  onFree(listener: () => void): void;
}
