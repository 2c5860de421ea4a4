import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EgressProxy } from './proxy.ts';

/** A proxy whose whole internet is one server that sends what `answer` holds to whoever connects, and closes. */
const openWorld = async () => {
  const thrown: unknown[] = [];
  const note = (error: unknown): void => void thrown.push(error);
  process.on('uncaughtException', note).on('unhandledRejection', note);
  const state: { answer: Buffer } = { answer: Buffer.alloc(0) };
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {}).resume();
    socket.end(state.answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: it listens on TCP
  const { port } = server.address() as AddressInfo;
  const proxy = await EgressProxy.listen({
    socket: null,
    user: null,
    allowed: ['good.test'],
    outside: { resolve: async () => ['93.184.216.34'], dial: () => connect({ host: '127.0.0.1', port }) },
  });
  /** What comes back until the proxy closes. */
  const ask = async (request: Buffer, andNoMore: boolean): Promise<string> => {
    const client = connect({ host: '127.0.0.1', port: proxy.port });
    const chunks: Buffer[] = [];
    client.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
    client.write(request);
    if (andNoMore) client.end();
    if (!client.closed) await once(client, 'close').catch(() => {});
    return Buffer.concat(chunks).toString('latin1');
  };
  return {
    thrown,
    get: async (answer: Buffer) => {
      state.answer = answer;
      return ask(Buffer.from('GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\nConnection: close\r\n\r\n'), false);
    },
    ask,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      server.close();
      process.off('uncaughtException', note).off('unhandledRejection', note);
    },
  };
};

const fine = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi';

const answers: readonly (readonly [string, string])[] = [
  ['the status 000', 'HTTP/1.1 000 Nothing\r\n\r\n'],
  ['the status 099', 'HTTP/1.1 099 Low\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 1000 High\r\n\r\n'],
  [
    'a switch of protocols that nobody asked for',
    'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nx',
  ],
  [
    'one early hint after the other',
    `${'HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n'.repeat(2000)}HTTP/1.1 200 OK\r\n\r\n`,
  ],
  ['control characters in its reason', 'HTTP/1.1 200 O\u0001K\u007f\r\n\r\n'],
  ['control characters in a header', 'HTTP/1.1 200 OK\r\nX-Y: a\u0001b\u007fc\u0000d\r\n\r\n'],
  ['bytes above ASCII in a header', 'HTTP/1.1 200 OK\r\nX-Y: \u00ff\u0080\r\n\r\n'],
  ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
  ['a header name with blanks', 'HTTP/1.1 200 OK\r\nA b: x\r\n\r\n'],
  ['a header line of 2 MB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(2_000_000)}\r\n\r\n`],
  ['100,000 headers', `HTTP/1.1 200 OK\r\n${'X-Y: 1\r\n'.repeat(100_000)}\r\n`],
  ['chunks of a bad size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n'],
  ['chunks of a huge size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi'],
  ['a length below zero', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhi'],
  ['less than it promised', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi'],
  ['more than it promised', 'HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\nhi there'],
  ['odd trailers', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\nX: \u0001\r\n\r\n'],
  ['nothing', ''],
];

test.each(answers)('a host that answers with %s harms nobody but who asked it', async (_, answer) => {
  await using world = await openWorld();
  await world.get(Buffer.from(answer, 'latin1'));
  expect(world.thrown).toEqual([]);
  expect(await world.get(Buffer.from(fine))).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*hi/);
});

/** As a proxy is first written: what came is passed on as it came. It ends with the exit code of a program that something was thrown in. */
const naive = `import { createServer, request } from 'node:http';
const [port] = process.argv.slice(1);
createServer((incoming, answer) => {
  const upstream = request({ port, path: '/' }, (response) => {
    answer.writeHead(response.statusCode, response.statusMessage, response.rawHeaders);
    response.pipe(answer);
  });
  upstream.on('error', () => answer.destroy());
  upstream.end();
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

test.each(answers.slice(0, 1))('a host that answers with %s ends a proxy that passes it on', async (_, answer) => {
  const host = createServer(
    (socket) =>
      void socket
        .on('error', () => {})
        .resume()
        .end(answer),
  ).listen(0, '127.0.0.1');
  await once(host, 'listening');
  // safe: it listens on TCP
  const { port } = host.address() as AddressInfo;
  const proxy = spawn(process.execPath, ['--input-type=module', '-e', naive, String(port)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(proxy, 'exit');
  const [line] = (await once(proxy.stdout, 'data')) as [Buffer]; // safe: no encoding is set
  const client = connect({ host: '127.0.0.1', port: Number(line.toString()) });
  client.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await ended).toEqual([1, null]);
  host.close();
});

const token = fc.constantFrom(
  'HTTP/1.1 ',
  'HTTP/1.0 ',
  '000',
  '200',
  '103',
  '999',
  ' ',
  '\r\n',
  '\n',
  '\r',
  ':',
  '\u0000',
);
const header = fc.constantFrom(
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Connection: upgrade',
  'X: ',
  '5\r\nhello\r\n',
);
const bytes = fc.uint8Array({ maxLength: 40 }).map((list) => Buffer.from(list).toString('latin1'));
const noise = fc.array(fc.oneof(token, header, bytes), { maxLength: 20 }).map((parts) => parts.join(''));
const head = fc.tuple(fc.integer({ min: 0, max: 1100 }), noise).map(([code, rest]) => `HTTP/1.1 ${code} ${rest}`);

test(
  '2,000 answers that nobody would think of, and 1,000 such requests, do no harm',
  { timeout: 600_000 },
  async () => {
    await using world = await openWorld();
    await fc.assert(
      fc.asyncProperty(fc.oneof(noise, head), async (answer) => {
        await world.get(Buffer.from(answer, 'latin1'));
        expect(world.thrown).toEqual([]);
      }),
      { numRuns: 2000 },
    );
    const request = fc.tuple(
      fc.constantFrom(
        'GET http://good.test/',
        'GET http://good.test/\u00ff',
        'CONNECT good.test:443',
        'CONNECT good.test:80',
        'PRI *',
        '',
      ),
      noise,
    );
    await fc.assert(
      fc.asyncProperty(request, async ([line, rest]) => {
        await world.ask(Buffer.from(`${line} HTTP/1.1\r\nHost: good.test\r\n${rest}\r\n\r\n`, 'latin1'), true);
        expect(world.thrown).toEqual([]);
      }),
      { numRuns: 1000 },
    );
    expect(await world.get(Buffer.from(fine))).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*hi/);
  },
);
