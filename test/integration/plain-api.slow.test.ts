import { connect } from 'node:net';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, send, startRunner, tokenHash, type Answer, type Runner } from './server-set-up.ts';

/** The door for scripts, over real HTTP; workers do nothing unless a test is one. */
const people = [
  { token: 'token-of-a-viewer-here', name: 'vera', tenant: 'local', role: 'viewer' },
  { token: 'token-of-a-developer', name: 'dora', tenant: 'local', role: 'developer' },
  { token: 'token-of-an-approver', name: 'adam', tenant: 'other', role: 'approver' },
] as const;

let runner: Runner;
let repository: string;
beforeAll(async () => {
  runner = await startRunner({
    change: (config) => ({
      ...config,
      remotes: [
        { match: 'file:///*', username: 'x', passwordVariable: null, github: null, gitlab: null, publish: false },
      ],
      server: {
        ...config.server,
        tokens: people.map(({ token, ...rest }) => ({ hash: tokenHash(token), ...rest })),
      },
    }),
  });
  repository = pathToFileURL(runner.repo).href;
});
afterAll(() => runner[Symbol.asyncDispose]());

interface Told {
  readonly status: number;
  readonly body: { run: string; number: number; status: string; error: { code: string; message: string } } & Record<
    string,
    unknown
  >;
}
const read = ({ status, body }: Answer): Told => ({ status, body: JSON.parse(body) });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const post = async (
  body: unknown,
  { token = 'token-of-a-developer', headers = {} }: { token?: string; headers?: Record<string, string> } = {},
): Promise<Told> =>
  read(
    await send(`${runner.serving.url}/api/delegate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(token), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
const get = async (path: string, token = 'token-of-a-developer'): Promise<Told> =>
  read(await send(`${runner.serving.url}${path}`, { headers: bearer(token) }));
const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

test('a path that is none is told as everything else', async () => {
  expect(await get('/api/runs/%')).toEqual({
    status: 400,
    body: { error: { code: 'invalid', message: 'This is no path.' } },
  });
});

describe('delegating', () => {
  test('begins a run on a remote, and tells where it is told of', async () => {
    const { status, body } = await post({ repository, goal: 'Say hello', budget: { turns: 7 }, model: 'other' });
    expect([status, body]).toEqual([
      202,
      { run: expect.stringMatching(/^run_/), number: expect.any(Number), status: 'queued', url: null },
    ]);
    const { task } = await runner.client.runs.get.query({ run: body.run });
    expect(task).toMatchObject({
      goal: 'Say hello',
      requester: 'person:dora',
      budget: { turns: 7 },
      model: 'other',
      source: { kind: 'remote', url: repository },
    });
  });

  test('with one key the same is one run, also over a restart and at once; another under it is a conflict', async () => {
    const wish = { repository, recipe: 'explain', goal: 'Why?', budget: { turns: 5 } };
    const all = await Promise.all([
      post(wish, keyed('a-1')),
      post(wish, keyed('a-1')),
      post({ ...wish, idempotencyKey: 'a-1' }),
    ]);
    expect(all.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(all.map(({ body }) => body.run)).size).toBe(1);
    await runner.restart();
    expect((await post(wish, keyed('a-1'))).body.run).toBe(all[0].body.run);
    for (const other of [{ goal: 'How?' }, { budget: { turns: 6 } }, { model: 'x' }, { ref: 'main' }, { title: 'T' }])
      expect([other, await post({ ...wish, ...other }, keyed('a-1'))]).toEqual([
        other,
        { status: 409, body: { error: { code: 'conflict', message: expect.stringContaining('was used before') } } },
      ]);
    // A key is the tenant's own, and this door's.
    expect((await post(wish, { token: 'token-of-an-approver', ...keyed('a-1') })).body.run).not.toBe(all[0].body.run);
    const elsewhere = await runner.delegate({ goal: 'Say hello', dedupeKey: 'a-1' });
    expect(elsewhere.id).not.toBe(all[0].body.run);
  });

  test.each<[string, unknown, number, string, RegExp]>([
    ['nothing said', {}, 400, 'invalid', /repository: /],
    ['no goal', { repository: 'https://x.example.org/a' }, 400, 'invalid', /goal: expected a goal, or a recipe/],
    ['a word too many', { repository: 'x', goal: 'x', yes: 1 }, 400, 'invalid', /Unrecognized key: "yes"/],
    ['no JSON', '{"goal":', 400, 'invalid', /cannot be read/],
    ['a prototype', '{"__proto__": {"goal": "x"}}', 400, 'invalid', /cannot be read/],
    ['an unknown remote', { repository: 'https://x.example.org/a', goal: 'x' }, 403, 'denied', /x\.example\.org/],
    ['a path', { repository: '/etc', goal: 'x' }, 403, 'denied', /./],
    [
      'an input that there is not',
      { repository: 'R', recipe: 'explain', goal: 'x', inputs: { a: 1 } },
      400,
      'invalid',
      /The recipe has no input a/,
    ],
    ['a recipe that there is not', { repository: 'R', recipe: 'nope' }, 400, 'invalid', /There is no recipe "nope"/],
    [
      'a ref that there is not',
      { repository: 'R', goal: 'x', ref: 'no-such' },
      404,
      'not_found',
      /no branch or tag no-such/,
    ],
    [
      'more than it takes',
      { repository: 'R', goal: 'x'.repeat(3_000_000) },
      413,
      'too_large',
      /larger than 2097152 bytes/,
    ],
  ])('with %s is refused with a sentence', async (...[, said, status, code, message]) => {
    const body = typeof said === 'string' ? said : JSON.stringify(said).replace('"R"', JSON.stringify(repository));
    expect(await post(body)).toEqual({ status, body: { error: { code, message: expect.stringMatching(message) } } });
  });

  test('a key is for one run, ever: that one was deleted under it is a conflict, too', async () => {
    const wish = { repository, goal: 'Once and no more' };
    const { body } = await post(wish, keyed('deleted'));
    const api = clientOf(runner.serving.url, runner.serving.token);
    await api.runs.cancel.mutate({ run: body.run });
    await api.runs.delete.mutate({ run: body.run });
    const again = await post(wish, keyed('deleted'));
    expect([again.status, again.body.error]).toEqual([
      409,
      { code: 'conflict', message: expect.stringContaining('for a run that somebody deleted') },
    ]);
  });

  test('takes two keys for none, and what is no key neither', async () => {
    const wish = { repository, goal: 'x' };
    expect(await post({ ...wish, idempotencyKey: 'one' }, keyed('two'))).toMatchObject({ status: 400 });
    expect(await post(wish, keyed('a key with spaces'))).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('Idempotency-Key: ') } },
    });
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])('%s is no JSON', async (type) => {
    expect(await post({ repository, goal: 'x' }, { headers: { 'content-type': type } })).toEqual({
      status: 415,
      body: { error: { code: 'unsupported_media_type', message: 'The request must be JSON.' } },
    });
  });
});

describe('who may', () => {
  test('is asked as everywhere: no token, one that reads alone, a web page, another name of this machine', async () => {
    const wish = { repository, goal: 'x' };
    expect(await post(wish, { token: 'nobody-knows-this-one' })).toMatchObject({
      status: 401,
      body: { error: { code: 'unauthorized' } },
    });
    expect(await get('/api/runs/run_0000000000000000', 'nobody-knows-this-one')).toMatchObject({ status: 401 });
    expect(await post(wish, { token: 'token-of-a-viewer-here' })).toEqual({
      status: 403,
      body: { error: { code: 'forbidden', message: 'This needs the role developer.' } },
    });
    expect(await post(wish, { headers: { origin: 'https://evil.example.org' } })).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden' } },
    });
    expect(await post(wish, { headers: { host: 'evil.example.org' } })).toMatchObject({ status: 421 });
    expect(await get('/api/nothing')).toEqual({
      status: 404,
      body: { error: { code: 'not_found', message: 'There is nothing here.' } },
    });
  });

  test('a run is told to its tenant alone, readers among them', async () => {
    const { body } = await post({ repository, goal: 'Say hello' });
    expect(await get(`/api/runs/${body.run}`, 'token-of-a-viewer-here')).toMatchObject({ status: 200 });
    const foreign = await get(`/api/runs/${body.run}?wait=100`, 'token-of-an-approver');
    const none = await get('/api/runs/run_0000000000000000', 'token-of-an-approver');
    expect([foreign.status, none.status, foreign.body.error.code]).toEqual([404, 404, 'not_found']);
    const { token } = await runner.workerFor(await runner.client.runs.get.query({ run: body.run }));
    expect(await get(`/api/runs/${body.run}`, token)).toMatchObject({ status: 403 });
    expect(await get('/api/runs/x', 'token-of-a-viewer-here')).toMatchObject({ status: 400 });
  });
});

describe('a run', () => {
  test('is waited for until it is over, with what it came to', async () => {
    const { body } = await post({ repository, goal: 'Say hello' });
    const path = `/api/runs/${body.run}`;
    expect(await get(path)).toEqual({
      status: 200,
      body: {
        run: body.run,
        number: body.number,
        status: 'queued',
        over: false,
        needsPerson: false,
        detail: 'waiting for a worker',
        title: 'Say hello',
        repository,
        round: 1,
        outcome: null,
        failure: null,
        evidence: { summary: null, passed: 0, ran: 0, commands: [] },
        pullRequest: null,
        cost: { usd: 0, known: true },
      },
    });
    const waiting = [get(`${path}?wait=100`), get(`${path}?wait=100`, 'token-of-a-viewer-here')];
    await clientOf(runner.serving.url, runner.serving.token).runs.cancel.mutate({ run: body.run });
    for (const { body: told } of await Promise.all(waiting))
      expect(told).toMatchObject({ status: 'cancelled', over: true, needsPerson: false, failure: null });
    expect((await get(`${path}?wait=100`)).body.status).toBe('cancelled');
  });

  test('is told as it stands when the time is up, and when the runner stops', async () => {
    const { body } = await post({ repository, goal: 'Say hello' });
    const path = `/api/runs/${body.run}`;
    expect((await get(`${path}?wait=1`)).body.over).toBe(false);
    for (const wrong of ['-1', 'x', '1000', '1&wait=2'])
      expect([wrong, (await get(`${path}?wait=${wrong}`)).status]).toEqual([wrong, 400]);
    const waiting = get(`${path}?wait=100`);
    // It is waited for once the runner has been asked for something after it.
    await get(path);
    await runner.restart();
    expect([200, 503]).toContain((await waiting).status);
    expect((await get(path)).status).toBe(200);
  });

  test('is waited for by so many of one caller, and by others beside them', async () => {
    const { body } = await post({ repository, goal: 'Say hello' });
    const path = `/api/runs/${body.run}?wait=100`;
    const { hostname, port } = new URL(runner.serving.url);
    const asking = Array.from({ length: 51 }, () => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer token-of-a-developer\r\n\r\n`);
      return socket;
    });
    const [first] = await Promise.race(asking.map((socket) => once(socket, 'data')));
    expect(String(first)).toMatch(/^HTTP\/1\.1 429 [^]*retry-after: 5[^]*"code":"too_many_requests"/);
    const beside = get(path, 'token-of-a-viewer-here');
    await runner.client.runs.cancel.mutate({ run: body.run });
    expect((await beside).body.status).toBe('cancelled');
    for (const socket of asking) socket.destroy();
    expect((await get(path)).status).toBe(200);
  });
});
