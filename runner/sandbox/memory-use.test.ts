import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MemoryWatch } from './memory-use.ts';

const mib = 1024 * 1024;

interface Use {
  readonly resident: number;
  readonly shared: number;
  /** MiB; null: it must not be looked at. */
  readonly own: number | null;
}

/** Folders as /proc has them, of processes that use so many MiB. */
const processes = async (uses: readonly Use[]) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'memory-'));
  const folders = await Promise.all(
    uses.map(async ({ resident, shared, own }, index) => {
      const process = path.join(folder, String(index));
      await mkdir(process);
      await writeFile(path.join(process, 'statm'), `99999999 ${resident * 256} ${shared * 256} 1 0 2 0\n`);
      if (own !== null)
        await writeFile(
          path.join(process, 'smaps_rollup'),
          `Rss: ${resident * 1024} kB\nPss: 1 kB\nPss_Anon: ${own * 1024} kB\nPss_File: 4096 kB\nPss_Shmem: 0 kB\nSwapPss: 0 kB\n`,
        );
      return process;
    }),
  );
  return { folders, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
};

test.each<[string, readonly Use[], boolean]>([
  ['nobody', [], false],
  ['one below it', [{ resident: 90, shared: 10, own: 80 }], false],
  ['one above it', [{ resident: 110, shared: 2, own: 108 }], true],
  ['two that are above it together', Array.from({ length: 2 }, () => ({ resident: 60, shared: 0, own: 60 })), true],
  ['many that share what they have', Array.from({ length: 9 }, () => ({ resident: 60, shared: 0, own: 8 })), false],
  ['one that maps a large file', [{ resident: 500, shared: 480, own: 20 }], false],
  ['one that must not be looked at', [{ resident: 120, shared: 10, own: null }], true],
  ['one that maps a file and must not be looked at', [{ resident: 120, shared: 90, own: null }], false],
])('a limit of 100 MiB, and %s', async (_, uses, expected) => {
  await using made = await processes(uses);
  expect(new MemoryWatch(100 * mib).exceeded(made.folders)).toBe(expected);
});

test('processes that share much are not looked at page by page all the time', async () => {
  await using made = await processes(Array.from({ length: 9 }, () => ({ resident: 60, shared: 0, own: 8 })));
  const looks = [0, 10, 20, 70, 120];
  const asked: number[] = [];
  const watch = new MemoryWatch(100 * mib, () => {
    const now = looks.shift() ?? 0;
    asked.push(now);
    return now;
  });
  for (let look = 0; look < 3; look += 1) watch.exceeded(made.folders);
  // The first look took from 0 to 10, so that it rests until 110: at 20 and at 70 nothing is read.
  expect(asked).toEqual([0, 10, 20, 70]);
});
