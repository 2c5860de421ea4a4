import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { createFixture } from './fixture.ts';
import { FOREIGN } from './limits.ts';
import { listRemote } from './remote.ts';

test('a remote that names more than anybody reads is refused for good, and what a usual one names is listed', async () => {
  await using fixture = await createFixture();
  const commit = await fixture.commit('First');
  const names = Array.from({ length: 40 }, (_, index) => `refs/heads/b${index}`);
  for (const name of names.slice(0, 3)) await fixture.git('update-ref', name, commit);
  const remote = { url: pathToFileURL(fixture.repo).href, credential: null };
  const few = await listRemote(remote, undefined, { ...FOREIGN, outputBytes: 1000 });
  expect(few).toMatchObject({ outcome: 'listed', defaultBranch: 'refs/heads/main' });
  await Promise.all(names.map((name) => fixture.git('update-ref', name, commit)));
  expect(await listRemote(remote, undefined, { ...FOREIGN, outputBytes: 1000 })).toEqual({
    outcome: 'failed',
    reason: `${remote.url}: more than 1000 bytes of output`,
    again: false,
  });
  const all = await listRemote(remote);
  expect(all.outcome === 'listed' && all.refs.size).toBe(42);
});
