import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { createFixture } from './fixture.ts';
import { foreignLimits } from './limits.ts';
import { fetchObjects, listRemote } from './remote.ts';

test('a remote that names more than anybody reads is refused for good, and what a usual one names is listed', async () => {
  await using fixture = await createFixture();
  const commit = await fixture.commit('First');
  const names = Array.from({ length: 40 }, (_, index) => `refs/heads/b${index}`);
  for (const name of names.slice(0, 3)) await fixture.git('update-ref', name, commit);
  const remote = { url: pathToFileURL(fixture.repo).href, credential: null };
  const few = await listRemote(remote, undefined, { ...foreignLimits, outputBytes: 1000 });
  expect(few).toMatchObject({ outcome: 'listed', defaultBranch: 'refs/heads/main' });
  await Promise.all(names.map((name) => fixture.git('update-ref', name, commit)));
  expect(await listRemote(remote, undefined, { ...foreignLimits, outputBytes: 1000 })).toEqual({
    outcome: 'failed',
    reason: `${remote.url}: more than 1000 bytes of output`,
    again: false,
  });
  const all = await listRemote(remote);
  expect(all.outcome === 'listed' && all.refs.size).toBe(42);
});

const commandsWith = async (text: string): Promise<readonly string[]> => {
  const lines = await Promise.all(
    (await readdir('/proc')).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(text));
};

test('when a fetch is cancelled, neither git nor what it started goes on', async () => {
  await using fixture = await createFixture();
  // It takes the connection and never says a word.
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: it listens on TCP
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/x.git`;
  const cancel = new AbortController();
  const repository = { gitDirectory: path.join(fixture.repo, '.git'), signal: cancel.signal };
  const fetched = fetchObjects(repository, { url, credential: null }, { objects: ['a'.repeat(40)] });
  const failed = fetched.then(
    () => 'fetched',
    (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
  );
  // safe: what a server's event carries
  const [socket] = (await once(server, 'connection')) as [Socket];
  expect((await commandsWith(url)).length).toBeGreaterThan(1);
  const hungUp = once(socket.on('error', () => {}).resume(), 'close');
  cancel.abort();
  expect(await failed).toBe('AbortError');
  await hungUp;
  await expect.poll(() => commandsWith(url)).toEqual([]);
  server.close();
});
