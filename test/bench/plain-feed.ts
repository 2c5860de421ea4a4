/** The least that tRPC needs to send events to many: no log, no store, nobody is asked who they are. */
import { EventEmitter, on } from 'node:events';
import { initTRPC, tracked } from '@trpc/server';
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import { fastify } from 'fastify';
import type { RunEvent } from '../../shared/run/events.ts';

const trpc = initTRPC.create();
const source = new EventEmitter();
source.setMaxListeners(0);

const plainRouter = trpc.router({
  // safe: the benchmark alone calls it
  append: trpc.procedure
    .input((value) => value as readonly RunEvent[])
    .mutation(({ input }) => {
      for (const event of input) source.emit('event', event);
    }),
  feed: trpc.procedure.subscription(async function* ({ signal }) {
    const events = on(source, 'event', signal === undefined ? {} : { signal });
    // Says that it listens.
    yield tracked('0', null);
    // safe: nothing else is emitted
    for await (const [event] of events as AsyncIterable<[RunEvent]>) yield tracked(String(event.position), event);
  }),
});

export type PlainRouter = typeof plainRouter;

const http = fastify();
void http.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions: { router: plainRouter } });
const url = await http.listen({ host: '127.0.0.1', port: 0 });
process.on('disconnect', () => process.exit());
process.send?.(url);
