import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Blobs } from '../../runner/control/blobs/blobs.ts';

/** A place for blobs of its own, and ways to it that only a test has. */
export interface OpenedBlobs extends AsyncDisposable {
  readonly blobs: Blobs;
  /** What is kept, by name. */
  names(): Promise<readonly string[]>;
  /** Puts another content under a name. */
  spoil(hash: string, content: string): Promise<void>;
  /** Makes a blob look as if it had been put so long ago. */
  age(hash: string, ms: number): Promise<void>;
  /** What is left of streams that were not kept. */
  leftovers(): Promise<readonly string[]>;
}

const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex');
async function* content(...parts: readonly string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}
async function* cut(): AsyncGenerator<Buffer> {
  yield Buffer.from('1');
  throw new Error('the connection broke');
}
const hour = 3_600_000;

/** What every place for blobs must do. */
export const blobSuite = (name: string, open: () => Promise<OpenedBlobs>): void => {
  describe(`${name}: blobs`, () => {
    test('are read by the hash of what they hold, however they came, and kept once', async () => {
      await using opened = await open();
      const { blobs } = opened;
      const stored = { outcome: 'stored', hash: hashOf('one two'), bytes: 7 } as const;
      expect(await blobs.put(content('one', ' two'), 100)).toEqual(stored);
      expect(await blobs.put(content('one two'), 7)).toEqual(stored);
      expect((await blobs.read(stored.hash)).toString()).toBe('one two');
      expect(await text(await blobs.stream(stored.hash))).toBe('one two');
      expect(await blobs.size(stored.hash)).toBe(7);
      expect(await opened.names()).toEqual([stored.hash]);
      expect(await blobs.put(content(), 0)).toEqual({ outcome: 'stored', hash: hashOf(''), bytes: 0 });
      expect(await text(await blobs.stream(hashOf('')))).toBe('');
    });

    test('of many megabytes come back as they went', async () => {
      await using opened = await open();
      const { blobs } = opened;
      const part = 'x'.repeat(1_000_000);
      const parts = Array.from({ length: 24 }, (_, index) => `${index}${part}`);
      const stored = await blobs.put(content(...parts), 1e9);
      if (stored.outcome !== 'stored') throw new Error('it was refused');
      expect(await text(await blobs.stream(stored.hash))).toBe(parts.join(''));
    });

    test('that are too large, or cut off, leave nothing', async () => {
      await using opened = await open();
      expect(await opened.blobs.put(content('1234', '5'), 4)).toEqual({ outcome: 'too_large' });
      await expect(opened.blobs.put(cut(), 4)).rejects.toThrow('the connection broke');
      expect([await opened.names(), await opened.leftovers()]).toEqual([[], []]);
    });

    test('that are not there are said to be so, and no path is a name', async () => {
      await using opened = await open();
      expect(await opened.blobs.size(hashOf('nothing'))).toBeNull();
      await expect(opened.blobs.read(hashOf('nothing'))).rejects.toThrow();
      for (const name of ['../../token', `${hashOf('')}/..`, ''])
        await expect(opened.blobs.read(name)).rejects.toThrow('no name of a blob');
    });

    test('that changed where they are kept are not given out as what they were', async () => {
      await using opened = await open();
      const { blobs } = opened;
      await blobs.put(content('good'), 100);
      const hash = hashOf('good');
      await opened.spoil(hash, 'evil');
      await expect(blobs.read(hash)).rejects.toThrow('damaged');
      await expect(blobs.stream(hash).then(text)).rejects.toThrow('damaged');
    });

    test('are removed, unless they were put again a moment ago', async () => {
      await using opened = await open();
      const { blobs } = opened;
      const [old, again, fresh] = ['old', 'again', 'fresh'].map(hashOf) as [string, string, string]; // safe: three of them
      for (const each of ['old', 'again', 'fresh']) await blobs.put(content(each), 100);
      await opened.age(old, 25 * hour);
      await opened.age(again, 25 * hour);
      await blobs.put(content('again'), 100);
      await blobs.remove([old, again, fresh, hashOf('nothing')], hour);
      expect(await opened.names()).toEqual([again, fresh].toSorted());
    });
  });
};
