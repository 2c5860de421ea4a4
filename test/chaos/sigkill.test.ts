import { describe, expect, test } from 'vitest';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { AppendProxy } from '../harness/proxy.ts';
import { Rig } from '../harness/rig.ts';
import { expectSame, outcomeOf, type Outcome } from './outcome.ts';
import { scenarioInput, scenarioRepository, script } from './scenario.ts';
import { drawn } from './sweep.ts';

/** Who is killed, and on which side of the write. */
interface Crash {
  readonly victim: 'worker' | 'control plane' | 'both';
  readonly side: 'before' | 'after';
  /** The worker's append at which it happens, from 1. */
  readonly append: number;
}

/** One runner behind a proxy, on which run after run is driven to review, each crashed at another place. */
class Arena implements AsyncDisposable {
  readonly rig: Rig;
  readonly proxy: AppendProxy;
  readonly repository: string;
  #restarting: Promise<void> = Promise.resolve();

  private constructor(rig: Rig, proxy: AppendProxy, repository: string) {
    this.rig = rig;
    this.proxy = proxy;
    this.repository = repository;
  }

  static async open(): Promise<Arena> {
    const proxy = new AppendProxy();
    const rig = await Rig.start({
      script,
      env: { LONGHAUL_PUBLIC_URL: await proxy.listen(), LONGHAUL_WORKERS: '1', LONGHAUL_LEASE_SECONDS: '5' },
    });
    proxy.target = rig.url;
    return new Arena(rig, proxy, await scenarioRepository());
  }

  async run(crash: Crash | null): Promise<Outcome> {
    const { rig, proxy } = this;
    const asked = rig.model.journal.length;
    proxy.appends = 0;
    const delegated = Promise.withResolvers<void>();
    const strike = async (append: number, side: Crash['side']): Promise<'pass' | 'drop'> => {
      if (crash === null || crash.append !== append || crash.side !== side) return 'pass';
      crash = null;
      // A fast worker appends before whoever delegated has the answer, and that client does not ask again.
      await delegated.promise;
      await this.#kill(struck.victim);
      return 'drop';
    };
    // safe: used by `strike` alone, and only where there is a crash
    const struck = crash as Crash;
    proxy.rule = { before: (append) => strike(append, 'before'), after: (append) => strike(append, 'after') };
    const { id } = await rig.delegate({ ...scenarioInput, repository: this.repository });
    delegated.resolve();
    const state = await this.#drive(id);
    return outcomeOf({ state, events: await rig.events(id), journal: rig.model.journal.slice(asked) });
  }

  async #kill(victim: Crash['victim']): Promise<void> {
    const { rig } = this;
    const workers = victim === 'control plane' ? [] : await rig.workers();
    if (victim !== 'worker')
      this.#restarting = rig
        .kill()
        .then(() => rig.start())
        .then(() => void (this.proxy.target = rig.url));
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    if (victim !== 'worker') await this.#restarting;
  }

  /** Approves what is asked and waits, through restarts, until the run is in review or over. */
  async #drive(id: string): Promise<RunState> {
    for (;;) {
      try {
        await this.#restarting;
        const state = await this.rig.settled(
          id,
          ({ status }) =>
            status === 'waiting' || status === 'reviewing' || status === 'failed' || status === 'completed',
        );
        if (state.status !== 'waiting') return state;
        for (const { status, request } of openDecisions(state))
          if (status === 'pending')
            await this.rig.api.decisions.decide.mutate({
              run: id,
              decision: request.id,
              hash: request.hash,
              verdict: { kind: 'approved' },
            });
        await this.rig.settled(id, ({ seq }) => seq > state.seq);
      } catch (error) {
        // Whoever asks a runner that is being killed gets no answer, and asks the next one.
        await this.#restarting;
        if (!/fetch failed|terminated|ECONN|not running|socket|aborted|was already \w+ by/i.test(String(error)))
          throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }
}

const victims = ['worker', 'control plane', 'both'] as const;

/** Each side of each append, by one of the victims. */
const sweepOf = (victim: Crash['victim'], appends: number): readonly Crash[] =>
  drawn(
    { of: `SQLite, ${victim}`, stride: victims.length, first: victims.indexOf(victim) },
    (['before', 'after'] as const).flatMap((side) =>
      Array.from({ length: appends }, (_, index) => ({ victim, side, append: index + 1 })),
    ),
  );

describe.concurrent('a run comes out the same', () => {
  for (const victim of victims)
    test(`when the ${victim === 'both' ? 'worker and the control plane are' : `${victim} is`} killed at one of its events`, async () => {
      await using arena = await Arena.open();
      const plain = await arena.run(null);
      expect(plain.raw.filter(({ body }) => body.type === 'call.finished').length).toBeGreaterThanOrEqual(12);
      expect(plain.raw.filter(({ body }) => body.type === 'decision.made')).toHaveLength(1);
      for (const crash of sweepOf(victim, arena.proxy.appends)) expectSame(await arena.run(crash), plain, crash);
    });
});
