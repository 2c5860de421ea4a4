import type { RunState } from '../../../shared/run/state.ts';
import { ToChild, type FromChild } from '../../machine/processes/child-protocol.ts';
import { connect } from '../plane/client.ts';
import { Parent } from '../plane/parent.ts';
import { work } from '../run/loop.ts';
import { openPorts } from './open-ports.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';
import { workerName } from './worker-name.ts';

type RunMessage = Extract<ToChild, { kind: 'run' }>;

/**
 * A worker as a child process of the embedded engine: works on one activation after the other, as it is told over IPC.
 * It ends when its parent does, whatever it is doing: what was not on record is done again.
 */
export const runWorkerChild = (): void => {
  const watchdog = startWatchdog();
  const parent = new Parent((asked) => send(asked));
  let current: { readonly activation: string; readonly stop: AbortController } | null = null;
  const send = (message: FromChild): void => {
    if (process.connected) process.send?.(message);
  };
  process.on('disconnect', () => process.exit(0));
  // A terminal and a service manager tell every process of a runner to stop; a worker is told by its parent, which knows what for.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  process.on('message', (raw) => {
    const message = ToChild.parse(raw);
    switch (message.kind) {
      case 'run': {
        const { activation } = message.ticket;
        const stop = new AbortController();
        current = { activation, stop };
        void activate(message, { signal: stop.signal, watchdog, parent }).then(
          ({ reason, lost }) => {
            current = null;
            if (reason !== null)
              send({ kind: 'log', level: 'warn', message: reason, fields: { run: message.ticket.run, activation } });
            send({ kind: 'done', activation, left: lost ? reason : null });
          },
          (error: unknown) => {
            // A bug or a broken disk: this process cannot be trusted any more.
            const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
            send({ kind: 'log', level: 'error', message, fields: { activation } });
            process.exitCode = 1;
            setImmediate(() => process.exit());
          },
        );
        return;
      }
      case 'cancel':
        if (current?.activation === message.activation) current.stop.abort();
        return;
      case 'answer':
        parent.answered(message);
        return;
      case 'stop':
        current?.stop.abort();
        process.exit(0);
    }
  });
  send({ kind: 'ready' });
};

/** Why an activation was left without being ended on record; null: it was ended. `lost`: nobody else has it. */
interface Left {
  readonly reason: string | null;
  readonly lost: boolean;
}

const activate = async (
  { ticket, settings, worker, asksParent }: RunMessage,
  {
    signal,
    watchdog,
    parent,
  }: { readonly signal: AbortSignal; readonly watchdog: Watchdog | null; readonly parent: Parent },
): Promise<Left> => {
  const { log, hold, blobs, credential, printed } = connect(ticket, signal, asksParent ? parent.link : undefined);
  using watch = watchdog?.watch(hold, settings.dataFolder) ?? null;
  const open = async (state: RunState, over: AbortSignal) => {
    const ports = await openPorts(state, { token: ticket.token, settings, blobs, credential, printed, signal: over });
    if (settings.isolation.kind === 'container' && ports.owner !== null) watch?.endAlso(ports.owner);
    return ports;
  };
  const ended = await work(ticket, { log, hold, open, worker: workerName(worker, settings), signal });
  switch (ended.outcome) {
    case 'ended':
      return { reason: null, lost: false };
    case 'fenced': {
      const { code, message } = ended.refusal;
      // Another worker holds the run, or it is over: to report a loss would take the activation from that other one.
      return { reason: `It appends nothing more. ${message}`, lost: code !== 'fenced' && code !== 'terminal' };
    }
    case 'gone':
      return { reason: ended.reason, lost: true };
  }
};
