import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { serve } from '../../runner/control/serve.ts';
import { loadConfig } from '../../runner/machine/config/config.ts';
import { clientOf } from '../../shared/client/client.ts';
import { neverAnswers } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import { leasedWorker } from './leased-worker.ts';
import type { Bench, Row } from './rows.ts';
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
      rowOf('the same by a worker of this machine, over its channel', await byChild(), { at: 'most', value: 4 }),
      rowOf('the same by a worker elsewhere, through tRPC over loopback', samples, null),
    ];
  },
};

type Samples = Readonly<Record<'raw' | 'worker', readonly number[]>>;

const rowOf = (what: string, { worker, raw }: Samples, target: Row['target']): Row => ({
  what,
  value: p50(worker) / p50(raw),
  unit: '×',
  target,
  note: `p50 ${inMs(p50(worker))} against ${inMs(p50(raw))}; control plane and worker are two processes`,
});

/** The same by a child of the embedded engine: this process is its control plane. */
const byChild = async (): Promise<Samples> => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-bench-'));
  await chmod(folder, 0o711);
  const { promise: measured, resolve } = Promise.withResolvers<Samples>();
  const ear = createServer((request, response) => {
    void json(request).then((samples) => resolve(samples as Samples)); // safe: our own child posts it
    response.end();
  }).listen(0, '127.0.0.1');
  await once(ear, 'listening');
  const loaded = await loadConfig({ flags: {}, env: { LONGHAUL_WORKERS: '1' }, file: join(folder, 'config.yaml') });
  if (loaded.outcome === 'invalid') throw new Error(loaded.problems.join('\n'));
  const child = join(import.meta.dirname, 'step-child.ts');
  const serving = await serve({
    home: join(folder, 'home'),
    config: loaded.config,
    port: 0,
    logLevel: 'silent',
    worker: [process.execPath, child, folder, `http://127.0.0.1:${(ear.address() as AddressInfo).port}`],
  });
  try {
    const repository = await repositoryWith({ 'a.txt': 'a\n' });
    await clientOf(serving).runs.delegate.mutate({ repository, goal: 'Step.' });
    return await measured;
  } finally {
    await serving.close();
    ear.close();
    await rm(folder, { recursive: true, force: true });
  }
};
