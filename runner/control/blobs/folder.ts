import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { missingIs } from '../../machine/home/home.ts';
import { checked, checking, checkName, spool, type Blobs } from './blobs.ts';

/** Blobs in a folder of the runner's own. What a runner that was killed left half-written is removed. */
export const openBlobFolder = async (folder: string): Promise<Blobs> => {
  const incoming = join(folder, 'incoming');
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  const pathOf = (hash: string): string => join(folder, checkName(hash).slice(0, 2), hash.slice(2));
  const found = (hash: string) => stat(pathOf(hash)).catch(missingIs(null));

  return {
    put: async (content, maxBytes) => {
      const draft = join(incoming, randomBytes(12).toString('hex'));
      try {
        const stored = await spool(content, draft, maxBytes);
        if (stored.outcome === 'too_large') return stored;
        const path = pathOf(stored.hash);
        if ((await found(stored.hash))?.size === stored.bytes) {
          const now = new Date();
          await utimes(path, now, now);
        } else {
          await mkdir(dirname(path), { recursive: true, mode: 0o700 });
          await rename(draft, path);
          await syncFolder(dirname(path));
        }
        return stored;
      } finally {
        await rm(draft, { force: true });
      }
    },
    read: async (hash) => checked(await readFile(pathOf(hash)), hash),
    size: async (hash) => (await found(hash))?.size ?? null,
    stream: async (hash) => pipeline(createReadStream(pathOf(hash)), checking(hash), () => {}),
    remove: async (hashes, spareMs) => {
      for (const hash of hashes) {
        const there = await found(hash);
        if (there !== null && there.mtimeMs < Date.now() - spareMs) await rm(pathOf(hash), { force: true });
      }
    },
  };
};

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
