import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { missingIs, synced } from '../../machine/home/home.ts';
import { blobsIn, checkName, type Blobs } from './blobs.ts';

/** Blobs in a folder of the runner's own. */
export const openBlobFolder = (folder: string): Promise<Blobs> => {
  const pathOf = (hash: string): string => join(folder, checkName(hash).slice(0, 2), hash.slice(2));
  const found = async (hash: string) => {
    const there = await stat(pathOf(hash)).catch(missingIs(null));
    return there === null ? null : { bytes: there.size, changedMs: there.mtimeMs };
  };
  return blobsIn(join(folder, 'incoming'), {
    found,
    keep: async (draft, { hash, bytes }) => {
      const path = pathOf(hash);
      if ((await found(hash))?.bytes === bytes) {
        const now = new Date();
        return utimes(path, now, now);
      }
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rename(draft, path);
      await synced(dirname(path));
    },
    open: async (hash) => createReadStream(pathOf(hash)),
    remove: (hash) => rm(pathOf(hash), { force: true }),
  });
};
