/** Parks so many runs, then says how much memory the process takes: what a control plane looks like after a busy day. */
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { ListInput } from '../../shared/api/runner-api.ts';
import type { WorkerEvent } from '../../shared/run/events.ts';
import { leasedRun } from './store-run.ts';

const [folder = '', count = '0'] = process.argv.slice(2);
await using store = await openSqliteStore({ folder });
const later = new Date(Date.now() + 86_400_000).toISOString();

const park = async (index: number): Promise<void> => {
  const { run, activation } = await leasedRun(store, `run_parked${index}`);
  const request = {
    id: 'dec_0001',
    kind: 'question' as const,
    requester: { turn: 1, call: null },
    action: 'Which of the two price lists is the right one?',
    tool: null,
    arguments: null,
    hash: '0'.repeat(64),
    reason: 'They differ.',
    consequence: 'The answer goes to the agent.',
    expiresAt: later,
    onExpiry: 'The run goes on waiting.',
    choices: [],
  };
  const events: WorkerEvent[] = [
    { type: 'decision.requested', v: 1, request },
    { type: 'activation.ended', v: 1, until: { kind: 'decision', decision: 'dec_0001' } },
  ];
  await store.command(run, { kind: 'append', activation, fence: 1, events }, { batch: 1 });
};

/** What a scheduler and an open list ask for. */
const look = async (): Promise<void> => {
  for (let round = 0; round < 20; round++) {
    await Promise.all([
      store.due(Date.now()),
      store.queued(50),
      store.counts(null),
      store.list('local', ListInput.parse({})),
    ]);
    globalThis.gc?.();
  }
};

const settle = async (): Promise<number> => {
  await look();
  return process.memoryUsage.rss();
};

// As many again first, so that what is measured is the runs and not the program warming up.
const total = Number(count);
const at = async (from: number, to: number): Promise<void> => {
  for (let index = from; index < to; index += 50)
    await Promise.all(Array.from({ length: Math.min(50, to - index) }, (_, offset) => park(index + offset)));
};
await at(0, 2000);
const before = await settle();
await at(2000, 2000 + total);
const after = await settle();
process.stdout.write(`${JSON.stringify({ before, after })}\n`);
