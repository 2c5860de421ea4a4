import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Api } from '../../runner/cli/connection/client.ts';
import { follow } from '../../runner/cli/connection/feed.ts';
import { problemOf } from '../../runner/cli/connection/problem.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { reduce } from '../../shared/run/reduce.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { Planes } from '../harness/planes.ts';
import { AppendProxy } from '../harness/proxy.ts';
import type { Rig } from '../harness/rig.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { scenarioInput, scenarioRepository, script } from './scenario.ts';

/**
 * Who is killed. `supervisor`: the control plane that looks after all runs, and which serves worker and client; workers that
 * are its child processes die with it. `front`: the one that serves worker and client, and nothing else.
 */
export type Victim = 'supervisor' | 'front';

export interface Crash {
  readonly victim: Victim;
  /** On which side of the write. */
  readonly side: 'before' | 'after';
  /** The worker's append at which it happens, from 1. */
  readonly append: number;
}

/** Arranges for the victim to be killed during a run: by `kill`, once. Returns when it has been, or will be. */
export type Disturbance = (kill: () => Promise<void>) => Promise<void>;

/** Two control planes on one Postgres, and a client that follows all runs through whatever happens to either. */
export class TwoPlanes implements AsyncDisposable {
  readonly planes: Planes;
  readonly proxy: AppendProxy;
  readonly repository: string;
  readonly seen: RunEvent[] = [];
  readonly #api: Api;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #changed = Promise.withResolvers<void>();

  private constructor(planes: Planes, proxy: AppendProxy, repository: string) {
    this.planes = planes;
    this.proxy = proxy;
    this.repository = repository;
    this.#api = connect({ url: planes.url, token: planes.all[0].token });
    this.#following = this.#followAll();
  }

  static async open(env: Readonly<Record<string, string>>): Promise<TwoPlanes> {
    const proxy = new AppendProxy();
    const publicUrl = await proxy.listen();
    return new TwoPlanes(await Planes.open({ script, env, publicUrl }), proxy, await scenarioRepository());
  }

  /** Drives the scenario to its end; without a disturbance, as it is when all goes well. */
  async run(victim: Victim, disturbance: Disturbance | null): Promise<Outcome> {
    const { planes, proxy } = this;
    const supervisor = await planes.supervisor();
    const other = planes.otherThan(supervisor);
    const [front, spare] = victim === 'supervisor' ? [supervisor, other] : [other, supervisor];
    this.#lead(front);
    const asked = planes.model.journal.length;
    proxy.appends = 0;
    proxy.rule = null;
    const { promise: killed, resolve: dead } = Promise.withResolvers<void>();
    const kill = async (): Promise<void> => {
      await front.kill();
      this.#lead(spare);
      dead();
    };
    const disturbed = disturbance?.(kill);
    const { id } = await front.delegate({ ...scenarioInput, repository: this.repository });
    const state = await this.#drive(id);
    await disturbed;
    if (disturbance !== null) {
      // The last append ends the run before the proxy has heard of it.
      await killed;
      await front.start();
    }
    return outcomeOf({ state, events: await spare.events(id), journal: planes.model.journal.slice(asked) });
  }

  /**
   * Kills at an append, which is lost if it happens before, or whose answer is if it happens after. `befall` is what comes to
   * the worker besides: when the victim is already away in the first case, just before it is in the second.
   */
  atAppend({ append, side }: Crash, befall: () => void = () => {}): Disturbance {
    return async (kill) => {
      let struck = false;
      const strike = async (at: number, on: Crash['side']): Promise<'pass' | 'drop'> => {
        // Sent again, it is the same append.
        if (struck || at !== append || on !== side) return 'pass';
        struck = true;
        if (side === 'after') befall();
        await kill();
        if (side === 'before') befall();
        return 'drop';
      };
      this.proxy.rule = { before: (at) => strike(at, 'before'), after: (at) => strike(at, 'after') };
    };
  }

  /** Workers through the proxy and the client through the balancer are at this one from now on. */
  #lead(to: Rig): void {
    this.proxy.target = to.url;
    this.planes.lead(to);
  }

  async #followAll(): Promise<void> {
    const signal = this.#stop.signal;
    for await (const event of follow({ run: null, after: 0, signal, connect: async () => this.#api })) {
      this.seen.push(event);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers<void>();
    }
  }

  /** Approves what is asked, until the run is in review or over, going by what the feed says alone. */
  async #drive(run: string): Promise<RunState> {
    let state: RunState | undefined;
    for (let next = 0; ;) {
      for (const event of this.seen.slice(next)) if (event.run === run) state = reduce(state, event);
      next = this.seen.length;
      if (state?.status === 'reviewing' || state?.status === 'failed' || state?.status === 'completed') return state;
      if (state?.status === 'waiting') await this.#approve(state);
      if (this.seen.length === next) await this.#changed.promise;
    }
  }

  async #approve(state: RunState): Promise<void> {
    for (const { status, request } of openDecisions(state)) {
      if (status === 'pending')
        await this.#insist(() =>
          this.#api.call.decisions.decide.mutate({
            run: state.id,
            decision: request.id,
            hash: request.hash,
            verdict: { kind: 'approved' },
          }),
        );
    }
  }

  /** As a person would: one control plane is gone, so they ask again, and get the other one. */
  async #insist(ask: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await ask();
        return;
      } catch (error) {
        const problem = problemOf(error);
        // The answer to the first time was lost.
        if (problem?.message.includes('was already approved by') === true) return;
        if (problem?.code !== 'unreachable' && problem?.code !== 'unavailable') throw error;
        await pause(50);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await this.planes[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }
}
