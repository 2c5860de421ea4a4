import { expect, test } from 'vitest';
import { BlobCache } from './blob-cache.ts';

test('a blob is read once while it is kept, the longest unused goes first, and a failure is tried again', async () => {
  const reads: string[] = [];
  let failing = true;
  const cache = new BlobCache(async (run, blob) => {
    reads.push(`${run} ${blob}`);
    if (blob === 'bad' && failing) throw new Error('offline');
    return new Uint8Array(blob === 'big' ? 100 : 4);
  }, 10);
  await Promise.all([cache.get('r', 'a'), cache.get('r', 'a')]);
  await cache.get('r', 'b');
  await cache.get('r', 'a');
  await cache.get('r', 'c');
  await cache.get('r', 'a');
  await cache.get('r', 'b');
  await cache.get('r', 'big');
  await cache.get('r', 'b');
  expect(reads).toEqual(['r a', 'r b', 'r c', 'r b', 'r big']);
  await expect(cache.get('r', 'bad')).rejects.toThrow('offline');
  failing = false;
  expect(await cache.get('r', 'bad')).toHaveLength(4);
});
