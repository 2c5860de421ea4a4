import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBlobFolder } from './blob-folder.ts';

const temporary = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
};
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
async function* content(...parts: readonly string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

async function* cut(): AsyncGenerator<Buffer> {
  yield Buffer.from('1');
  throw new Error('the connection broke');
}

test('a blob is read by the hash of what it holds, however it came, and stored once', async () => {
  await using place = await temporary();
  const blobs = await openBlobFolder(place.folder);
  const stored = { outcome: 'stored', hash: hashOf('one two'), bytes: 7 };
  expect(await blobs.put(content('one', ' two'), 100)).toEqual(stored);
  expect(await blobs.put(content('one two'), 7)).toEqual(stored);
  expect((await blobs.read(stored.hash)).toString()).toBe('one two');
  expect(await blobs.size(stored.hash)).toBe(7);
  expect(await readdir(join(place.folder, stored.hash.slice(0, 2)))).toEqual([stored.hash.slice(2)]);
  expect(await blobs.put(content(), 0)).toEqual({ outcome: 'stored', hash: hashOf(''), bytes: 0 });
});

test('what is too large, or cut off, leaves nothing', async () => {
  await using place = await temporary();
  const blobs = await openBlobFolder(place.folder);
  expect(await blobs.put(content('1234', '5'), 4)).toEqual({ outcome: 'too_large' });
  await expect(blobs.put(cut(), 4)).rejects.toThrow('the connection broke');
  expect(await readdir(place.folder, { recursive: true })).toEqual(['incoming']);
});

test('what a killed runner left half-written is removed', async () => {
  await using place = await temporary();
  await openBlobFolder(place.folder);
  await writeFile(join(place.folder, 'incoming', 'half'), 'x');
  await openBlobFolder(place.folder);
  expect(await readdir(join(place.folder, 'incoming'))).toEqual([]);
});

test('a blob that changed on the disk is not given out as what it was', async () => {
  await using place = await temporary();
  const blobs = await openBlobFolder(place.folder);
  await blobs.put(content('good'), 100);
  const hash = hashOf('good');
  await writeFile(join(place.folder, hash.slice(0, 2), hash.slice(2)), 'evil');
  await expect(blobs.read(hash)).rejects.toThrow('damaged');
  expect(await blobs.size(hashOf('nothing'))).toBeNull();
  await expect(blobs.read('../../token')).rejects.toThrow('no name of a blob');
});
