import { join } from 'node:path';
import { neverAnswers } from '../fakes/openai/index.ts';
import { Rig } from '../harness/rig.ts';
import { leasedWorker } from './leased-worker.ts';
import type { Bench } from './rows.ts';
import { inMs, p50, timed } from './statistics.ts';
import { stepEvent } from './store-run.ts';
import { rawLog } from './store.ts';

const steps = 400;
const warm = 100;

/** A worker's own client against a control plane in a process of its own: the step as a worker pays for it. */
export const workerAppend: Bench = {
  name: 'http',
  run: async () => {
    await using rig = await Rig.start({ script: () => neverAnswers(), env: { LONGHAUL_WORKERS: '1' } });
    const worker = await leasedWorker(rig);
    using raw = rawLog(join(rig.home, 'database'));
    const samples: Record<'raw' | 'worker', number[]> = { raw: [], worker: [] };
    for (let round = 0; round < steps + warm; round += 1) {
      const rawly = await timed(async () => raw.append(1));
      const stepped = await timed(() => worker.append([stepEvent]));
      if (round < warm) continue;
      samples.raw.push(rawly);
      samples.worker.push(stepped);
    }
    return [
      {
        what: 'the same by a worker, through tRPC over loopback',
        value: p50(samples.worker) / p50(samples.raw),
        unit: '×',
        target: null,
        note: `p50 ${inMs(p50(samples.worker))} against ${inMs(p50(samples.raw))}; the control plane in its own process`,
      },
    ];
  },
};
