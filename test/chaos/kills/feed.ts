import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Api } from '../../../runner/cli/connection/client.ts';
import { follow } from '../../../runner/cli/connection/feed.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import { reduce } from '../../../shared/run/reduce.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { Rig } from '../../harness/rig.ts';

export interface Followed {
  readonly state: RunState;
  readonly events: readonly RunEvent[];
}

/** All runs of a ground, as the feeds of all who serve tell them, through whatever happens to them. */
export class Feed implements AsyncDisposable {
  /** Events so far. */
  count = 0;
  /** When the last one came, by `performance.now()`. */
  lastAt = performance.now();
  /** Sentences about what a feed left out. */
  readonly gaps: string[] = [];
  readonly #runs = new Map<string, { state: RunState | null; events: RunEvent[]; seq: number }>();
  readonly #stop = new AbortController();
  readonly #following: Promise<unknown>;
  #changed = Promise.withResolvers<void>();

  constructor(rigs: readonly Rig[]) {
    this.#following = Promise.all(rigs.map((rig) => this.#follow(rig)));
  }

  of(run: string): Followed | null {
    const known = this.#runs.get(run);
    return known?.state == null ? null : { state: known.state, events: known.events };
  }

  /** Those that nobody has let go of. */
  get open(): readonly Followed[] {
    return [...this.#runs.keys()].map((run) => this.of(run)).filter((followed) => followed !== null);
  }

  /** Lets go of the events of a run that is over. */
  drop(run: string): void {
    const known = this.#runs.get(run);
    if (known !== undefined) this.#runs.set(run, { state: null, events: [], seq: known.seq });
  }

  /** Resolves with the next event of any run. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Has those who wait for an event look whether there is still something to wait for. */
  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async #follow(rig: Rig): Promise<void> {
    const { signal } = this.#stop;
    const seen = new Map<string, number>();
    const whoServes = async (): Promise<Api | null> => {
      while (rig.client === null && !signal.aborted) await pause(50);
      return signal.aborted ? null : connect({ url: rig.url, token: rig.token });
    };
    for await (const event of follow({ run: null, after: 0, signal, connect: whoServes })) {
      const before = seen.get(event.run) ?? 0;
      if (event.seq !== before + 1) this.gaps.push(`event ${event.seq} of ${event.run} came after event ${before}`);
      seen.set(event.run, event.seq);
      this.#take(event);
    }
  }

  /** The same comes from each who serves. */
  #take(event: RunEvent): void {
    const known = this.#runs.get(event.run) ?? { state: null, events: [], seq: 0 };
    if (event.seq !== known.seq + 1) return;
    known.seq = event.seq;
    known.state = reduce(known.state ?? undefined, event) ?? null;
    known.events.push(event);
    this.#runs.set(event.run, known);
    this.count += 1;
    this.lastAt = performance.now();
    this.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }
}
