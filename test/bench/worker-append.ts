import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { homeAt } from '../../runner/config/home.ts';
import { signRunToken } from '../../runner/control/server/run-token.ts';
import { connect } from '../../runner/worker/control-client.ts';
import { neverAnswers } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
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
    const repository = await repositoryWith({ 'a.txt': 'a\n' });
    // The one worker is kept busy, so that the second run is queued for ever: its lease is ours to take.
    const busy = await rig.delegate({ repository, goal: 'Wait.' });
    await rig.event(busy.id, ({ body }) => body.type === 'model.started');
    const state = await rig.delegate({ repository, goal: 'Step.' });
    if (state.status !== 'queued') throw new Error(`the run is ${state.status}`);
    const { id: run, activation } = state;
    const secret = Buffer.from((await readFile(homeAt(rig.home).secret, 'utf8')).trim(), 'hex');
    const token = signRunToken(secret, { run, activation, now: Date.now() });
    const { log } = connect({ run, activation, url: rig.url, token }, new AbortController().signal);
    const leased = await log.lease({ run, activation, worker: 'bench' });
    if (leased.outcome === 'refused') throw new Error(leased.refusal.message);

    const { fence } = leased;
    let after = leased.events.at(-1)?.seq ?? 0;
    using raw = rawLog(join(rig.home, 'database'));
    const samples: Record<'raw' | 'worker', number[]> = { raw: [], worker: [] };
    for (let round = 0; round < steps + warm; round += 1) {
      const rawly = await timed(async () => raw.append(1));
      const stepped = await timed(async () => {
        const answer = await log.append({ fence, after, events: [stepEvent] });
        if (answer.outcome === 'refused') throw new Error(answer.refusal.message);
        after = answer.events.at(-1)?.seq ?? after;
      });
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
