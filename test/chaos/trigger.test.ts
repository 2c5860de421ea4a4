import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { FakeRun, FakeTrigger } from '../fakes/trigger/index.ts';
import { openFolder } from '../harness/rig.ts';
import { startWorkerTrigger, triggerSettings } from '../harness/trigger.ts';
import { expectSame, type Outcome } from './outcome.ts';
import { TwoPlanes, type Crash, type Disturbance, type Victim } from './two-planes.ts';

/** What Trigger.dev says of a task that was at work; and of one that no machine began with. */
const ends = ['CRASHED', 'TIMED_OUT', 'SYSTEM_FAILURE', 'FAILED', 'CANCELED'] as const;
type End = (typeof ends)[number];

/** Two control planes whose workers are tasks of one Trigger.dev. */
const open = async () => {
  const stack = new AsyncDisposableStack();
  const folder = await openFolder('longhaul-worker-');
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const fake = stack.use(await startWorkerTrigger(folder));
  // A lease that never runs out: whatever is noticed, Trigger.dev told it.
  const env = { ...triggerSettings(fake), LONGHAUL_WORKERS: '2', LONGHAUL_LEASE_SECONDS: '600' };
  const arena = stack.use(await TwoPlanes.open(env));
  return { arena, fake, [Symbol.asyncDispose]: () => stack.disposeAsync() };
};

const newest = ({ world }: FakeTrigger): FakeRun => world.runs.at(-1)!;

/** The run's second task is never begun with, and the victim is killed when Trigger.dev says so. */
const expires =
  ({ world }: FakeTrigger): Disturbance =>
  async (kill) => {
    const before = world.runs.length;
    await world.until(() => (world.runs[before]?.status === 'EXECUTING' ? true : undefined));
    world.held = true;
    const second = await world.until(() => world.runs[before + 1]);
    world.held = false;
    world.report(second, 'EXPIRED');
    await kill();
  };

const lossesOf = ({ raw }: Outcome): readonly string[] =>
  raw.flatMap(({ body }) => (body.type === 'activation.lost' ? [body.reason] : []));

/** What no machine began with is lost to nobody: it is put off, and spends nothing of the run's. */
const deferralsOf = ({ raw }: Outcome): readonly string[] =>
  raw.flatMap(({ body }) => (body.type === 'activation.deferred' ? [body.reason] : []));

/** One append for each end, spread over the run and on alternating sides; with LONGHAUL_SWEEP=full, every append with each. */
const sweepOf = (victim: Victim, appends: number): readonly (Crash & { readonly status: End })[] => {
  const full = process.env['LONGHAUL_SWEEP'] === 'full';
  const crashes = ends.flatMap((status, index) =>
    Array.from({ length: appends }, (_, append) => append + 1)
      .filter((append) => full || append === 1 + Math.floor(((index + 0.5) * appends) / ends.length))
      .map((append) => {
        const side =
          (append + index + (victim === 'front' ? 1 : 0)) % 2 === 0 ? ('before' as const) : ('after' as const);
        return { victim, side, append, status };
      }),
  );
  process.stderr.write(
    `chaos on Trigger.dev and Postgres, ${victim}: ${crashes.length} tasks ended at one of ${appends} appends, and one that expired\n`,
  );
  return crashes;
};

describe.concurrent('with workers on Trigger.dev and two control planes on Postgres, a run comes out the same', () => {
  for (const victim of ['supervisor', 'front'] as const)
    test(`when its task is lost and the one that is ${victim === 'front' ? 'in front' : 'supervising'} is killed at the same moment`, async () => {
      await using set = await open();
      const { arena, fake } = set;
      const plain = await arena.run(victim, null);
      const { appends } = arena.proxy;
      expect(lossesOf(plain)).toEqual([]);
      const recorded = new Set<string>();
      /** Ends that came just as the run had parked: they are lost to nobody. */
      const parked = new Set<string>();
      const check = async (disturbance: Disturbance, crash: { readonly status: End | 'EXPIRED' }): Promise<void> => {
        const crashed = await arena.run(victim, disturbance);
        expectSame(crashed, plain, crash);
        const losses = lossesOf(crashed);
        if (losses.length === 0) parked.add(crash.status);
        for (const reason of [...losses, ...deferralsOf(crashed)])
          recorded.add(/^Trigger\.dev: (\w+)/.exec(reason)?.[1] ?? reason);
        const leases = crashed.raw.filter(({ body }) => body.type === 'activation.leased').length;
        // What had parked just then is lost to nobody; what Trigger.dev never began with may be begun with again.
        expect({ crash, most: losses.length <= 1, leases }).toEqual({
          crash,
          most: true,
          leases: crash.status === 'EXPIRED' ? 2 : 2 + losses.length,
        });
        await fake.world.until(() => (fake.world.runs.every(({ execution }) => execution === null) ? true : undefined));
      };
      for (const crash of sweepOf(victim, appends))
        await check(
          arena.atAppend(crash, () => fake.world.report(newest(fake), crash.status)),
          crash,
        );
      await check(expires(fake), { status: 'EXPIRED' });
      // When the one that supervises is gone, the other finds what expired in the queue, and nothing is put off.
      const counted = [...recorded].filter((status) => victim === 'front' || status !== 'EXPIRED');
      const lost = ends.filter((status) => !parked.has(status));
      expect(counted).toEqual(victim === 'front' ? [...lost, 'EXPIRED'] : lost);
      expect(lost.length).toBeGreaterThanOrEqual(ends.length - 1);
      const { seen } = arena;
      expect(seen.map(({ position }) => position)).toEqual(seen.map((_, index) => index + 1));
    });
});
