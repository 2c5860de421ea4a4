import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { homeAt } from '../../runner/machine/home/home.ts';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { neverAnswers } from '../fakes/openai/index.ts';
import { Rig } from '../harness/rig.ts';
import type { Bench } from './rows.ts';
import { p50 } from './statistics.ts';
import { park } from './store-run.ts';
import { benchParkedRun } from './store.ts';

const runs = 10_000;
const atOnce = 500;
const rounds = 3;
/** ms that a process gets to settle after it has done something. */
const settleMs = 300;

const residentMb = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
};

interface Memory {
  readonly start: number;
  readonly listed: number;
}

/** A control plane is started anew, as after a boot; MB of it then, and after a client looked at the list. */
const memoryOf = async (rig: Rig): Promise<Memory> => {
  await rig.kill('SIGTERM');
  await rig.start();
  await pause(settleMs);
  const start = await residentMb(rig.pid);
  await rig.api.runs.list.query({});
  await pause(settleMs);
  return { start, listed: await residentMb(rig.pid) };
};

/** Two control planes in turn, one with nothing and one with many runs that wait for a person. */
export const parked: Bench = {
  name: 'parked',
  run: async () => {
    const options = { script: () => neverAnswers(), env: { LONGHAUL_WORKERS: '1' } };
    await using empty = await Rig.start(options);
    await using full = await Rig.start(options);
    await full.kill('SIGTERM');
    {
      await using store = await openSqliteStore({ folder: homeAt(full.home).database });
      for (let from = 0; from < runs; from += atOnce)
        await Promise.all(Array.from({ length: atOnce }, (_, index) => park(store, `run_parked${from + index}`)));
    }
    await full.start();
    const { waiting } = (await full.api.runner.info.query()).runs;
    if (waiting !== runs) throw new Error(`${waiting} runs are parked instead of ${runs}`);
    const without: Memory[] = [];
    const withThem: Memory[] = [];
    for (let round = 0; round < rounds; round += 1) {
      without.push(await memoryOf(empty));
      withThem.push(await memoryOf(full));
    }
    const row = (when: string, of: (memory: Memory) => number) => {
      const [less, more] = [p50(without.map(of)), p50(withThem.map(of))];
      return {
        what: `${runs.toLocaleString('en')} parked runs, memory of the control plane ${when}`,
        value: more - less,
        unit: 'MB' as const,
        target: { at: 'most' as const, value: 20 },
        note: `resident, p50 of ${rounds} starts: ${more.toFixed(1)} MB against ${less.toFixed(1)} MB with none`,
      };
    };
    return [
      row('after its start', ({ start }) => start),
      row('after a list', ({ listed }) => listed),
      {
        what: `${runs.toLocaleString('en')} runs parked by one process, what it grew by meanwhile`,
        value: (benchParkedRun(runs) * runs) / 2 ** 20,
        unit: 'MB',
        target: { at: 'most', value: 20 },
        note: 'the store alone, after it had parked 2,000 others',
      },
    ];
  },
};
