import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { expect, test } from 'vitest';
import { apiRouter } from '../../../shared/api/router.ts';
import type { Principal, RunnerApi } from '../../../shared/api/runner-api.ts';
import type { WorkerApi } from '../../../shared/api/worker-api.ts';
import type { RunEvent } from '../../../shared/run/events.ts';

const event = { run: 'run_aaaa', seq: 1, position: 1 } as RunEvent; // safe: nobody looks into it
const caller: Principal = { kind: 'person', name: 'ada', tenant: 'local', role: 'admin', local: true };

/** How many events are on their way to a slow reader depends on buffers of others, so any number is tried. */
test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
  'a subscriber that leaves with %i events on their way ends nothing but its own feed, whatever becomes of the next one',
  async (count) => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const runner = {
      feed: async function* (_caller: Principal, _input: unknown, signal: AbortSignal) {
        try {
          for (let sent = 0; sent < count; sent += 1) yield event;
          if (!signal.aborted) await new Promise((left) => signal.addEventListener('abort', left));
          throw new Error('the database went away as well');
        } finally {
          // Whether it failed or was left where it stood.
          setImmediate(end);
        }
      },
    } as unknown as RunnerApi; // safe: nothing else of it is called
    const leaving = new AbortController();
    const response = await fetchRequestHandler({
      endpoint: '/trpc',
      req: new Request('http://x/trpc/runs.feed?input={}', { signal: leaving.signal }),
      router: apiRouter,
      createContext: () => ({ caller, runner, worker: {} as WorkerApi, explain: () => null }), // safe: as above
    });
    // It opens the stream and reads no further.
    await response.body!.getReader().read();
    await new Promise(setImmediate);
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    leaving.abort();
    await ended;
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  },
);
