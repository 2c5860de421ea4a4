import { createHash } from 'node:crypto';
import type { Command } from '../../shared/run/command.ts';
import { obey, settle } from '../../shared/run/commands.ts';
import type { EventBody, RunEvent, Task } from '../../shared/run/events.ts';
import { reduce } from '../../shared/run/reduce.ts';
import type { Refusal } from '../../shared/run/refusal.ts';
import type { RunState } from '../../shared/run/state.ts';
import type { Log } from '../../runner/worker/run/ports/ports.ts';

/** One run's log in memory, with the rules of the real one: `obey` decides, fences hold, a repeated batch is written once. */
export class MemoryLog {
  readonly run: string;
  events: RunEvent[] = [];
  #activations = 0;
  #lastBatch = '';
  #folded: RunState | undefined;
  readonly #now: () => number;

  constructor(task: Task, options: { readonly run?: string; readonly now?: () => number } = {}) {
    this.run = options.run ?? 'run_test';
    this.#now = options.now ?? Date.now;
    this.#write([{ type: 'run.created', v: 5, number: 1, task }]);
    this.#write(settle(this.state, [], this.#circumstances()).events);
  }

  get state(): RunState {
    if (this.#folded === undefined) throw new Error('the log is empty');
    return this.#folded;
  }

  get activation(): string | null {
    const { state } = this;
    return 'activation' in state ? state.activation : null;
  }

  command(command: Command): { readonly outcome: 'done' } | { readonly outcome: 'refused'; readonly refusal: Refusal } {
    const obeyed = obey(this.state, command, this.#circumstances());
    if (obeyed.outcome === 'refused') return obeyed;
    this.#write(obeyed.events);
    return { outcome: 'done' };
  }

  /** The log as one worker reaches it. */
  forWorker(activation: string): Log {
    let batch = 0;
    const answer = (after: number) => ({
      outcome: 'held' as const,
      events: this.events.filter((event) => event.seq > after),
    });
    return {
      lease: async ({ worker }) => {
        const done = this.command({ kind: 'lease', activation, worker });
        return done.outcome === 'refused'
          ? done
          : { outcome: 'leased', fence: this.state.fence, leaseMs: 60_000, events: this.events };
      },
      append: async ({ fence, after, events }) => {
        batch += 1;
        const id = `${activation}:${batch}`;
        if (id === this.#lastBatch) return answer(after);
        const done = this.command({ kind: 'append', activation, fence, events });
        if (done.outcome === 'refused') return done;
        this.#lastBatch = id;
        return answer(after);
      },
      heartbeat: async ({ after }) => answer(after),
    };
  }

  #circumstances() {
    this.#activations += 1;
    return {
      at: new Date(this.#now()).toISOString(),
      activation: `act_test${this.#activations}`,
      decision: `dec_test${this.#activations}`,
      jitter: 0,
      leaseUntil: null,
      sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
    };
  }

  #write(bodies: readonly EventBody[]): void {
    for (const body of bodies) {
      const event: RunEvent = {
        run: this.run,
        seq: this.events.length + 1,
        position: this.events.length + 1,
        at: new Date(this.#now()).toISOString(),
        activation: null,
        body,
      };
      this.events.push(event);
      this.#folded = reduce(this.#folded, event);
    }
  }
}
