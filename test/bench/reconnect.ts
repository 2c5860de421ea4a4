import { connect } from '../../runner/cli/connection/client.ts';
import { follow } from '../../runner/cli/connection/feed.ts';
import { neverAnswers } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import { CuttableLine } from './cuttable.ts';
import type { Bench } from './rows.ts';
import { eventOf } from './run-times.ts';
import { inMs, p50 } from './statistics.ts';

const cuts = 20;

/** The connection of a client that follows a run is cut; at once something happens; how long until the client has it. */
export const reconnect: Bench = {
  name: 'reconnect',
  run: async () => {
    await using rig = await Rig.start({ script: () => neverAnswers() });
    await using line = await CuttableLine.to(rig.url);
    const repository = await repositoryWith({ 'a.txt': 'a\n' });
    const { id: run } = await rig.delegate({ repository, goal: 'Listen.', setup: [], verification: [] });
    const { position } = await eventOf(rig, run, { type: 'model.started' });
    const say = (text: string): Promise<unknown> => rig.api.runs.message.mutate({ run, text });
    const stop = new AbortController();
    const api = connect({ url: line.url, token: rig.token });
    const feed = follow({ run, after: position, signal: stop.signal, connect: async () => api });
    const times: number[] = [];
    const written: number[] = [];
    for (let round = 0; round <= cuts; round += 1) {
      const began = performance.now();
      const [saved] = await Promise.all([say(`Message ${round}`).then(() => performance.now()), feed.next()]);
      // The first one only says that the subscription stands.
      if (round > 0) {
        times.push(performance.now() - began);
        written.push(saved - began);
      }
      line.cut();
    }
    stop.abort();
    await feed.return(undefined);
    return [
      {
        what: 'feed: connection cut to the next event received',
        value: p50(times),
        unit: 'ms',
        target: { at: 'below', value: 500 },
        note: `p50 of ${cuts}; slowest ${inMs(Math.max(...times))}; the event itself was written after ${inMs(p50(written))}`,
      },
    ];
  },
};
