/** A worker that does what the test's server tells it: it asks once for each activation, and obeys the answer. */
import type { FromChild, ToChild } from '../../runner/ipc/protocol.ts';

const say = (message: FromChild): void => void process.send?.(message);
const current = new Map<string, AbortController>();

const work = async ({ ticket }: Extract<ToChild, { kind: 'run' }>): Promise<void> => {
  const { activation } = ticket;
  const cancel = new AbortController();
  current.set(activation, cancel);
  const tell = (what: string, signal?: AbortSignal): Promise<Response> =>
    fetch(`${ticket.url}/${what}/${activation}/${process.pid}`, { method: 'POST', signal: signal ?? null });
  try {
    const answer = await (await tell('began', cancel.signal)).text();
    if (answer === 'crash') {
      console.error('the last words of a worker');
      process.exit(3);
    }
    say({ kind: 'done', activation, left: answer === 'end' ? null : answer });
  } catch {
    await tell('cancelled');
    say({ kind: 'done', activation, left: 'cancelled' });
  } finally {
    current.delete(activation);
  }
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
    case 'stop':
      process.exit(0);
  }
});
process.on('disconnect', () => process.exit(0));
say({ kind: 'ready' });
