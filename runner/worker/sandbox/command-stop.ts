export type StopReason = 'timeout' | 'cancelled' | 'limit';

export interface QuotaWatch {
  readonly everyMs: number;
  exceeded(): Promise<boolean>;
}

/** Why a command must end early: the first reason counts, and fires `signal`. Disposing it ends its timers. */
export class CommandStop implements Disposable {
  readonly #controller = new AbortController();
  readonly #cancel: AbortSignal;
  readonly #deadline: NodeJS.Timeout;
  #poll: NodeJS.Timeout | undefined;
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
  watchQuota(watch: QuotaWatch): void {
    this.#poll = setTimeout(() => void this.#look(watch), watch.everyMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#poll);
    this.#poll = undefined;
    this.#cancel.removeEventListener('abort', this.#onCancel);
  }

  readonly #onCancel = (): void => this.#stop('cancelled');

  async #look(watch: QuotaWatch): Promise<void> {
    const exceeded = await watch.exceeded();
    if (this.#poll === undefined) return;
    if (exceeded) return this.#stop('limit');
    this.watchQuota(watch);
  }

  #stop(reason: StopReason): void {
    this.#reason ??= reason;
    this.#controller.abort();
  }
}
