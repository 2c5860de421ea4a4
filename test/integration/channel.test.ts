import { expect, test } from 'vitest';
import { calls, scripted } from '../fakes/openai/index.ts';
import { AppendProxy } from '../harness/proxy.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const script = scripted([
  calls('bash', { command: 'echo hello > hello.txt', timeoutSeconds: null, network: null }),
  calls('finish', { summary: 'Done.', claims: [] }),
]);

/** How a run's workers asked, by the log of the runner; the run came to its review. */
const askedBy = async (rig: Rig): Promise<readonly string[]> => {
  const { id } = await rig.delegate({ repository: await repositoryWith({ 'a.txt': 'a\n' }), goal: 'Say hello.' });
  const state = await rig.settled(id, ({ status }) => status === 'reviewing');
  expect(state).toMatchObject({ result: { files: 1, additions: 1 } });
  const lines = rig.output.matchAll(/"method":"(\w+)","path":"\/trpc\/worker\.\w+","status":200/g);
  return [...new Set([...lines].map(([, method]) => method ?? ''))];
};

test('a worker of this machine asks over its channel', async () => {
  await using rig = await Rig.start({ script, logLevel: 'debug' });
  expect(await askedBy(rig)).toEqual(['channel']);
});

test('where the runner is to be reached through something else, its workers go through that as well', async () => {
  await using proxy = new AppendProxy();
  const LONGHAUL_PUBLIC_URL = await proxy.listen();
  await using rig = await Rig.start({ script, logLevel: 'debug', env: { LONGHAUL_PUBLIC_URL } });
  proxy.target = rig.url;
  expect(await askedBy(rig)).toEqual(['POST']);
  expect(proxy.appends).toBeGreaterThan(0);
});
