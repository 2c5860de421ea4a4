import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connect, type Api } from '../../runner/client/client.ts';
import { follow } from '../../runner/client/feed.ts';
import { problemOf } from '../../runner/client/problem.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { reduce } from '../../shared/run/reduce.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { Planes } from '../harness/planes.ts';
import { AppendProxy } from '../harness/proxy.ts';
import type { Rig } from '../harness/rig.ts';
import { expectSame, outcomeOf, type Outcome } from './outcome.ts';
import { scenarioInput, scenarioRepository, script } from './scenario.ts';

/**
 * `supervisor`: the control plane that looks after all runs, whose worker has this one and dies with it, and which serves
 * the client. `front`: the one that serves worker and client, and nothing else.
 */
type Victim = 'supervisor' | 'front';

interface Crash {
  readonly victim: Victim;
  readonly side: 'before' | 'after';
  /** The worker's append at which it happens, from 1. */
  readonly append: number;
}

/** Two control planes on one Postgres, and a client that follows all runs through whatever happens to either. */
class Arena implements AsyncDisposable {
  readonly planes: Planes;
  readonly proxy: AppendProxy;
  readonly repository: string;
  readonly seen: RunEvent[] = [];
  private readonly api: Api;
  private readonly stop = new AbortController();
  private readonly following: Promise<void>;
  private changed = Promise.withResolvers<void>();

  private constructor(planes: Planes, proxy: AppendProxy, repository: string) {
    this.planes = planes;
    this.proxy = proxy;
    this.repository = repository;
    this.api = connect({ url: planes.url, token: planes.all[0].token });
    this.following = this.followAll();
  }

  static async open(): Promise<Arena> {
    const proxy = new AppendProxy();
    const publicUrl = await proxy.listen();
    const env = { LONGHAUL_WORKERS: '1', LONGHAUL_LEASE_SECONDS: '2' };
    return new Arena(await Planes.open({ script, env, publicUrl }), proxy, await scenarioRepository());
  }

  async run(victim: Victim, crash: Crash | null): Promise<Outcome> {
    const { planes, proxy } = this;
    const supervisor = await planes.supervisor();
    const other = planes.otherThan(supervisor);
    const [front, spare] = victim === 'supervisor' ? [supervisor, other] : [other, supervisor];
    this.lead(front);
    const asked = planes.model.journal.length;
    proxy.appends = 0;
    const { promise: killed, resolve: dead } = Promise.withResolvers<void>();
    let struck = false;
    const strike = async (append: number, side: Crash['side']): Promise<'pass' | 'drop'> => {
      if (struck || crash?.append !== append || crash.side !== side) return 'pass';
      struck = true;
      await front.kill();
      this.lead(spare);
      dead();
      return 'drop';
    };
    proxy.rule = { before: (append) => strike(append, 'before'), after: (append) => strike(append, 'after') };
    const { id } = await front.delegate({ ...scenarioInput, repository: this.repository });
    const state = await this.drive(id);
    if (crash !== null) {
      // The last append ends the run before the proxy has heard of it.
      await killed;
      await front.start();
    }
    return outcomeOf({ state, events: await spare.events(id), journal: planes.model.journal.slice(asked) });
  }

  /** Workers through the proxy and the client through the balancer are at this one from now on. */
  private lead(to: Rig): void {
    this.proxy.target = to.url;
    this.planes.lead(to);
  }

  private async followAll(): Promise<void> {
    const { api, stop } = this;
    for await (const event of follow({ run: null, after: 0, signal: stop.signal, connect: async () => api })) {
      this.seen.push(event);
      this.changed.resolve();
      this.changed = Promise.withResolvers<void>();
    }
  }

  /** Approves what is asked, until the run is in review or over, going by what the feed says alone. */
  private async drive(run: string): Promise<RunState> {
    let state: RunState | undefined;
    for (let next = 0; ;) {
      for (const event of this.seen.slice(next)) if (event.run === run) state = reduce(state, event);
      next = this.seen.length;
      if (state?.status === 'reviewing' || state?.status === 'failed' || state?.status === 'completed') return state;
      if (state?.status === 'waiting') await this.approve(state);
      if (this.seen.length === next) await this.changed.promise;
    }
  }

  private async approve(state: RunState): Promise<void> {
    for (const { status, request } of openDecisions(state)) {
      if (status === 'pending')
        await this.insist(() =>
          this.api.call.decisions.approve.mutate({ run: state.id, decision: request.id, hash: request.hash }),
        );
    }
  }

  /** As a person would: one control plane is gone, so they ask again, and get the other one. */
  private async insist(ask: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await ask();
        return;
      } catch (error) {
        const problem = problemOf(error);
        // The answer to the first time was lost.
        if (problem?.message.includes('was already made') === true) return;
        if (problem?.code !== 'unreachable' && problem?.code !== 'unavailable') throw error;
        await pause(50);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.following;
    await this.planes[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** Every so many appends are struck at, unless all are asked for: LONGHAUL_SWEEP=full. A supervisor's loss takes a lease to notice. */
const strides = { supervisor: 6, front: 4 } as const;

const sweepOf = (victim: Victim, appends: number): readonly Crash[] => {
  const stride = process.env['LONGHAUL_SWEEP'] === 'full' ? 1 : strides[victim];
  const all = Array.from({ length: appends }, (_, index) => index + 1);
  const crashes = (['before', 'after'] as const).flatMap((side, shift) =>
    // The two sides are struck at other appends each, so that more of them are.
    all
      .filter((append) => append === appends || (append - 1 + shift * Math.floor(stride / 2)) % stride === 0)
      .map((append) => ({ victim, side, append })),
  );
  process.stderr.write(`chaos on Postgres, ${victim}: ${crashes.length} of ${2 * appends} places to be killed at\n`);
  return crashes;
};

describe.concurrent('on Postgres, with two control planes, a run comes out the same', () => {
  for (const victim of ['supervisor', 'front'] as const)
    test(`when the one that is ${victim === 'front' ? 'in front' : 'supervising'} is killed, and the other goes on`, async () => {
      await using arena = await Arena.open();
      const plain = await arena.run(victim, null);
      const { appends } = arena.proxy;
      expect(plain.raw.filter(({ body }) => body.type === 'call.finished').length).toBeGreaterThanOrEqual(12);
      for (const crash of sweepOf(victim, appends)) expectSame(await arena.run(victim, crash), plain, crash);
      const { seen } = arena;
      expect(seen.map(({ position }) => position)).toEqual(seen.map((_, index) => index + 1));
    });
});
