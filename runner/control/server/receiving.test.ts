import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { hasBody, holdToPace } from './receiving.ts';

/** A server that answers a request once it has arrived. `patient`: it waits for it however long that takes. */
const open = async (patient = false) => {
  const serve: RequestListener = (request, answer) => {
    if (hasBody(request) && !patient) holdToPace(request, { headMs: 1000, idleMs: 50, bytesPerSecond: 1000 });
    request.resume().once('end', () => answer.end('all of it'));
  };
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: it listens on TCP
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    connect: () => {
      const client = connect({ host: '127.0.0.1', port });
      const chunks: Buffer[] = [];
      client.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
      const closed = new Promise((resolve) => client.once('close', resolve));
      return { client, answered: closed.then(() => Buffer.concat(chunks).toString()) };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';

test('a body that stops half-way is cut off', async () => {
  await using server = await open();
  const { client, answered } = server.connect();
  client.write(`${head}Content-Length: 100\r\n\r\nhalf`);
  expect(await answered).toBe('');
});

test('a body that comes byte by byte is cut off', async () => {
  await using server = await open();
  const { client, answered } = server.connect();
  client.write(`${head}Content-Length: 100000\r\n\r\n`);
  const drip = setInterval(() => client.write('x'), 10);
  expect(await answered).toBe('');
  clearInterval(drip);
});

test('a body that stops, or drips, holds its connection where nobody looks at its pace', async () => {
  await using patient = await open(true);
  await using server = await open();
  const attackers = [patient, server].map((each) => {
    const { client, answered } = each.connect();
    client.write(`${head}Content-Length: 100000\r\n\r\nhalf`);
    const drip = setInterval(() => client.write('x'), 10);
    return { client, answered, drip };
  });
  await attackers[1]!.answered;
  expect(attackers.map(({ client }) => client.closed)).toEqual([false, true]);
  for (const { client, drip } of attackers) {
    clearInterval(drip);
    client.destroy();
  }
});

test('a body that has come is answered, and so is a request without one', async () => {
  await using server = await open();
  for (const rest of ['Content-Length: 4\r\n\r\nbody', '\r\n']) {
    const { client, answered } = server.connect();
    client.write(`${head}${rest}`);
    expect(await answered).toMatch(/all of it$/);
  }
});

test('a connection keeps nothing of the requests that came over it', async () => {
  await using opened = await open();
  const { server, port } = opened;
  const held: number[] = [];
  server.on('request', ({ socket }: { readonly socket: Socket }) => held.push(socket.listenerCount('close')));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let count = 0; count < 12; count += 1) {
    const asked = request({ host: '127.0.0.1', port, agent, method: 'POST' }).end('body');
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]; // safe: what 'response' brings
    await once(answer.resume(), 'end');
  }
  agent.destroy();
  expect(held).toEqual(held.map(() => held[0]));
});
