import path from 'node:path';
import { expect, test } from 'vitest';
import { openDecisions } from '../../shared/run/state.ts';
import { calls, scripted, startFakeOpenAi, type Asked } from '../fakes/openai/index.ts';
import { behindTls, ForwardProxy } from '../harness/forward-proxy.ts';
import { repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';

const name = 'models.example.test';
const lastCall = ({ entries }: Asked): string => entries.findLast(({ by }) => by === 'call')?.call ?? '';

const script = scripted([
  calls('bash', { command: 'echo done >> notes.txt', timeoutSeconds: null, network: null }),
  (asked) => calls('finish', { summary: 'Done.', claims: [{ text: 'It ran', calls: [lastCall(asked)] }] }),
]);

test('a run reaches its endpoint through the proxy of its machine, over TLS with an authority of its own, and nothing else does', async () => {
  await using fake = await startFakeOpenAi({ script });
  const folder = await openFolder('longhaul-proxied-');
  await using tls = await behindTls(fake.url, { name, folder });
  await using proxy = await ForwardProxy.to(tls.port);
  const env = { OPENAI_BASE_URL: `https://${name}/v1`, HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
  await using rig = await Rig.start({
    script,
    model: fake,
    env: { ...env, NODE_EXTRA_CA_CERTS: tls.authority },
  });
  const repository = await repositoryWith({ 'notes.txt': 'begin\n' });
  const { id } = await rig.delegate({ goal: 'Write.', repository });
  const state = await rig.settled(id, ({ status }) => status === 'reviewing' || status === 'waiting');
  expect(state.status).toBe('reviewing');
  // The worker's own calls to the control plane are on loopback, and stay off it.
  expect([...new Set(proxy.requests)]).toEqual([`CONNECT ${name}:443`]);
  expect(fake.journal.map(({ path: asked, status }) => `${status} ${asked}`)).toEqual([
    '200 /v1/responses',
    '200 /v1/responses',
  ]);
});

test('without that authority the run asks a person, and says which variable names it', async () => {
  await using fake = await startFakeOpenAi({ script });
  const folder = await openFolder('longhaul-proxied-');
  await using tls = await behindTls(fake.url, { name, folder: path.resolve(folder) });
  await using proxy = await ForwardProxy.to(tls.port);
  const env = { OPENAI_BASE_URL: `https://${name}/v1`, HTTPS_PROXY: proxy.url };
  await using rig = await Rig.start({ script, model: fake, env });
  const repository = await repositoryWith({ 'notes.txt': 'begin\n' });
  const { id } = await rig.delegate({ goal: 'Write.', repository });
  const state = await rig.settled(id, ({ status }) => status === 'reviewing' || status === 'waiting');
  expect(JSON.stringify(state)).toMatch(
    /certificate of https:\/\/models\.example\.test\/v1 is not trusted .*NODE_EXTRA_CA_CERTS/,
  );
  expect(fake.journal).toEqual([]);
});

test('without a key the vendor is asked nothing: the run asks a person, says how one is set, and spends nothing', async () => {
  await using fake = await startFakeOpenAi({ script });
  const folder = await openFolder('longhaul-proxied-');
  await using tls = await behindTls(fake.url, { name: 'api.openai.com', folder });
  await using proxy = await ForwardProxy.to(tls.port);
  const env = { OPENAI_BASE_URL: '', OPENAI_API_KEY: '', HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
  await using rig = await Rig.start({ script, model: fake, env: { ...env, NODE_EXTRA_CA_CERTS: tls.authority } });
  const repository = await repositoryWith({ 'notes.txt': 'begin\n' });
  const { id } = await rig.delegate({ goal: 'Write.', repository });
  const state = await rig.settled(id, ({ status }) => status === 'reviewing' || status === 'waiting');
  expect(state).toMatchObject({
    status: 'waiting',
    turn: { phase: 'failed', trouble: { code: 'auth', retryable: false, status: null } },
    spent: { retries: 1, usd: 0, unpriced: 0 },
  });
  expect(openDecisions(state)[0]?.request).toMatchObject({
    kind: 'retry',
    reason: expect.stringMatching(/No key is configured.*OPENAI_API_KEY.*longhaul stop/s) as string,
  });
  expect(proxy.requests).toEqual([]);
});
