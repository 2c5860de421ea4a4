import { createHash, timingSafeEqual } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { Transform, type Readable } from 'node:stream';

export type Stored =
  | { readonly outcome: 'stored'; readonly hash: string; readonly bytes: number }
  | { readonly outcome: 'too_large' };

/**
 * Large contents, each under the SHA-256 of what it holds: written once, never changed. What is read is checked against its
 * name. Throws Trouble where the place of the blobs cannot be used, system errors of the runner's own disk, and what a stream throws.
 */
export interface Blobs {
  /** Takes a stream in; when this returns, it is kept, and `remove` spares it for a while. The same content again is no error. */
  put(content: AsyncIterable<Buffer>, maxBytes: number): Promise<Stored>;
  /** The whole blob. Throws if it is not there or not what it was. */
  read(hash: string): Promise<Buffer>;
  /** Bytes, or null if there is no such blob. */
  size(hash: string): Promise<number | null>;
  /** Ends with an error, after what it gave, if that was not the blob. */
  stream(hash: string): Promise<Readable>;
  /** Takes blobs away that nothing refers to. One that was put within `spareMs` stays: somebody may be about to refer to it. */
  remove(hashes: readonly string[], spareMs: number): Promise<void>;
}

export const checkName = (hash: string): string => {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error('that is no name of a blob');
  return hash;
};

/** Writes a stream to a file that does not exist yet, durably, and names what it holds. Leaves nothing where that fails. */
export const spool = async (content: AsyncIterable<Buffer>, draft: string, maxBytes: number): Promise<Stored> => {
  const digest = createHash('sha256');
  let bytes = 0;
  let kept = false;
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
    kept = true;
    return { outcome: 'stored', hash: digest.digest('hex'), bytes };
  } finally {
    if (!kept) await rm(draft, { force: true });
  }
};

/** What is kept under a name is not what the name says. */
export class DamagedBlob extends Error {
  override readonly name = 'DamagedBlob';
  constructor(hash: string) {
    super(`blob ${hash} is damaged where it is kept`);
  }
}

export const checked = (content: Buffer, hash: string): Buffer => {
  if (timingSafeEqual(createHash('sha256').update(content).digest(), Buffer.from(hash, 'hex'))) return content;
  throw new DamagedBlob(hash);
};

/** Passes a blob on. The end of it is held back until it is certain: so a reader of something else comes up short. */
export const checking = (hash: string): Transform => {
  const digest = createHash('sha256');
  let last: Buffer | null = null;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      digest.update(chunk);
      const before = last;
      last = chunk;
      if (before === null) done();
      else done(null, before);
    },
    flush: (done) => {
      if (digest.digest('hex') !== hash) done(new DamagedBlob(hash));
      else done(null, last);
    },
  });
};
