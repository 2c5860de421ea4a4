import { connect } from 'node:net';
import pino from 'pino';
import { expect, test } from 'vitest';
import type { Receiving } from './receiving.ts';
import { createServer, type ServerOptions } from './server.ts';

/** A server of whose capabilities none is asked for. */
const open = async (receiving: Receiving) => {
  const options = {
    runner: {},
    worker: {},
    feed: {},
    authenticate: () => null,
    store: {},
    blobs: {},
    guard: { hosts: [], origins: [] },
    presence: { came: () => () => {} },
    ready: () => true,
    closing: new AbortController().signal,
    publicUrl: null,
    maxBodyBytes: 1000,
    maxBlobBytes: 1000,
    maxUploadedBytes: 1000,
    log: pino({ level: 'silent' }),
    receiving,
  } as unknown as ServerOptions; // safe: nothing gets as far as what is left out
  const server = createServer(options);
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  return { port, [Symbol.asyncDispose]: () => server.close() };
};

const receiving: Receiving = { headMs: 200, idleMs: 200, bytesPerSecond: 1000 };

test('a head that comes byte by byte is cut off before anybody is asked for a token; a patient server holds its connection', async () => {
  await using server = await open(receiving);
  await using patient = await open({ ...receiving, headMs: 3_600_000 });
  const attackers = [server, patient].map(({ port }) => {
    const client = connect({ host: '127.0.0.1', port });
    client.on('error', () => {}).resume();
    client.write('GET /healthz HTTP/1.1\r\nX-Slow: ');
    const drip = setInterval(() => client.write('x'), 20);
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    return { client, drip, closed };
  });
  await attackers[0]!.closed;
  expect(attackers.map(({ client }) => client.closed)).toEqual([true, false]);
  for (const { client, drip } of attackers) {
    clearInterval(drip);
    client.destroy();
  }
});
