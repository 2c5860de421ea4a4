import { readFile } from 'node:fs/promises';
import type { WorkerEvent } from '../../shared/run/events.ts';
import { homeAt } from '../../runner/machine/home/home.ts';
import { signRunToken } from '../../runner/control/server/run-token.ts';
import { connect } from '../../runner/worker/plane/client.ts';
import { repositoryWith } from '../harness/repository.ts';
import type { Rig } from '../harness/rig.ts';

export interface LeasedWorker {
  /** Resolves when the events are on disk. */
  append(events: readonly WorkerEvent[]): Promise<void>;
}

/** A run whose lease is ours, on a rig with one worker and a model that never answers: a worker's own client appends to it. */
export const leasedWorker = async (rig: Rig): Promise<LeasedWorker> => {
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
  return {
    append: async (events) => {
      const answer = await log.append({ fence, after, events });
      if (answer.outcome === 'refused') throw new Error(answer.refusal.message);
      after = answer.events.at(-1)?.seq ?? after;
    },
  };
};
