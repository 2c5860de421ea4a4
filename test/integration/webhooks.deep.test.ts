import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { expect, test } from 'vitest';
import { neverAnswers } from '../fakes/openai/index.ts';
import { deliveryOf, GitHub, hookSecret, sendDelivery as send } from '../harness/github.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const count = 1_000;
const atOnce = 20;

const started = async () => {
  const clone = await repositoryWith({
    '.longhaul/triggers/bugs.yaml': 'on: { github: issue-opened }\ngoal: Mend it.\nperDay: 1000\n',
  });
  const stack = new AsyncDisposableStack();
  const github = stack.use(await GitHub.start(clone, ['acme', 'mallory']));
  const rig = stack.use(
    await Rig.start({
      script: () => neverAnswers(),
      env: { HOOK_SECRET: hookSecret, GITHUB_TOKEN_OF_THE_RUNNER: github.token },
      config: { remotes: [github.remote('GITHUB_TOKEN_OF_THE_RUNNER', 'HOOK_SECRET')] },
    }),
  );
  await rig.api.triggers.enable.mutate({ repository: github.url, name: 'bugs' });
  return { github, rig, [Symbol.asyncDispose]: () => stack.disposeAsync() };
};

const counted = ({ home }: Rig, what: string): number => {
  const db = new DatabaseSync(path.join(home, 'database', 'longhaul.db'), { readOnly: true });
  // safe: what it selects
  const row = db.prepare(`select ${what}`).get() as { readonly n: number };
  db.close();
  return row.n;
};

test('a burst of deliveries, each sent twice, is counted once each, over a runner that is killed amid it', async () => {
  await using it = await started();
  const { github, rig } = it;
  let next = 0;
  const statuses = new Map<number, number>();
  const again = Promise.withResolvers<void>();
  const one = async (): Promise<void> => {
    for (let index = (next += 1); index <= count; index = next += 1) {
      const delivery = await deliveryOf(github, index);
      // As somebody who sends again what was not answered.
      for (let sent = 0; sent < 2;) {
        const status = await send(rig.url, delivery).catch(() => null);
        if (status === 202) sent += 1;
        else await again.promise;
        if (status !== null) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }
  };
  const burst = Promise.all(Array.from({ length: atOnce }, one));
  await expect.poll(() => next).toBeGreaterThan(count / 2);
  await rig.kill();
  await rig.start();
  again.resolve();
  await burst;
  expect(statuses).toEqual(new Map([[202, 2 * count]]));
  await expect.poll(() => counted(rig, 'count(*) as n from outside_events where done = 1')).toBe(count);
  expect(counted(rig, 'count(*) as n from firings')).toBe(count);
  expect(counted(rig, "count(distinct event) as n from firings where said like 'mallory may not write%'")).toBe(count);
  expect(counted(rig, 'count(*) as n from runs')).toBe(0);
});

/** A delivery of which the head has come, and one byte. */
const opened = (url: string, headers: Readonly<Record<string, string>>): Socket => {
  const { hostname, port, host } = new URL(url);
  const head = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(['POST /webhooks/github HTTP/1.1', ...head, '', '{'].join('\r\n'));
  return socket;
};

test('who claims much and sends little takes nothing from others, and is not waited for', async () => {
  await using it = await started();
  const { github, rig } = it;
  const { headers } = await deliveryOf(github, 1);
  const claims = { ...headers, 'content-length': String(24 * 2 ** 20) };
  const stalled = Array.from({ length: 12 }, () => opened(rig.url, claims));
  const ends = stalled.map((socket) => once(socket, 'close'));
  await Promise.all(stalled.map((socket) => once(socket, 'connect')));
  expect(await send(rig.url, await deliveryOf(github, 2))).toBe(202);
  await Promise.all(ends);
  expect(await send(rig.url, await deliveryOf(github, 3))).toBe(202);
});

test('what is too large, unsigned or without a length is refused, and the runner goes on', async () => {
  await using it = await started();
  const { github, rig } = it;
  const delivery = await deliveryOf(github, 1);
  // By what it says of itself, before any of it comes.
  const large = opened(rig.url, { ...delivery.headers, 'content-length': String(25 * 2 ** 20 + 1) });
  const [answered] = await once(large, 'data');
  expect(String(answered)).toMatch(/^HTTP\/1\.1 413 [^]*It has more than 25 MB\./);
  expect(
    await send(rig.url, { ...delivery, headers: { ...delivery.headers, 'x-hub-signature-256': 'sha256=00' } }),
  ).toBe(401);
  const chunked = await request(`${rig.url}/webhooks/github`, {
    method: 'POST',
    headers: delivery.headers,
    body: Readable.from([Buffer.from(delivery.body)]),
  });
  expect(chunked.statusCode).toBe(411);
  await chunked.body.dump();
  const missing = await request(`${rig.url}/webhooks/in/pager`, { method: 'POST', body: '{}' });
  expect(missing.statusCode).toBe(404);
  await missing.body.dump();
  expect(await send(rig.url, delivery)).toBe(202);
});
