/**
 * A worker as the embedded engine starts one, that does durable steps and nothing else: its own client, over its channel, each answered
 * when it is on the disk; in turn with raw appends on the same disk. Arguments: a folder for those, and where to post what it measured, ms of each.
 */
import { ToChild, type FromChild } from '../../runner/machine/processes/child-protocol.ts';
import { connect } from '../../runner/worker/plane/client.ts';
import { Parent } from '../../runner/worker/plane/parent.ts';
import { timed } from './statistics.ts';
import { stepEvent } from './store-run.ts';
import { rawLog } from './store.ts';

const [folder = '', measured = ''] = process.argv.slice(2);
const steps = 600;
const warm = 150;
const say = (message: FromChild): void => void process.send?.(message);
const parent = new Parent(say);

const measure = async ({ ticket, worker }: Extract<ToChild, { kind: 'run' }>): Promise<void> => {
  const { log, hold } = connect(ticket, new AbortController().signal, parent.link);
  using _held = hold;
  const leased = await log.lease({ run: ticket.run, activation: ticket.activation, worker });
  if (leased.outcome === 'refused') throw new Error(leased.refusal.message);
  const { fence, events } = leased;
  let after = events.at(-1)?.seq ?? 0;
  using raw = rawLog(folder);
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
  await fetch(measured, { method: 'POST', body: JSON.stringify(samples) });
};

process.on('disconnect', () => process.exit(0));
process.on('message', (raw) => {
  const message = ToChild.parse(raw);
  if (message.kind === 'answer') parent.answered(message);
  else if (message.kind === 'run') void measure(message);
  else process.exit(0);
});
say({ kind: 'ready' });
