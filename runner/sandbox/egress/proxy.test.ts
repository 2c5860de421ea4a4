import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clientHello } from './fixture.ts';
import { EgressProxy, type EgressOutside, type EgressProxyOptions } from './proxy.ts';

const names: Readonly<Record<string, readonly string[]>> = {
  'good.test': ['93.184.216.34'],
  'inward.test': ['169.254.169.254'],
  'mixed.test': ['93.184.216.34', '10.0.0.1'],
  'nowhere.test': ['93.184.216.35'],
};

interface World extends AsyncDisposable {
  readonly proxy: EgressProxy;
  readonly socket: string;
  /** Sends bytes to the proxy and answers all that comes back until it closes. */
  readonly exchange: (...requests: readonly (string | Buffer)[]) => Promise<string>;
  /** Where the proxy connected to, in order. */
  readonly dialled: readonly string[];
}

/** A proxy whose internet is one loopback server at 93.184.216.34, and nothing at 93.184.216.35. */
async function world(
  serve: RequestListener | ((socket: Socket) => void),
  kind: 'http' | 'tcp' = 'http',
  options: Pick<EgressProxyOptions, 'mayGoOn'> = {},
): Promise<World> {
  await using making = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'egress-'));
  making.defer(() => rm(folder, { recursive: true, force: true }));
  // safe: the caller names the kind that fits its listener
  const server =
    kind === 'http' ? createServer(serve as RequestListener) : createTcpServer(serve as (socket: Socket) => void);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  making.defer(() => void server.close());
  // safe: it listens on TCP
  const { port } = server.address() as AddressInfo;
  const dialled: string[] = [];
  const outside: EgressOutside = {
    resolve: async (host) => names[host] ?? Promise.reject(new Error('no such name')),
    dial: (address, wanted) => {
      dialled.push(`${address}:${wanted}`);
      return connect({ host: '127.0.0.1', port: address === '93.184.216.34' ? port : 1 });
    },
  };
  const socket = join(folder, 'egress.sock');
  const proxy = making.use(
    await EgressProxy.listen({
      socket,
      user: null,
      allowed: Object.keys(names).concat('unknown.test'),
      outside,
      ...options,
    }),
  );
  const made = making.move();
  const exchange = async (...requests: readonly (string | Buffer)[]): Promise<string> => {
    const client = connect(socket);
    const chunks: Buffer[] = [];
    client.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
    const bytes = requests.map((each) =>
      typeof each === 'string' ? Buffer.from(each.replaceAll('\n', '\r\n')) : each,
    );
    client.write(Buffer.concat(bytes));
    await once(client, 'close');
    return Buffer.concat(chunks).toString();
  };
  return { proxy, socket, exchange, dialled, [Symbol.asyncDispose]: () => made.disposeAsync() };
}

const status = (answer: string): string => answer.split('\r\n')[0] ?? '';
const get = (url: string, host: string): string => `GET ${url} HTTP/1.1\nHost: ${host}\nConnection: close\n\n`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // safe: no encoding is set
  return Buffer.concat(chunks).toString();
}

/** Answers with what it was asked. */
const echo: RequestListener = (request, answer) => {
  void bodyOf(request).then((body) =>
    answer.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body })),
  );
};

describe('the egress proxy', () => {
  test('forwards a plain request to the resolved address, without what belongs to the connection', async () => {
    await using to = await world(echo);
    const answer = await to.exchange(
      'POST http://good.test/a?b=c HTTP/1.1\nHost: good.test\nProxy-Authorization: x\nX-Own: 1\nContent-Length: 2\nConnection: close\n\nhi',
    );
    expect(status(answer)).toBe('HTTP/1.1 200 OK');
    expect(JSON.parse(answer.slice(answer.indexOf('{')).replace(/\r\n.*$/s, ''))).toEqual({
      method: 'POST',
      url: '/a?b=c',
      headers: { host: 'good.test', 'x-own': '1', 'content-length': '2', connection: 'close' },
      body: 'hi',
    });
    expect(to.dialled).toEqual(['93.184.216.34:80']);
    expect(to.proxy.refusedHosts).toEqual([]);
    expect(to.proxy.reachedHosts).toEqual(['good.test:80']);
  });

  test('a body of unknown length stays a body and becomes no second request', async () => {
    const urls: unknown[] = [];
    await using to = await world((request, answer) => {
      urls.push([request.method, request.url, request.headers.host]);
      void bodyOf(request).then((body) => answer.end(`[${body.length}]`));
    });
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: evil.test\r\n\r\n';
    const answer = await to.exchange(
      `GET http://good.test/ HTTP/1.1\nHost: good.test\nTransfer-Encoding: chunked\nConnection: close\n\n${inner.length.toString(16)}\n`,
      inner.replaceAll('\r\n', '\n'),
      '\n0\n\n',
    );
    expect(answer).toContain(`[${inner.length}]`);
    expect(urls).toEqual([['GET', '/', 'good.test']]);
  });

  test.each([
    ['an unlisted host', get('http://evil.test/', 'evil.test'), ['evil.test:80']],
    ['another Host header', get('http://good.test/', 'evil.test'), ['evil.test:80']],
    ['another port in the Host header', get('http://good.test/', 'good.test:81'), ['good.test:81']],
    ['another port', get('http://good.test:8080/', 'good.test:8080'), ['good.test:8080']],
    ['an address', get('http://93.184.216.34/', '93.184.216.34'), ['93.184.216.34:80']],
    ['a name of a private address', get('http://inward.test/', 'inward.test'), ['inward.test:80']],
    ['a name of a public and a private address', get('http://mixed.test/', 'mixed.test'), ['mixed.test:80']],
    ['a tunnel to an unlisted host', 'CONNECT evil.test:443 HTTP/1.1\nHost: evil.test:443\n\n', ['evil.test:443']],
    ['a tunnel to another port', 'CONNECT good.test:22 HTTP/1.1\nHost: good.test:22\n\n', ['good.test:22']],
    [
      'a tunnel to a private address',
      'CONNECT inward.test:443 HTTP/1.1\nHost: inward.test:443\n\n',
      ['inward.test:443'],
    ],
    ['a tunnel to an address', 'CONNECT [::1]:443 HTTP/1.1\nHost: x\n\n', ['[::1]:443']],
  ])('refuses %s', async (_name, request, refused) => {
    await using to = await world(echo);
    const answer = await to.exchange(request);
    expect(status(answer)).toBe('HTTP/1.1 403 Forbidden');
    expect(answer).toContain('x-proxy-error: blocked-by-allowlist\r\n');
    expect(to.proxy.refusedHosts).toEqual(refused);
    expect(to.proxy.reachedHosts).toEqual([]);
    expect(to.dialled).toEqual([]);
  });

  test.each([
    ['a name without an address', get('http://unknown.test/', 'unknown.test'), 502],
    ['a host that does not listen', get('http://nowhere.test/', 'nowhere.test'), 502],
    ['a tunnel to a host that does not listen', 'CONNECT nowhere.test:443 HTTP/1.1\nHost: x\n\n', 502],
    ['a request for a path', get('/path', 'good.test'), 400],
    ['a tunnel to nothing', 'CONNECT nonsense HTTP/1.1\nHost: x\n\n', 400],
    ['another protocol', 'SSH-2.0-x\n\n', 400],
  ])('answers %s as an error and not as a refusal', async (_name, request, code) => {
    await using to = await world(echo);
    const answer = await to.exchange(request);
    expect(status(answer)).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
    expect(answer).not.toContain('blocked-by-allowlist');
    expect(to.proxy.refusedHosts).toEqual([]);
  });

  describe('of a tunnel to port 443', () => {
    const connecting = 'CONNECT good.test:443 HTTP/1.1\nHost: good.test:443\n\n';
    const established = 'HTTP/1.1 200 Connection Established\r\n\r\n';
    const heard = (data: Buffer): string => `heard ${createHash('sha256').update(data).digest('hex')}`;
    const tunnelled = async (
      first: Buffer,
      options: Pick<EgressProxyOptions, 'mayGoOn'> = {},
    ): Promise<{ readonly answer: string; readonly refused: readonly string[]; readonly received: number }> => {
      let received = 0;
      const serve = (socket: Socket): void =>
        void socket
          .on('error', () => {})
          .on('data', (data: Buffer) => {
            received += data.length;
            socket.end(heard(data));
          });
      await using to = await world(serve, 'tcp', options);
      const answer = await to.exchange(connecting, first);
      expect(to.dialled).toEqual(['93.184.216.34:443']);
      return { answer, refused: to.proxy.refusedHosts, received };
    };

    test('lets bytes through, those sent along with the request too, once the client wants that very host', async () => {
      const hello = await clientHello('Good.test');
      expect(await tunnelled(hello)).toEqual({
        answer: `${established}${heard(hello)}`,
        refused: [],
        received: hello.length,
      });
    });

    const alert = '\u0015\u0003\u0001\u0000\u0002\u0002p';
    describe.each([
      {
        wants: 'another host, for which the allowed one is a front',
        server: 'evil.test',
        refused: 'evil.test:443',
        alert,
      },
      { wants: 'no host that it names', server: '', refused: 'good.test:443', alert },
      { wants: 'to speak another protocol', server: null, refused: 'good.test:443', alert: '' },
    ])('a client that wants $wants', ({ server, refused, alert: told }) => {
      const bytes = async (): Promise<Buffer> => (server === null ? Buffer.from('SSH-2.0-x\r\n') : clientHello(server));

      test('is refused, on record, and sends no byte', async () => {
        expect(await tunnelled(await bytes())).toEqual({ answer: established + told, refused: [refused], received: 0 });
      });

      test('gets through where nobody reads what it says', async () => {
        const sent = await bytes();
        expect(await tunnelled(sent, { mayGoOn: () => true })).toEqual({
          answer: `${established}${heard(sent)}`,
          refused: [],
          received: sent.length,
        });
      });
    });
  });

  test('reads what goes through a tunnel to port 80, request by request', async () => {
    await using to = await world((request, answer) => answer.end(`[${request.headers.host}${request.url}]`));
    const answer = await to.exchange(
      'CONNECT good.test:80 HTTP/1.1\nHost: good.test:80\n\n',
      'GET /one HTTP/1.1\nHost: good.test\n\n',
      get('/two', 'evil.test'),
    );
    expect(answer).toMatch(
      /^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*\[good\.test\/one\][\s\S]*HTTP\/1\.1 403 Forbidden[\s\S]*blocked-by-allowlist/,
    );
    expect(to.proxy.refusedHosts).toEqual(['evil.test:80']);
  });

  test('names each refused host once', async () => {
    await using to = await world(echo);
    for (const host of ['evil.test', 'worse.test', 'evil.test']) await to.exchange(get(`http://${host}/`, host));
    expect(to.proxy.refusedHosts).toEqual(['evil.test:80', 'worse.test:80']);
  });

  test('when it is closed, its connections end and its socket is gone', async () => {
    const accepted = Promise.withResolvers<Socket>();
    await using to = await world((socket: Socket) => accepted.resolve(socket), 'tcp');
    const answer = to.exchange('CONNECT good.test:443 HTTP/1.1\nHost: x\n\n');
    const upstream = await accepted.promise;
    const ended = once(upstream.on('error', () => {}).resume(), 'close');
    await to.proxy[Symbol.asyncDispose]();
    await ended;
    await answer;
    await expect(stat(to.socket)).rejects.toThrow('ENOENT');
  });

  test('listens however deep its folder lies, for its user alone', async () => {
    const root = await mkdtemp(join(tmpdir(), 'egress-'));
    const folder = join(root, ...Array.from({ length: 8 }, () => 'a-folder-with-a-long-name'));
    await mkdir(folder, { recursive: true });
    {
      await using proxy = await EgressProxy.listen({ socket: join(folder, 'egress.sock'), user: null, allowed: [] });
      const { mode } = await stat(join(folder, 'egress.sock'));
      expect([await readdir(folder), mode & 0o777, proxy.port]).toEqual([['egress.sock'], 0o600, 0]);
    }
    expect(await readdir(folder)).toEqual([]);
    await rm(root, { recursive: true });
  });

  test('who speaks another protocol is told, and may still be talking then', async () => {
    await using to = await world(echo);
    const client = connect(to.socket);
    const broken: Error[] = [];
    client.on('error', (error) => broken.push(error));
    client.write('SSH-2.0-other\r\n');
    const [answer] = (await once(client, 'data')) as [Buffer]; // safe: no encoding is set
    client.end('and more of it\r\n');
    await once(client, 'close');
    expect([status(answer.toString()), broken]).toEqual(['HTTP/1.1 400 Bad Request', []]);
  });

  test('takes the place of a socket that nobody listens on any more', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'egress-'));
    await writeFile(join(folder, 'egress.sock'), '');
    await using proxy = await EgressProxy.listen({ socket: join(folder, 'egress.sock'), user: null, allowed: [] });
    expect([(await stat(join(folder, 'egress.sock'))).isSocket(), proxy.refusedHosts]).toEqual([true, []]);
    await rm(folder, { recursive: true });
  });

  test('listens on loopback where commands share a network with it', async () => {
    await using proxy = await EgressProxy.listen({ socket: null, user: null, allowed: [] });
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      request({ port: proxy.port, path: 'http://evil.test/', headers: { host: 'evil.test' } }, resolve)
        .on('error', reject)
        .end(),
    );
    expect([answer.statusCode, answer.headers['x-proxy-error'], proxy.refusedHosts]).toEqual([
      403,
      'blocked-by-allowlist',
      ['evil.test:80'],
    ]);
    answer.resume();
  });
});
