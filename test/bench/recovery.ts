import { calls, type Script } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import type { Bench, Row } from './rows.ts';
import { eventOf, timeOf, workerOf } from './run-times.ts';
import { inMs, p50 } from './statistics.ts';

const rounds = 5;

const script: Script = () => calls('bash', { command: 'sleep 60', timeoutSeconds: null, network: null });

/** ms from the kill of a run in the midst of a command to that command being begun again, with the tree from before it. */
const recover = async (rig: Rig, repository: string, kill: (worker: number) => Promise<void>): Promise<number> => {
  const { id } = await rig.delegate({ repository, goal: 'Sleep.', setup: [], verification: [] });
  const started = await eventOf(rig, id, { type: 'call.started' });
  const worker = workerOf(await eventOf(rig, id, { type: 'activation.leased' }));
  const killed = Date.now();
  await kill(worker);
  const again = await eventOf(rig, id, { type: 'call.started', after: started });
  await rig.api.runs.cancel.mutate({ run: id });
  return timeOf(again) - killed;
};

const rowOf = (what: string, times: readonly number[], note: string): Row => ({
  what: `recovery: SIGKILL of ${what} to its command begun again`,
  value: p50(times),
  unit: 'ms',
  target: null,
  note: `p50 of ${rounds}; slowest ${inMs(Math.max(...times))}; ${note}`,
});

export const recovery: Bench = {
  name: 'recovery',
  run: async () => {
    await using rig = await Rig.start({ script, env: { LONGHAUL_WORKERS: '2' } });
    const repository = await repositoryWith({ 'a.txt': 'a\n' });
    const workers: number[] = [];
    const planes: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      workers.push(await recover(rig, repository, async (worker) => void process.kill(worker, 'SIGKILL')));
      const plane = await recover(rig, repository, async () => {
        await rig.kill();
        await rig.start();
      });
      planes.push(plane);
    }
    return [
      rowOf('a worker', workers, 'another worker is warm'),
      rowOf('the control plane', planes, 'its restart and that of its workers in it'),
    ];
  },
};
