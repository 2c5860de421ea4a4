/**
 * A machine of many tasks: the worker's own loop, for one activation after the other and for many at once. What Trigger.dev
 * does around it, a process and a machine for each, is left out.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Ticket } from '../../shared/api/worker-api.ts';
import { runActivations } from '../../runner/trigger-dev/task/activations.ts';

/** `cancel`: leave that task run at once. */
const ToWorker = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('run'), taskRun: z.string(), ticket: Ticket }),
  z.strictObject({ kind: z.literal('cancel'), taskRun: z.string() }),
]);
export type ToWorker = z.infer<typeof ToWorker>;

export type FromWorker =
  | { readonly kind: 'done'; readonly taskRun: string; readonly left: string | null }
  | { readonly kind: 'failed'; readonly taskRun: string; readonly message: string };

const stops = new Map<string, AbortController>();

const perform = async ({ taskRun, ticket }: Extract<ToWorker, { kind: 'run' }>): Promise<FromWorker> => {
  const stop = new AbortController();
  stops.set(taskRun, stop);
  try {
    const { left } = await runActivations(ticket, {
      worker: `trigger ${taskRun} ${randomBytes(4).toString('hex')}`,
      signal: stop.signal,
      wait: async () => null,
      watchdog: null,
      onState: () => {},
    });
    return { kind: 'done', taskRun, left };
  } catch (error) {
    return {
      kind: 'failed',
      taskRun,
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  } finally {
    stops.delete(taskRun);
  }
};

process.on('disconnect', () => process.exit());
process.on('message', (raw) => {
  const message = ToWorker.parse(raw);
  if (message.kind === 'cancel') stops.get(message.taskRun)?.abort();
  else void perform(message).then((answer) => process.send?.(answer));
});
