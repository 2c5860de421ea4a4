import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { loadConfig, type RunnerConfig } from '../../machine/config/config.ts';
import { plain } from '../paint.ts';
import { nodeCheck } from './machine.ts';
import { controlGroupCheck } from './control-group.ts';
import { sandboxCheck } from './sandbox.ts';
import { judgeModel, listModels } from './model.ts';
import { doctorView } from './view.ts';

const configWith = async (env: Record<string, string>): Promise<RunnerConfig> => {
  const loaded = await loadConfig({ flags: {}, env, file: '/nowhere/config.yaml' });
  if (loaded.outcome === 'invalid') throw new Error(loaded.problems.join());
  return loaded.config;
};

const endpoint = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  // safe: it listens on a port, not on a path
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const check = async (url: string, env: Record<string, string> = {}) => {
  const config = await configWith({ OPENAI_BASE_URL: url, OPENAI_API_KEY: 'sk-secret', LONGHAUL_MODEL: 'm1', ...env });
  return judgeModel(
    config,
    await listModels({ api: config.model.api, baseUrl: config.model.baseUrl, apiKey: config.apiKey }),
  );
};

test('a model that is listed is fine', async () => {
  await using server = await endpoint((request, response) => {
    const known = request.url === '/v1/models' && request.headers.authorization === 'Bearer sk-secret';
    response.writeHead(known ? 200 : 401).end(JSON.stringify({ data: [{ id: 'm0' }, { id: 'm1' }] }));
  });
  expect(await check(server.url)).toEqual({ name: 'model', outcome: 'ok', detail: `m1 at ${server.url}`, remedy: '' });
  expect(await check(server.url, { LONGHAUL_MODEL: 'm2' })).toEqual({
    name: 'model',
    outcome: 'warn',
    detail: `m2 at ${server.url}: not in its list of 2 models`,
    remedy: 'Name one that is there with LONGHAUL_MODEL: m0, m1',
  });
  expect(await check(server.url, { OPENAI_API_KEY: 'sk-other' })).toEqual({
    name: 'model',
    outcome: 'fail',
    detail: `m1 at ${server.url}: the key was refused (401)`,
    remedy: 'Set OPENAI_API_KEY to a key that is valid there.',
  });
  expect(await check(server.url, { OPENAI_API_KEY: '' })).toMatchObject({
    outcome: 'fail',
    detail: `m1 at ${server.url}: no key`,
  });
});

test('the list is asked for as the endpoint wants it: Anthropic by its own header, Azure with its version', async () => {
  const asked: string[] = [];
  await using server = await endpoint(({ url, headers }, response) => {
    const names = ['authorization', 'x-api-key', 'anthropic-version', 'api-key'].filter((name) => name in headers);
    asked.push(`${url} ${names.join(' ')}`);
    response.writeHead(200).end(JSON.stringify({ data: [{ id: 'm1' }] }));
  });
  const anthropic = { LONGHAUL_API: 'anthropic', ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: 'sk-ant' };
  expect(await check(server.url, anthropic)).toMatchObject({ outcome: 'ok' });
  expect(await check(`${server.url}/?api-version=2026-01-01`)).toMatchObject({ outcome: 'ok' });
  expect(asked).toEqual([
    '/v1/models?limit=1000 x-api-key anthropic-version',
    '/v1/models?api-version=2026-01-01 api-key',
  ]);
});

test("a key that is missing for Anthropic is asked for by Anthropic's name", async () => {
  await using server = await endpoint((_, response) => response.writeHead(401).end());
  const anthropic = { LONGHAUL_API: 'anthropic', ANTHROPIC_BASE_URL: server.url };
  expect(await check(server.url, anthropic)).toMatchObject({
    outcome: 'fail',
    remedy: expect.stringContaining('Set ANTHROPIC_API_KEY; keys are made at https://console.anthropic.com'),
  });
});

test.each([
  [404, '', 'warn', 'its list of models answers 404'],
  [200, '<html>', 'warn', 'answers, and not as a model endpoint does'],
  [200, '{"models": []}', 'warn', 'answers, and not as a model endpoint does'],
])('an endpoint that answers %i %j is a %s', async (...[status, body, outcome, detail]) => {
  await using server = await endpoint((_, response) => response.writeHead(status).end(body));
  expect(await check(server.url)).toMatchObject({ outcome, detail: `m1 at ${server.url}: ${detail}` });
});

test('an endpoint that is not there says so, and how it was not reached', async () => {
  const server = await endpoint(() => undefined);
  await server[Symbol.asyncDispose]();
  expect(await check(server.url)).toMatchObject({
    outcome: 'fail',
    detail: expect.stringMatching(/^m1 at .*: not reached: connect ECONNREFUSED/),
  });
});

test.each([
  ['v22.13.0', 'ok'],
  ['v24.1.0', 'ok'],
  ['v22.12.9', 'fail'],
  ['v20.20.2', 'fail'],
])('Node %s is %s', (version, outcome) => {
  expect(nodeCheck(version).outcome).toBe(outcome);
});

test('what is wrong comes with how to mend it', () => {
  const checks = [
    { name: 'git', outcome: 'ok', detail: '2.39.5', remedy: '' },
    { name: 'sandbox', outcome: 'fail', detail: 'no user namespaces', remedy: 'Allow them:\nsysctl …' },
  ] as const;
  expect(doctorView(checks, plain)).toMatchInlineSnapshot(`
    "✓ git      2.39.5
    ✗ sandbox  no user namespaces
               Allow them:
               sysctl …

    1 thing to mend before runs can work."
  `);
});

test('says whether the kernel limits a command as a whole, and how to have it', async () => {
  const found = { outcome: 'found', base: '/a', own: '/a/b', controllers: ['memory', 'pids'] } as const;
  const none = { outcome: 'none', reason: 'its group is not its own', remedy: 'ask for one' } as const;
  const details = [await controlGroupCheck(async () => found), await controlGroupCheck(async () => none)];
  expect(details.map(({ outcome, detail }) => [outcome, detail])).toEqual([
    ['ok', 'started from here, the kernel limits memory and pids of a command as a whole'],
    [
      'ok',
      'none, started from here: its group is not its own; memory is looked at 20 times a second instead. To have them, ask for one',
    ],
  ]);
});

test.each([
  ['e2b', 'E2B', 'E2B_API_KEY'],
  ['daytona', 'Daytona', 'DAYTONA_API_KEY'],
] as const)('machines of %s without a key are something to mend', async (isolation, name, variable) => {
  const before = process.env[variable];
  delete process.env[variable];
  expect(await sandboxCheck(await configWith({ LONGHAUL_ISOLATION: isolation }))).toEqual({
    name: 'sandbox',
    outcome: 'fail',
    detail: `isolation ${isolation}: there is no key of ${name}`,
    remedy: `set ${variable} for the worker`,
  });
  if (before !== undefined) process.env[variable] = before;
});
