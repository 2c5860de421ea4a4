import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blobSuite, type OpenedBlobs } from '../../../test/suites/blobs.ts';
import { openBlobFolder } from './folder.ts';

const open = async (): Promise<OpenedBlobs & { readonly folder: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'));
  const pathOf = (hash: string): string => join(folder, hash.slice(0, 2), hash.slice(2));
  return {
    folder,
    blobs: await openBlobFolder(folder),
    names: async () => {
      const files = await readdir(folder, { recursive: true, withFileTypes: true });
      return files
        .filter((entry) => entry.isFile() && entry.parentPath !== join(folder, 'incoming'))
        .map(({ parentPath, name }) => `${parentPath.slice(-2)}${name}`)
        .toSorted();
    },
    spoil: (hash, content) => writeFile(pathOf(hash), content),
    age: async (hash, ms) => {
      const then = new Date(Date.now() - ms);
      await utimes(pathOf(hash), then, then);
    },
    leftovers: () => readdir(join(folder, 'incoming')),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
};

blobSuite('folder', open);

test('what a killed runner left half-written is removed', async () => {
  await using place = await open();
  await writeFile(join(place.folder, 'incoming', 'half'), 'x');
  await openBlobFolder(place.folder);
  expect(await place.leftovers()).toEqual([]);
});
