import { createServer, type Server } from 'node:http';
import { connect as connectSocket, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { expect, test } from 'vitest';
import { apiRouter, RefusedError, type ApiContext } from '../../../shared/api/router.ts';
import type { Principal } from '../../../shared/api/runner-api.ts';
import { connect } from './client.ts';
import { eventAt } from '../../../test/fakes/event.ts';
import { follow } from './feed.ts';
import { problemOf } from './problem.ts';

const ada: Principal = { kind: 'person', name: 'ada', tenant: 'local', role: 'admin', local: true };

/** A runner on the wire, with a log that a test can write: everything but what is asked for here is missing. */
const startRunner = async () => {
  let last = 0;
  const more = new Set<() => void>();
  const runner = {
    async *feed(
      _: Principal,
      input: { after: number | null; lastEventId?: number | null | undefined },
      signal: AbortSignal,
    ) {
      signal.addEventListener('abort', () => more.forEach((wake) => wake()));
      for (let position = input.lastEventId ?? input.after ?? 0; !signal.aborted;) {
        if (position < last) yield eventAt((position += 1));
        else await new Promise<void>((resolve) => more.add(resolve));
      }
    },
    get: () => {
      throw new RefusedError({ code: 'not_found', message: 'There is no such run.', remedy: 'List them.' });
    },
  };
  const server: Server = createServer(
    createHTTPHandler({
      router: apiRouter,
      basePath: '/trpc/',
      createContext: ({ req }): ApiContext =>
        // safe: the two procedures that the test calls are there
        ({
          caller: req.headers.authorization === 'Bearer t' ? ada : null,
          runner,
          worker: {},
          explain: () => null,
        }) as unknown as ApiContext,
    }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    append: (count: number) => {
      last += count;
      for (const wake of more) wake();
      more.clear();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

// safe: they listen on ports, not on paths
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

/** A wire that can be cut. */
const startWire = async (port: number) => {
  const sockets = new Set<Socket>();
  const server = createTcpServer((inside) => {
    const outside = connectSocket(port, '127.0.0.1');
    for (const socket of [inside, outside]) sockets.add(socket.on('error', () => undefined));
    inside.pipe(outside).pipe(inside);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
};

test('a feed goes on after every break, at once, with no event lost and none twice', async () => {
  await using runner = await startRunner();
  await using wire = await startWire(runner.port);
  const api = connect({ url: wire.url, token: 't' });
  const stop = new AbortController();
  const seen: number[] = [];
  const waits: number[] = [];
  let cutAt = 0;
  runner.append(3);
  for await (const event of follow({ run: null, after: 0, signal: stop.signal, connect: async () => api })) {
    seen.push(event.position);
    if (cutAt > 0) waits.push(performance.now() - cutAt);
    cutAt = 0;
    if (event.position === 30) stop.abort();
    else if (event.position % 3 === 0) {
      wire.cut();
      cutAt = performance.now();
      runner.append(3);
    }
  }
  expect(seen).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
  expect(waits.length).toBe(9);
  expect(Math.max(...waits)).toBeLessThan(2_000);
});

test('a feed ends when it is told to, also while nothing happens', async () => {
  await using runner = await startRunner();
  const api = connect({ url: `http://127.0.0.1:${runner.port}`, token: 't' });
  runner.append(1);
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const event of follow({ run: null, after: 0, signal: stop.signal, connect: async () => api })) {
    seen.push(event.position);
    setImmediate(() => stop.abort());
  }
  expect(seen).toEqual([1]);
});

/** Some other program's web page. */
const startSite = async () => {
  const server = createServer((_, response) => response.end('<h1>It works!</h1>')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

const problemWith = async (url: string, token: string) => {
  try {
    await connect({ url, token }).call.runs.get.query({ run: 'run_k3v9x2' });
    return null;
  } catch (error) {
    return problemOf(error);
  }
};

test('what went wrong is a sentence with its remedy', async () => {
  await using runner = await startRunner();
  const url = `http://127.0.0.1:${runner.port}`;
  expect(await problemWith(url, 't')).toEqual({
    code: 'refused',
    message: 'There is no such run.',
    remedy: 'List them.',
  });
  expect(await problemWith(url, 'wrong')).toMatchObject({ code: 'unauthorized' });
  const site = await startSite();
  expect(await problemWith(site.url, 't')).toMatchObject({
    code: 'unreachable',
    message: 'What answers there is no Longhaul runner.',
  });
  await site[Symbol.asyncDispose]();
  expect(await problemWith(site.url, 't')).toEqual({
    code: 'unreachable',
    message: `No runner answers (connect ECONNREFUSED ${new URL(site.url).host}).`,
    remedy: 'Start one with: longhaul serve. For one on another machine check --url and the network.',
  });
  expect(problemOf(new Error('a bug'))).toBeNull();
});
