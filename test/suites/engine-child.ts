/** A worker of the embedded engine that does what the test's server tells it. */
import type { FromChild, ToChild } from '../../runner/machine/processes/child-protocol.ts';
import { obey } from './engine-worker.ts';

const say = (message: FromChild): void => void process.send?.(message);
const current = new Map<string, AbortController>();

const work = async ({ ticket }: Extract<ToChild, { kind: 'run' }>): Promise<void> => {
  const { activation } = ticket;
  const cancel = new AbortController();
  current.set(activation, cancel);
  say({ kind: 'done', activation, left: await obey(ticket, cancel.signal) });
  current.delete(activation);
};

process.on('message', (raw) => {
  const message = raw as ToChild; // safe: only the engine under test is at the other end
  switch (message.kind) {
    case 'run':
      void work(message);
      return;
    case 'cancel':
      current.get(message.activation)?.abort();
      return;
    case 'answer':
      throw new Error('this worker asks nothing');
    case 'stop':
      process.exit(0);
  }
});
process.on('disconnect', () => process.exit(0));
say({ kind: 'ready' });
