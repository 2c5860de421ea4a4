import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signRunToken } from '../../runner/control/server/run-token.ts';
import { clientOf, failureOf, follow, send, startRunner, tokenHash, type Runner } from './server-set-up.ts';

const people = [
  { token: 'token-of-a-viewer-here', name: 'vera', tenant: 'local', role: 'viewer' },
  { token: 'token-of-an-approver', name: 'adam', tenant: 'other', role: 'approver' },
] as const;
const withPeople = (): Promise<Runner> =>
  startRunner({
    change: (config) => ({
      ...config,
      server: {
        ...config.server,
        tokens: people.map(({ token, ...rest }) => ({ hash: tokenHash(token), ...rest })),
      },
    }),
  });

describe('who may call', () => {
  test('nobody without a token that is known', async () => {
    await using runner = await startRunner();
    const { url, token } = runner.serving;
    const secret = Buffer.from((await readFile(runner.home.secret, 'utf8')).trim(), 'hex');
    const expired = signRunToken(secret, { run: 'run_aaaa', activation: 'act_aaaa', now: 0 });
    for (const bad of [
      null,
      'x',
      token.slice(0, -1),
      `${token}x`,
      expired,
      `${expired.slice(0, -3)}AAA`,
      'lhr_.',
      'lhr_a.b.c',
    ])
      expect(await failureOf(clientOf(url, bad).runner.info.query())).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(await clientOf(url, token).runner.info.query()).toMatchObject({
      engine: 'embedded',
      troubles: [],
      place: { home: runner.home.folder, pid: process.pid },
    });
  });

  test('nobody unknown whose body it would have to read first', async () => {
    await using runner = await startRunner();
    const { hostname, port } = new URL(runner.serving.url);
    for (const path of ['/trpc/runs.delegate', '/blobs', '/nowhere']) {
      const client = connect({ host: hostname, port: Number(port) });
      const chunks: Buffer[] = [];
      client.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
      const closed = new Promise((resolve) => client.once('close', resolve));
      const method = path === '/blobs' ? 'PUT' : 'POST';
      client.write(
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
      );
      await closed;
      expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 401 /);
    }
  });

  test('everybody as far as their role goes, and a path of this machine only from here', async () => {
    await using runner = await withPeople();
    const { url } = runner.serving;
    const viewer = clientOf(url, people[0].token);
    const approver = clientOf(url, people[1].token);
    expect((await viewer.runs.list.query({})).runs).toEqual([]);
    expect(JSON.stringify(await viewer.runner.info.query())).not.toMatch(new RegExp(`${runner.folder}|${process.pid}`));
    const { id: run } = await runner.delegate();
    expect(await failureOf(viewer.runs.tree.query({ run }))).toMatchObject({
      code: 'CONFLICT',
      message: 'Run 1 has no tree yet: it is queued.',
    });
    expect(await failureOf(viewer.runs.delegate.mutate({ goal: 'x', repository: runner.repo }))).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await failureOf(approver.runs.delegate.mutate({ goal: 'x', repository: runner.repo }))).toMatchObject({
      code: 'FORBIDDEN',
      refusal: 'denied',
    });
    expect(await failureOf(approver.runner.shutdown.mutate())).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('another tenant sees nothing of a run, whatever it asks', async () => {
    await using runner = await withPeople();
    const state = await runner.delegate();
    const { url } = runner.serving;
    const other = clientOf(url, people[1].token);
    const run = state.id;
    const decided = { run, decision: 'dec_aaaa', hash: '0'.repeat(64) };
    const calls: Record<string, () => Promise<unknown>> = {
      get: () => other.runs.get.query({ run }),
      events: () => other.runs.events.query({ run }),
      message: () => other.runs.message.mutate({ run, text: 'x' }),
      diff: () => other.runs.diff.query({ run }),
      tree: () => other.runs.tree.query({ run }),
      treeFile: () => other.runs.treeFile.query({ run, tree: 'a'.repeat(40), path: 'a' }),
      review: () => other.runs.review.mutate({ run, round: 1, verdict: 'accepted' }),
      cancel: () => other.runs.cancel.mutate({ run }),
      pause: () => other.runs.pause.mutate({ run }),
      retry: () => other.runs.retry.mutate({ run }),
      archive: () => other.runs.archive.mutate({ run }),
      unarchive: () => other.runs.unarchive.mutate({ run }),
      deletion: () => other.runs.deletion.query({ run }),
      delete: () => other.runs.delete.mutate({ run }),
      approve: () => other.decisions.decide.mutate({ ...decided, verdict: { kind: 'approved' } }),
      reject: () => other.decisions.decide.mutate({ ...decided, verdict: { kind: 'rejected' } }),
      answer: () => other.decisions.decide.mutate({ ...decided, verdict: { kind: 'answered', answer: 'x' } }),
      renew: () => other.decisions.renew.mutate({ run, decision: 'dec_aaaa' }),
    };
    for (const [name, call] of Object.entries(calls))
      expect([name, await failureOf(call())]).toEqual([
        name,
        { code: 'NOT_FOUND', refusal: 'not_found', message: `There is no run ${run}.` },
      ]);
    expect((await other.runs.list.query({})).runs).toEqual([]);
    expect(await other.decisions.list.query()).toEqual([]);
    using feed = follow(other, { after: 0 });
    using own = follow(runner.client, { after: 0 });
    await own.saw('activation.queued');
    expect(feed.events).toEqual([]);
    expect((await runner.client.runs.get.query({ run })).seq).toBe(state.seq);
  });

  test('a run token only for its own activation', async () => {
    await using runner = await startRunner();
    const [mine, theirs] = [await runner.delegate(), await runner.delegate()];
    const worker = await runner.workerFor(mine);
    const other = await runner.workerFor(theirs);
    const inputs = [
      { run: theirs.id, activation: other.activation },
      { run: mine.id, activation: other.activation },
      { run: theirs.id, activation: worker.activation },
    ];
    for (const input of inputs) {
      const rest = { ...input, fence: 1, after: 0 };
      expect(await failureOf(worker.client.worker.lease.mutate({ ...input, worker: 'w' }))).toMatchObject({
        code: 'FORBIDDEN',
      });
      expect(await failureOf(worker.client.worker.heartbeat.mutate(rest))).toMatchObject({ code: 'FORBIDDEN' });
      expect(
        await failureOf(
          worker.client.worker.append.mutate({ ...rest, batch: 1, events: [{ type: 'prepare.started', v: 1 }] }),
        ),
      ).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await failureOf(worker.client.runs.get.query({ run: mine.id }))).toMatchObject({ code: 'FORBIDDEN' });
    expect(
      await failureOf(runner.client.worker.lease.mutate({ run: mine.id, activation: worker.activation, worker: 'w' })),
    ).toMatchObject({ code: 'FORBIDDEN' });
    expect(await runner.client.runs.get.query({ run: theirs.id })).toMatchObject({ status: 'queued', seq: theirs.seq });
  });
});

describe('what a web page could send', () => {
  let runner: Runner;
  beforeAll(async () => {
    runner = await startRunner();
  });
  afterAll(() => runner[Symbol.asyncDispose]());

  test.each([
    ['another host', { host: 'evil.example' }, 421],
    ['another host with a port', { host: 'evil.example:80' }, 421],
    ['a host that only begins like ours', { host: 'localhost.evil.example' }, 421],
    ['no host that is one', { host: 'local host' }, 421],
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['the origin of a file', { origin: 'null' }, 403],
    ['the host by another of its names', { host: 'localhost:1' }, 200],
  ])('%s', async (_, headers, status) => {
    const { url, token } = runner.serving;
    const authorization = `Bearer ${token}`;
    for (const path of ['/healthz', '/trpc/runner.info']) {
      const answer = await send(`${url}${path}`, { headers: { authorization, ...headers } });
      const body = JSON.parse(answer.body) as { error?: { data: { httpStatus: number } } }; // safe: the shape of every answer
      expect([answer.status, body.error?.data.httpStatus ?? 200]).toEqual([status, status]);
    }
  });

  test('a host and an origin that were configured may call', async () => {
    await using runner = await startRunner({
      publicUrl: 'https://runner.example',
      change: (config) => ({ ...config, server: { ...config.server, origins: ['https://ui.example'] } }),
    });
    const headers = { host: 'runner.example', origin: 'https://ui.example' };
    expect((await send(`${runner.serving.url}/healthz`, { headers })).status).toBe(200);
  });
});

describe('what cannot be read', () => {
  const json = { 'content-type': 'application/json' };
  test.each([
    [
      'a body over the limit',
      { headers: json, body: JSON.stringify({ goal: 'x'.repeat(300_000) }) },
      { httpStatus: 413, code: 'PAYLOAD_TOO_LARGE' },
    ],
    ['a body that is no JSON', { headers: json, body: '{' }, { httpStatus: 400, code: 'BAD_REQUEST' }],
    [
      'another content type',
      { headers: { 'content-type': 'text/plain' }, body: 'x' },
      { httpStatus: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
    ],
  ])('%s', async (_, request, expected) => {
    await using runner = await startRunner({
      change: (config) => ({ ...config, server: { ...config.server, maxBodyBytes: 200_000 } }),
    });
    const { url, token } = runner.serving;
    const answer = await send(`${url}/trpc/runs.delegate`, {
      method: 'POST',
      body: request.body,
      headers: { authorization: `Bearer ${token}`, ...request.headers },
    });
    expect({ status: answer.status, body: JSON.parse(answer.body) }).toMatchObject({
      status: expected.httpStatus,
      body: { error: { data: expected } },
    });
    expect(answer.body).not.toContain('node_modules');
    expect((await runner.client.runs.list.query({})).position).toBe(0);
  });
});

describe('a worker', () => {
  test('that asks for its lease again, because the answer was lost, has it', async () => {
    await using runner = await startRunner();
    const state = await runner.delegate();
    const { client, activation } = await runner.workerFor(state);
    const input = { run: state.id, activation, worker: 'one' };
    const first = await client.worker.lease.mutate(input);
    const again = await client.worker.lease.mutate(input);
    expect(first).toMatchObject({ outcome: 'leased', fence: 1 });
    expect(again).toEqual(first);
    expect(await client.worker.lease.mutate({ ...input, worker: 'two' })).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'fenced' },
    });
  });

  test('is not told again what it has just said, where it wants it so, and is told what others said', async () => {
    await using runner = await startRunner();
    const state = await runner.delegate();
    const { client, activation } = await runner.workerFor(state);
    const run = state.id;
    await client.worker.lease.mutate({ run, activation, worker: 'w' });
    await runner.client.runs.message.mutate({ run, text: 'Mind the tests.' });
    const input = { run, activation, fence: 1, batch: 1, after: 3, brief: true };
    const ask = () => client.worker.append.mutate({ ...input, events: [{ type: 'prepare.started', v: 1 }] });
    const answer = await ask();
    expect(answer).toMatchObject({
      outcome: 'held',
      events: [
        { seq: 4, body: { type: 'message.sent' } },
        { seq: 5, own: 0 },
      ],
    });
    // What was not heard is said once more.
    expect(await ask()).toEqual(answer);
  });

  test('cannot have a person decide on something else than is written', async () => {
    await using runner = await startRunner();
    const state = await runner.delegate();
    const { client, activation } = await runner.workerFor(state);
    await client.worker.lease.mutate({ run: state.id, activation, worker: 'w' });
    const before = await runner.client.runs.get.query({ run: state.id });
    const append = (events: Parameters<typeof client.worker.append.mutate>[0]['events']) =>
      client.worker.append.mutate({ run: state.id, activation, fence: 1, batch: 1, after: before.seq, events });
    const request = {
      id: 'dec_aaaa',
      kind: 'call',
      requester: { turn: 1, call: 'c' },
      action: 'Run ls',
      tool: 'bash',
      arguments: { command: 'rm -rf /' },
      tree: null,
      hash: createHash('sha256').update('something else').digest('hex'),
      reason: '',
      consequence: '',
      expiresAt: '2030-01-01T00:00:00.000Z',
      onExpiry: '',
      choices: [],
    } as const;
    expect(await append([{ type: 'decision.requested', v: 3, request: { ...request, choices: [] } }])).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'invalid', message: expect.stringContaining('dec_aaaa') },
    });
    const missing = {
      index: 0,
      command: 'x',
      outcome: 'exited',
      exitCode: 0,
      output: '',
      outputBlob: 'a'.repeat(64),
      durationMs: 1,
      refusedHosts: [] as string[],
      reachedHosts: [] as string[],
    } as const;
    expect(await append([{ type: 'setup.finished', v: 2, ...missing }])).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'invalid', message: expect.stringContaining('a'.repeat(64)) },
    });
    expect(await runner.client.runs.get.query({ run: state.id })).toEqual(before);
  });
});

describe('blobs', () => {
  const put = (runner: Runner, token: string, body: string) =>
    fetch(`${runner.serving.url}/blobs`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      body,
    });
  const read = async (runner: Runner, token: string, path: string) => {
    const answer = await fetch(`${runner.serving.url}/blobs/${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: answer.status, text: await answer.text() };
  };

  test('are stored by the worker that holds the run, and read by it and by its tenant', async () => {
    await using runner = await withPeople();
    const [mine, theirs] = [await runner.delegate(), await runner.delegate()];
    const worker = await runner.workerFor(mine);
    const other = await runner.workerFor(theirs);
    expect((await put(runner, worker.token, 'content')).status).toBe(409);
    for (const [state, { client, activation }] of [
      [mine, worker],
      [theirs, other],
    ] as const)
      await client.worker.lease.mutate({ run: state.id, activation, worker: 'w' });
    const answer = await put(runner, worker.token, 'content');
    const hash = createHash('sha256').update('content').digest('hex');
    expect([answer.status, await answer.json()]).toEqual([201, { hash, bytes: 7 }]);
    expect(await read(runner, worker.token, hash)).toEqual({ status: 200, text: 'content' });
    expect(await read(runner, runner.serving.token, `${hash}?run=${mine.id}`)).toEqual({
      status: 200,
      text: 'content',
    });
    expect((await stat(`${runner.home.blobs}/${hash.slice(0, 2)}/${hash.slice(2)}`)).mode & 0o777).toBe(0o600);

    const refused = [
      [await read(runner, other.token, hash), 404],
      [await read(runner, runner.serving.token, hash), 404],
      [await read(runner, runner.serving.token, `${hash}?run=${theirs.id}`), 404],
      [await read(runner, people[1].token, `${hash}?run=${mine.id}`), 404],
      [await read(runner, 'nobody', hash), 401],
      [await read(runner, worker.token, '..%2f..%2ftoken'), 404],
      [await put(runner, people[0].token, 'x'), 403],
      [await put(runner, 'nobody', 'x'), 401],
    ] as const;
    expect(refused.map(([{ status }]) => status)).toEqual(refused.map(([, status]) => status));
  });

  test.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', null])(
    'are what was sent, though it is said to be %s',
    async (type) => {
      await using runner = await startRunner();
      const state = await runner.delegate();
      const { client, token, activation } = await runner.workerFor(state);
      await client.worker.lease.mutate({ run: state.id, activation, worker: 'w' });
      const answer = await fetch(`${runner.serving.url}/blobs`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, ...(type === null ? {} : { 'content-type': type }) },
        body: Buffer.from('{'),
      });
      expect(await answer.json()).toEqual({ hash: createHash('sha256').update('{').digest('hex'), bytes: 1 });
    },
  );

  test('have a limit, whether their length is told or not', async () => {
    await using runner = await startRunner({
      change: (config) => ({ ...config, server: { ...config.server, maxBlobBytes: 1000 } }),
    });
    const state = await runner.delegate();
    const worker = await runner.workerFor(state);
    await worker.client.worker.lease.mutate({ run: state.id, activation: worker.activation, worker: 'w' });
    expect((await put(runner, worker.token, 'x'.repeat(1001))).status).toBe(413);
    const streamed = fetch(`${runner.serving.url}/blobs`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${worker.token}` },
      body: new ReadableStream({
        pull: (controller) => {
          controller.enqueue(new Uint8Array(400));
        },
      }),
      duplex: 'half',
    });
    // The answer may come, or the connection be cut before all was sent; either way it ends.
    expect(
      await streamed.then(
        ({ status }) => status,
        () => 'cut',
      ),
    ).toBeOneOf([413, 'cut']);
    expect((await put(runner, worker.token, 'x'.repeat(1000))).status).toBe(201);
  });
});

/** A TCP proxy whose connections can be cut. */
const startProxy = async (port: number) => {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // safe: it listens on TCP
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

describe('the feed', () => {
  test('goes on after every cut without a gap and without a duplicate, within half a second', async () => {
    await using runner = await startRunner();
    await using proxy = await startProxy(Number(new URL(runner.serving.url).port));
    const state = await runner.delegate();
    using feed = follow(clientOf(proxy.url, runner.serving.token), { after: 0 });
    await feed.saw('activation.queued');
    const total = 300;
    const gaps: number[] = [];
    for (let sent = 1; sent <= total; sent += 1) {
      await runner.client.runs.message.mutate({ run: state.id, text: `message ${sent}` });
      if (sent % 60 === 0) {
        const before = feed.events.length;
        const cutAt = performance.now();
        proxy.cut();
        await runner.client.runs.message.mutate({ run: state.id, text: `while away ${sent}` });
        await feed.until(
          () =>
            feed.events.at(-1)?.body.type === 'message.sent' &&
            feed.events.length > before &&
            JSON.stringify(feed.events.at(-1)).includes(`while away ${sent}`),
        );
        gaps.push(performance.now() - cutAt);
      }
    }
    const expected = await runner.client.runs.events.query({ run: state.id, limit: 1000 });
    await feed.until(() => feed.events.length >= expected.length);
    expect(feed.events.map(({ position }) => position)).toEqual(expected.map(({ position }) => position));
    // The quickest is far from the 3 s that tRPC’s client waits by itself; how fast they are on a quiet machine, the bench says.
    expect(Math.min(...gaps)).toBeLessThan(2_000);
  });

  test('of a run that is not there says so and ends', async () => {
    await using runner = await startRunner();
    using feed = follow(runner.client, { run: 'run_nobodyhasthis' });
    await expect(feed.until(() => false)).rejects.toMatchObject({
      data: { code: 'NOT_FOUND', refusal: { code: 'not_found' } },
    });
  });

  test('goes on when the runner was restarted', async () => {
    await using runner = await startRunner({ port: await freePort() });
    const state = await runner.delegate();
    using feed = follow(runner.client, { after: 0 });
    await feed.saw('activation.queued');
    await runner.restart();
    await runner.client.runs.message.mutate({ run: state.id, text: 'after' });
    await feed.saw('message.sent');
    const expected = await runner.client.runs.events.query({ run: state.id });
    expect(feed.events).toEqual(expected);
  });

  test('begins with now where no position is named, and holds one run where one is', async () => {
    await using runner = await startRunner();
    const [first, second] = [await runner.delegate(), await runner.delegate()];
    using all = follow(runner.client, {});
    using one = follow(runner.client, { run: second.id, after: 0 });
    await one.saw('activation.queued');
    // A subscription without a position starts when the server has it; what it then gives is new.
    const position = (await runner.client.runs.list.query({})).position;
    await runner.client.runs.message.mutate({ run: first.id, text: 'new' });
    await runner.client.runs.message.mutate({ run: second.id, text: 'new' });
    await one.saw('message.sent');
    await all.saw('message.sent', second.id);
    expect(all.events.every((event) => event.position > position)).toBe(true);
    expect(new Set(one.events.map(({ run }) => run))).toEqual(new Set([second.id]));
  });

  test('costs a reader that does not read no more than a few pages', async () => {
    await using runner = await startRunner();
    const state = await runner.delegate();
    const text = 'x'.repeat(90_000);
    // 45 MB in the log; a socket and its streams hold a few.
    for (let sent = 0; sent < 500; sent += 1) await runner.client.runs.message.mutate({ run: state.id, text });
    const { port } = new URL(runner.serving.url);
    const path = `/trpc/runs.feed?input=${encodeURIComponent(JSON.stringify({ after: 0 }))}`;
    const before = process.memoryUsage();
    const sockets = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(Number(port), '127.0.0.1');
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${runner.serving.token}\r\n\r\n`,
        );
        await once(socket, 'readable');
        return socket;
      }),
    );
    for (let call = 0; call < 50; call += 1) await runner.client.runner.info.query();
    globalThis.gc?.();
    const grown = process.memoryUsage().rss - before.rss;
    for (const socket of sockets) socket.destroy();
    // All of it for all of them would be 900 MB.
    expect(grown).toBeLessThan(400_000_000);
  });
});

const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  server.close();
  await once(server, 'close');
  return port;
};
