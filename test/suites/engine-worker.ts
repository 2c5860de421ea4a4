import type { Ticket } from '../../shared/api/worker-api.ts';

/** What a worker of the engine suite does: it asks the test's server once, and obeys the answer. Returns why it left; null: it ended. */
export const obey = async ({ url, activation }: Ticket, signal: AbortSignal): Promise<string | null> => {
  const tell = (what: string, until: AbortSignal | null): Promise<Response> =>
    fetch(`${url}/${what}/${activation}/${process.pid}`, { method: 'POST', signal: until });
  try {
    const answer = await (await tell('began', signal)).text();
    switch (answer) {
      case 'crash':
        console.error('the last words of a worker');
        process.exit(3);
      // process.exit does not return.
      case 'kill':
      case 'stop':
        process.kill(process.pid, answer === 'kill' ? 'SIGKILL' : 'SIGSTOP');
        return await new Promise(() => {});
      default:
        return answer === 'end' ? null : answer;
    }
  } catch {
    await tell('cancelled', null);
    return 'cancelled';
  }
};
