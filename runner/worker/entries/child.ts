import type { RunState } from '../../../shared/run/state.ts';
import { ToChild, type FromChild } from '../../ipc/protocol.ts';
import { connect } from '../control-client.ts';
import { work } from '../loop.ts';
import { openPorts } from '../open-ports.ts';

type RunMessage = Extract<ToChild, { kind: 'run' }>;

/**
 * A worker as a child process of the embedded engine: works on one activation after the other, as it is told over IPC.
 * It ends when its parent does, whatever it is doing: what was not on record is done again.
 */
export const runWorkerChild = (): void => {
  let current: { readonly activation: string; readonly stop: AbortController } | null = null;
  const send = (message: FromChild): void => {
    if (process.connected) process.send?.(message);
  };
  process.on('disconnect', () => process.exit(0));
  process.on('message', (raw) => {
    const message = ToChild.parse(raw);
    switch (message.kind) {
      case 'run': {
        const { activation } = message.ticket;
        const stop = new AbortController();
        current = { activation, stop };
        void activate(message, stop.signal).then(
          (left) => {
            current = null;
            if (left !== null)
              send({ kind: 'log', level: 'warn', message: left, fields: { run: message.ticket.run, activation } });
            send({ kind: 'done', activation, left });
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
      case 'stop':
        current?.stop.abort();
        process.exit(0);
    }
  });
  send({ kind: 'ready' });
};

/** Null: the activation was ended on record. Else why it was left without that. */
const activate = async ({ ticket, settings }: RunMessage, signal: AbortSignal): Promise<string | null> => {
  const { log, blobs, credential } = connect(ticket, signal);
  const open = (state: RunState) => openPorts(state, { token: ticket.token, settings, blobs, credential });
  const ended = await work(ticket, { log, open, worker: `child ${process.pid}`, signal });
  switch (ended.outcome) {
    case 'ended':
      return null;
    case 'fenced':
      return `It appends nothing more. ${ended.refusal.message}`;
    case 'gone':
      return ended.reason;
  }
};
