export type StopReason = 'timeout' | 'cancelled' | 'limit' | 'memory';

export interface LimitWatch {
  readonly reason: 'limit' | 'memory';
  readonly everyMs: number;
  exceeded(): Promise<boolean>;
}

/** Why a command must end early: the first reason counts, and fires `signal`. Disposing it ends its timers. */
export class CommandStop implements Disposable {
  readonly #controller = new AbortController();
  readonly #cancel: AbortSignal;
  readonly #deadline: NodeJS.Timeout;
  readonly #polls = new Map<LimitWatch, NodeJS.Timeout>();
  #ended = false;
  #reason: StopReason | null = null;

  constructor({ timeoutMs, cancel }: { readonly timeoutMs: number; readonly cancel: AbortSignal }) {
    this.#cancel = cancel;
    this.#deadline = setTimeout(() => this.#stop('timeout'), timeoutMs);
    cancel.addEventListener('abort', this.#onCancel);
    if (cancel.aborted) this.#stop('cancelled');
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): StopReason | null {
    return this.#reason;
  }

  /** Looks again `everyMs` after each look has ended, so that a large tree slows the looks down and not the machine. */
  watch(watch: LimitWatch): void {
    this.#polls.set(
      watch,
      setTimeout(() => void this.#look(watch), watch.everyMs),
    );
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearTimeout(this.#deadline);
    for (const poll of this.#polls.values()) clearTimeout(poll);
    this.#cancel.removeEventListener('abort', this.#onCancel);
  }

  readonly #onCancel = (): void => this.#stop('cancelled');

  async #look(watch: LimitWatch): Promise<void> {
    // A look that fails says nothing of the limit: the next one does.
    const exceeded = await watch.exceeded().catch(() => false);
    if (this.#ended) return;
    if (exceeded) return this.#stop(watch.reason);
    this.watch(watch);
  }

  #stop(reason: StopReason): void {
    this.#reason ??= reason;
    this.#controller.abort();
  }
}
