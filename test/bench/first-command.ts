import type { EventBody, RunEvent } from '../../shared/run/events.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import type { Bench } from './rows.ts';
import { eventOf, timeOf } from './run-times.ts';
import { p50 } from './statistics.ts';

const rounds = 10;

/** What lies between two events, in the order in which they come. */
const parts = [
  ['snapshot and record', 'run.created'],
  ['lease', 'activation.leased'],
  ['open the ports', 'prepare.started'],
  ['prepare the tree', 'prepare.finished'],
  ['context', 'model.started'],
  ['model', 'turn.taken'],
  ['begin the call', 'call.started'],
  ['open the sandbox, run, checkpoint', 'call.finished'],
] as const satisfies readonly (readonly [string, EventBody['type']])[];

const firstAt = (events: readonly RunEvent[], type: EventBody['type']): number => {
  const found = events.find(({ body }) => body.type === type);
  if (found === undefined) throw new Error(`the run has no ${type}`);
  return timeOf(found);
};

/** From the call of a client to the end of the first command, with a worker that is there already. */
export const firstCommand: Bench = {
  name: 'delegate',
  run: async () => {
    const script = scripted([
      calls('bash', { command: 'true', timeoutSeconds: null, network: null }),
      calls('finish', { summary: 'Nothing to do.', claims: [] }),
    ]);
    await using rig = await Rig.start({ script, env: { LONGHAUL_WORKERS: '2' } });
    const repository = await repositoryWith({ 'a.txt': 'a\n', 'src/b.txt': 'b\n' });
    const wholes: number[] = [];
    const spent = parts.map((): number[] => []);
    for (let round = 0; round <= rounds; round += 1) {
      const start = Date.now();
      const { id } = await rig.delegate({ repository, goal: 'Look.', setup: [], verification: [] });
      await eventOf(rig, id, { type: 'run.completed' });
      // The first round warms up: the search program is copied, the worker has just started.
      if (round === 0) continue;
      const events = await rig.events(id);
      let before = start;
      for (const [index, [, type]] of parts.entries()) {
        const at = firstAt(events, type);
        spent[index]?.push(at - before);
        before = at;
      }
      wholes.push(before - start);
    }
    const made = parts.map(([name], index) => `${name} ${p50(spent[index] ?? [])}`);
    return [
      {
        what: 'delegate to the end of the first sandboxed command',
        value: p50(wholes),
        unit: 'ms',
        target: null,
        note: `p50 of ${rounds}, ms: ${made.join(', ')}`,
      },
    ];
  },
};
