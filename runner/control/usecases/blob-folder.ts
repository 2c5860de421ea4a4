import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { missingIs } from '../../config/home.ts';

type Stored =
  | { readonly outcome: 'stored'; readonly hash: string; readonly bytes: number }
  | { readonly outcome: 'too_large' };

/** Large contents in a folder, each under the SHA-256 of what it holds: written once, never changed. */
export interface BlobFolder {
  /** Streams to disk; when this returns, it is there after a power loss. Rejects with the stream's or the disk's error. */
  put(content: AsyncIterable<Buffer>, maxBytes: number): Promise<Stored>;
  /** The whole blob, checked against its name. Throws if it is not there or not what it was. */
  read(hash: string): Promise<Buffer>;
  /** Bytes, or null if there is no such blob. */
  size(hash: string): Promise<number | null>;
  stream(hash: string): ReadStream;
}

/** What a runner that was killed left half-written is removed. */
export const openBlobFolder = async (folder: string): Promise<BlobFolder> => {
  const incoming = join(folder, 'incoming');
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { mode: 0o700 });
  const pathOf = (hash: string): string => {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error('that is no name of a blob');
    return join(folder, hash.slice(0, 2), hash.slice(2));
  };
  const size = async (hash: string): Promise<number | null> =>
    (await stat(pathOf(hash)).catch(missingIs(null)))?.size ?? null;

  return {
    put: async (content, maxBytes) => {
      const draft = join(incoming, randomBytes(12).toString('hex'));
      const digest = createHash('sha256');
      let bytes = 0;
      try {
        const file = await open(draft, 'wx', 0o600);
        try {
          for await (const chunk of content) {
            bytes += chunk.length;
            if (bytes > maxBytes) return { outcome: 'too_large' };
            digest.update(chunk);
            await file.writeFile(chunk);
          }
          await file.sync();
        } finally {
          await file.close();
        }
        const hash = digest.digest('hex');
        const path = pathOf(hash);
        if ((await size(hash)) !== bytes) {
          await mkdir(dirname(path), { recursive: true, mode: 0o700 });
          await rename(draft, path);
          await syncFolder(dirname(path));
        }
        return { outcome: 'stored', hash, bytes };
      } finally {
        await rm(draft, { force: true });
      }
    },
    read: async (hash) => {
      const content = await readFile(pathOf(hash));
      const found = createHash('sha256').update(content).digest();
      if (!timingSafeEqual(found, Buffer.from(hash, 'hex'))) throw new Error(`blob ${hash} is damaged on the disk`);
      return content;
    },
    size,
    stream: (hash) => createReadStream(pathOf(hash)),
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
