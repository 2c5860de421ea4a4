import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import type { Store } from '../../runner/control/store/store.ts';
import { asksOnce } from '../harness/asks-once.ts';
import { descendants, inspectable, residentBytes, timersIn } from '../harness/processes.ts';
import { Rig } from '../harness/rig.ts';
import { ended, someRequest } from '../suites/runs.ts';
import { someTask } from '../fakes/task.ts';

/** Runs that wait for a person, as a runner leaves them behind. */
const park = async (store: Store, count: number): Promise<void> => {
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const one = async (index: number): Promise<void> => {
    const run = `run_parked${index}`;
    const { state } = await store.create({ run, task: someTask(), dedupeKey: null });
    const activation = state.status === 'queued' ? state.activation : '';
    await store.command(run, { kind: 'lease', activation, worker: 'w' }, { leaseUntil: Date.now() + 60_000 });
    const request = someRequest({ run, decision: 'dec_0001', kind: 'question', expiresAt });
    const events = [
      { type: 'decision.requested', v: 3, request } as const,
      ended({ kind: 'decision', decision: 'dec_0001' }),
    ];
    await store.command(run, { kind: 'append', activation, fence: 1, events }, { batch: 1 });
  };
  for (let from = 0; from < count; from += 500)
    await Promise.all(Array.from({ length: 500 }, (_, index) => one(from + index)));
};

/** The worker that is kept warm ahead of need, and its watchdog. */
const warm = 2;

describe('a run that waits for a person', () => {
  test('costs the control plane next to nothing: 10,000 of them at most 20 MB', async () => {
    const runs = 10_000;
    await using rig = await Rig.start({ script: asksOnce, env: { LONGHAUL_WORKERS: '1', ...inspectable } });
    const cost = async () => {
      const { waiting } = (await rig.api.runner.info.query()).runs;
      const listed = (await rig.api.runs.list.query({})).runs.length;
      const bytes = await residentBytes(rig.pid);
      await expect.poll(() => descendants(rig.pid)).toHaveLength(warm);
      const processes = (await descendants(rig.pid)).length;
      return { waiting, listed, bytes, processes, timers: (await timersIn(rig.output)).length };
    };
    const empty = await cost();
    await rig.kill('SIGTERM');
    {
      await using store = await openSqliteStore({ folder: path.join(rig.home, 'database') });
      await park(store, runs);
    }
    await rig.start();
    const full = await cost();
    expect({ ...full, bytes: 0, timers: 0 }).toEqual({
      waiting: runs,
      listed: 50,
      processes: warm,
      bytes: 0,
      timers: 0,
    });
    expect(Math.max(empty.timers, full.timers)).toBeLessThanOrEqual(2);
    expect((full.bytes - empty.bytes) / 1e6).toBeLessThan(20);
  });
});
