import { join } from 'node:path';
import { existsSync, statSync, truncateSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { readBlobs } from '../../machine/git/blobs.ts';
import { createFixture } from '../../machine/git/fixture.ts';
import { keepingIn } from '../../../test/harness/keeping.ts';
import { ResultTooLarge } from './result-size.ts';
import { readChanges } from './tree-changes.ts';

/** Between a first commit and one with a file of 300 MB of nothing, which git keeps in some hundred KB. */
const withLargeFile = async () => {
  const fixture = await createFixture();
  fixture.write('small.txt', 'small\n');
  const from = await fixture.commit('First');
  fixture.write('small.txt', 'changed\n');
  const between = await fixture.commit('Second');
  fixture.write('large.bin', '');
  truncateSync(join(fixture.repo, 'large.bin'), 300_000_000);
  const to = await fixture.commit('Third');
  return { fixture, from, between, to, repository: { gitDirectory: join(fixture.repo, '.git') } };
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void; // safe: the flag above is what puts it there

/** Bytes in buffers that somebody holds: what other tests of this process left behind is collected first. */
const heldBytes = (): number => {
  collect();
  return process.memoryUsage().arrayBuffers;
};

const never = keepingIn(() => Promise.reject(new Error('nothing of it may be read')));

test('a file that is too large for a result is named before anything of it is held', async () => {
  const { fixture, from, to, repository } = await withLargeFile();
  await using _ = fixture;
  const before = process.memoryUsage().rss;
  await expect(readChanges(repository, { from, to }, never)).rejects.toThrow(
    new ResultTooLarge(
      'large.bin has 300000000 bytes, and a file of a result may have 104857600. Delete large files that are no part of the work, or have git ignore them.',
    ),
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
});

test('files that are too large together are refused, and those that are not are read', async () => {
  const { fixture, from, between, repository } = await withLargeFile();
  await using _ = fixture;
  const range = { from, to: between };
  await expect(readChanges(repository, { ...range, limits: { fileBytes: 10, allBytes: 13 } }, never)).rejects.toThrow(
    /^The changed files come to 14 bytes, and a result may have 13\./,
  );
  const limits = { fileBytes: 10, allBytes: 14 };
  const { files } = await readChanges(
    repository,
    { ...range, limits },
    keepingIn(async (content) => content.toString()),
  );
  expect(files).toMatchObject([{ status: 'modified', before: { blob: 'small\n' }, after: { blob: 'changed\n' } }]);
});

test('a large file and the patch pass through in parts; who reads a content whole holds all of it', async () => {
  await using fixture = await createFixture();
  const from = await fixture.commit('First');
  fixture.write('large.bin', '');
  truncateSync(join(fixture.repo, 'large.bin'), 60_000_000);
  fixture.write('small.txt', 'small\n');
  const to = await fixture.commit('Second');
  const repository = { gitDirectory: join(fixture.repo, '.git') };
  const before = heldBytes();
  const seen: (readonly [string, number])[] = [];
  let most = 0;
  const note = async (what: string, bytes: number): Promise<string> => {
    most = Math.max(most, heldBytes() - before);
    seen.push([what, bytes]);
    return what;
  };
  const { patch } = await readChanges(
    repository,
    { from, to },
    {
      content: (content) => note('content', content.length),
      largeContent: (file) => note('large', statSync(file).size),
      patch: (file) => note('patch', Math.sign(statSync(file).size)),
    },
  );
  expect([patch, seen]).toEqual([
    'patch',
    [
      ['large', 60_000_000],
      ['content', 6],
      ['patch', 1],
    ],
  ]);
  expect(most).toBeLessThan(20_000_000);
  expect(existsSync(join(repository.gitDirectory, 'outgoing.content'))).toBe(false);
  const object = (await fixture.git('rev-parse', `${to}:large.bin`)).trim();
  for await (const content of readBlobs(repository, [object])) {
    expect(heldBytes() - before).toBeGreaterThanOrEqual(content.length);
  }
});
