import type { WorkerEvent } from '../../shared/run/events.ts';
import type { Store } from '../../runner/control/store/store.ts';
import { someTask } from '../fakes/task.ts';

const task = someTask({ verification: [{ command: 'npm test', network: [], timeoutSeconds: 600 }] });

/** An event of the size that most have: about 500 bytes. */
export const stepEvent: WorkerEvent = {
  type: 'call.finished',
  v: 2,
  call: 'call_0123456789',
  outcome: 'ok',
  output: 'x'.repeat(250),
  outputBlob: null,
  exitCode: 0,
  durationMs: 12,
  fingerprint: 'read:0123456789abcdef',
  checkpoint: null,
  refusedHosts: [],
  reachedHosts: [],
};

export interface LeasedRun {
  readonly run: string;
  readonly activation: string;
}

/** A run whose worker is at it: from here on each append is a durable step. */
export const leasedRun = async (store: Store, run: string): Promise<LeasedRun> => {
  const { state } = await store.create({ run, task, dedupeKey: null });
  if (state.status !== 'queued') throw new Error(`The run is ${state.status}.`);
  const { activation } = state;
  await store.command(run, { kind: 'lease', activation, worker: 'bench' }, { leaseUntil: Date.now() + 60_000 });
  return { run, activation };
};

export const step = async (store: Store, { run, activation }: LeasedRun, batch: number): Promise<void> => {
  const written = await store.command(
    run,
    { kind: 'append', activation, fence: 1, events: [stepEvent] },
    { batch, after: batch + 2, leaseUntil: Date.now() + 60_000 },
  );
  if (written.outcome === 'refused') throw new Error(written.refusal.message);
};

/** A run that waits for a person: delegated, worked at, parked with a question that is open for a day. */
export const park = async (store: Store, id: string): Promise<void> => {
  const { run, activation } = await leasedRun(store, id);
  const request = {
    id: 'dec_0001',
    kind: 'question' as const,
    requester: { turn: 1, call: null },
    action: 'Which of the two price lists is the right one?',
    tool: null,
    arguments: null,
    tree: null,
    hash: '0'.repeat(64),
    reason: 'They differ.',
    consequence: 'The answer goes to the agent.',
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    onExpiry: 'The run goes on waiting.',
    choices: [],
  };
  const events: WorkerEvent[] = [
    { type: 'decision.requested', v: 3, request },
    { type: 'activation.ended', v: 2, until: { kind: 'decision', decision: 'dec_0001' } },
  ];
  await store.command(run, { kind: 'append', activation, fence: 1, events }, { batch: 1 });
};
