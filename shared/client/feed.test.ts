import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { expect, test } from 'vitest';
import { apiRouter, type ApiContext } from '../api/router.ts';
import { clientOf } from './client.ts';
import { eventAt } from '../../test/fakes/event.ts';
import { subscribe } from './feed.ts';

// safe: they listen on ports, not on paths
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

/** A runner on the wire whose log grows when a test says so, behind a wire that can be cut. */
const startRunner = async () => {
  let last = 0;
  const more = new Set<() => void>();
  const runner = {
    async *feed(_: unknown, input: { after: number | null }, signal: AbortSignal) {
      signal.addEventListener('abort', () => more.forEach((wake) => wake()));
      for (let position = input.after ?? 0; !signal.aborted;) {
        if (position < last) yield eventAt((position += 1));
        else await new Promise<void>((resolve) => more.add(resolve));
      }
    },
  };
  const caller = { kind: 'person', name: 'ada', tenant: 'local', role: 'admin', local: true };
  const server = createServer(
    createHTTPHandler({
      router: apiRouter,
      basePath: '/trpc/',
      // safe: the one procedure that the test calls is there
      createContext: (): ApiContext => ({ caller, runner, worker: {}, explain: () => null }) as unknown as ApiContext,
    }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  const wire = createTcpServer((inside) => {
    const outside = connect(portOf(server), '127.0.0.1');
    for (const socket of [inside, outside]) sockets.add(socket.on('error', () => undefined));
    inside.pipe(outside).pipe(inside);
  }).listen(0, '127.0.0.1');
  await once(wire, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    api: clientOf({ url: `http://127.0.0.1:${portOf(wire)}`, token: 't' }),
    append: (count: number): void => {
      last += count;
      for (const wake of more) wake();
      more.clear();
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      server.closeAllConnections();
      for (const each of [wire, server]) {
        each.close();
        await once(each, 'close');
      }
    },
  };
};

test('a feed ends with its connection, and asked again from its last event it misses none and repeats none', async () => {
  await using runner = await startRunner();
  const signal = new AbortController().signal;
  const seen: number[] = [];
  runner.append(3);
  while (seen.length < 12)
    for await (const event of subscribe(runner.api, { run: null, after: seen.at(-1) ?? 0 }, signal)) {
      seen.push(event.position);
      if (event.position === 12) break;
      if (event.position % 3 === 0) {
        runner.cut();
        runner.append(3);
      }
    }
  expect(seen).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
});

test('a feed ends when it is told to, also while nothing happens', async () => {
  await using runner = await startRunner();
  const stop = new AbortController();
  runner.append(1);
  const seen: number[] = [];
  for await (const event of subscribe(runner.api, { run: null, after: 0 }, stop.signal)) {
    seen.push(event.position);
    setImmediate(() => stop.abort());
  }
  expect(seen).toEqual([1]);
});
