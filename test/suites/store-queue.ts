import { describe, expect, test } from 'vitest';
import { pick } from '../../runner/control/engine/schedule.ts';
import type { Scheduled, Store } from '../../runner/control/store/store.ts';
import type { Command } from '../../shared/run/command.ts';
import { someTask } from '../fakes/task.ts';
import type { OpenStore } from './store.ts';

const start = Date.parse('2030-01-01T00:00:00.000Z');
const unlimited = { perTenant: null, perRepository: null };

interface Some {
  readonly tenant: string;
  readonly count: number;
  readonly priority?: number;
  readonly repository?: string;
}

/** So many runs of a tenant, `run_<tenant>x1` and on. */
const fill = async (store: Store, { tenant, count, priority = 0, repository = '/r' }: Some): Promise<void> => {
  const runs = Array.from({ length: count }, (_, index) => `run_${tenant}x${index + 1}`);
  // A few come one after the other: where several write at once, their order is nobody's.
  const atOnce = count > 100 ? 250 : 1;
  for (let from = 0; from < runs.length; from += atOnce)
    await Promise.all(
      runs
        .slice(from, from + atOnce)
        .map((run) => store.create({ run, task: someTask({ tenant, priority, repository }), dedupeKey: null })),
    );
};

const command = async (store: Store, run: string, what: Command): Promise<void> => {
  const written = await store.command(run, what);
  if (written.outcome === 'refused') throw new Error(written.refusal.message);
};
const activationOf = async (store: Store, run: string): Promise<string> => {
  const state = await store.state(run);
  return state !== null && 'activation' in state ? state.activation : '';
};
const names = (items: readonly Scheduled[]): readonly string[] => items.map(({ run }) => run);

/** What of the queue goes next, however long it is. With 5,000 runs: long on Postgres. */
export const queueSuite = (name: string, open: OpenStore): void => {
  describe(`${name}: the queue of each tenant`, () => {
    test('a tenant with five runs gets its turn behind one with five thousand', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      await fill(store, { tenant: 'many', count: 5_000 });
      await fill(store, { tenant: 'few', count: 5 });
      const queued = await store.heads({ now: start, places: 4, byRepository: false });
      const picked = pick({ queued, running: [], limits: unlimited, freeSlots: 4 });
      expect(picked.map(({ tenant }) => tenant).toSorted()).toEqual(['few', 'few', 'many', 'many']);
      // What was handed to an engine is found in the queue wherever it is in it, until it is begun.
      const last = ['run_manyx5000', 'run_fewx5'];
      expect(names(await store.queuedAmong([...last, 'run_none'])).toSorted()).toEqual(last.toSorted());
      const activation = await activationOf(store, 'run_manyx5000');
      await command(store, 'run_manyx5000', { kind: 'lease', activation, worker: 'w' });
      expect(names(await store.queuedAmong(last))).toEqual(['run_fewx5']);
      expect(await store.queuedAmong([])).toEqual([]);
    });

    test('gives the most urgent of each tenant, and of each repository where that counts', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      await fill(store, { tenant: 'a1', count: 3, repository: '/r' });
      await fill(store, { tenant: 'a2', count: 1, repository: '/r', priority: -1 });
      await fill(store, { tenant: 'a3', count: 2, repository: '/s', priority: 3 });
      const heads = async (places: number, byRepository: boolean) =>
        names(await store.heads({ now: start, places, byRepository }));
      expect(await heads(1, false)).toEqual(['run_a3x1', 'run_a1x1', 'run_a2x1']);
      expect(await heads(2, false)).toEqual(['run_a3x1', 'run_a3x2', 'run_a1x1', 'run_a1x2', 'run_a2x1']);
      await store.create({
        run: 'run_a3zz',
        task: someTask({ tenant: 'a3', priority: -9, repository: '/t' }),
        dedupeKey: null,
      });
      expect(await heads(1, true)).toEqual(['run_a3x1', 'run_a1x1', 'run_a2x1', 'run_a3zz']);
      expect(await store.heads({ now: start, places: 1, byRepository: false })).toEqual([
        expect.objectContaining({ tenant: 'a3', priority: 3, repository: '/s', leaseUntil: null, worker: null }),
        expect.objectContaining({ tenant: 'a1', activation: await activationOf(store, 'run_a1x1') }),
        expect.objectContaining({ tenant: 'a2' }),
      ]);
    });

    test('leaves out what its engine is to be asked again about later, and says when that is', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      await fill(store, { tenant: 'aa', count: 2 });
      const [late, soon] = ['run_aax1', 'run_aax2'];
      for (let time = 0; time < 12; time += 1)
        await command(store, late, {
          kind: 'defer',
          activation: await activationOf(store, late),
          reason: 'no memory',
          remedy: null,
        });
      const state = await store.state(late);
      const retryAt = state?.status === 'queued' ? Date.parse(state.delay?.retryAt ?? '') : NaN;
      const heads = async () => names(await store.heads({ now, places: 5, byRepository: false }));
      // Full jitter may come to nothing at all, once in some hundred thousand times.
      expect([await heads(), await store.due(now)]).toEqual([
        [soon],
        { leases: [], timers: [], expiries: [], nextAt: retryAt },
      ]);
      now = retryAt;
      expect(await heads()).toEqual([late, soon]);
      // It is nobody's timer: the dispatcher takes it.
      expect(await store.due(now + 1)).toMatchObject({ timers: [], nextAt: null });
      expect(names(await store.queuedAmong([late, soon])).toSorted()).toEqual([late, soon].toSorted());
    });
  });
};
