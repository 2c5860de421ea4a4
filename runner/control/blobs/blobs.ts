import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open as openFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, Transform, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

type Stored =
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

/** The first bytes of a blob, at least `enough` of them where it has as many. */
export const beginningOf = async ({ stream }: Pick<Blobs, 'stream'>, hash: string, enough: number): Promise<Buffer> => {
  const content = await stream(hash);
  // What is not read to its end is not missed.
  content.on('error', () => {});
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    chunks.push(chunk as Buffer); // safe: no encoding is set
    bytes += (chunk as Buffer).length; // safe: as above
    if (bytes >= enough) break;
  }
  return Buffer.concat(chunks);
};

export const checkName = (hash: string): string => {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error('that is no name of a blob');
  return hash;
};

/** Where blobs are kept, each under its hash. */
export interface Place {
  /** Null: it is not there. `changedMs`: since the epoch. */
  readonly found: (hash: string) => Promise<{ readonly bytes: number; readonly changedMs: number } | null>;
  /** Takes over the content of a file, which may then be gone, whether the same is there or not. */
  readonly keep: (draft: string, blob: { readonly hash: string; readonly bytes: number }) => Promise<void>;
  readonly open: (hash: string) => Promise<Readable>;
  readonly remove: (hash: string) => Promise<unknown>;
}

/**
 * Blobs in a place. In `incoming` a stream lies until its hash, which is its name, is known; what a runner that was killed left
 * there is removed.
 */
export const blobsIn = async (incoming: string, { found, keep, open, remove }: Place): Promise<Blobs> => {
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  const stream = async (hash: string): Promise<Readable> => pipeline(await open(hash), checking(hash), () => {});
  return {
    put: async (content, maxBytes) => {
      const draft = join(incoming, randomBytes(12).toString('hex'));
      try {
        const stored = await spool(content, draft, maxBytes);
        if (stored.outcome === 'stored') await keep(draft, stored);
        return stored;
      } finally {
        await rm(draft, { force: true });
      }
    },
    read: async (hash) => buffer(await stream(hash)),
    size: async (hash) => (await found(hash))?.bytes ?? null,
    stream,
    remove: async (hashes, spareMs) => {
      for (const hash of hashes) {
        const there = await found(hash);
        if (there !== null && there.changedMs < Date.now() - spareMs) await remove(hash);
      }
    },
  };
};

/** Writes a stream to a file that does not exist yet, durably, and names what it holds. */
const spool = async (content: AsyncIterable<Buffer>, draft: string, maxBytes: number): Promise<Stored> => {
  const digest = createHash('sha256');
  let bytes = 0;
  await using file = await openFile(draft, 'wx', 0o600);
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > maxBytes) return { outcome: 'too_large' };
    digest.update(chunk);
    await file.writeFile(chunk);
  }
  await file.sync();
  return { outcome: 'stored', hash: digest.digest('hex'), bytes };
};

/** What is kept under a name is not what the name says. */
export class DamagedBlob extends Error {
  override readonly name = 'DamagedBlob';
  constructor(hash: string) {
    super(`blob ${hash} is damaged where it is kept`);
  }
}

/** Passes a blob on. The end of it is held back until it is certain: so a reader of something else comes up short. */
const checking = (hash: string): Transform => {
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
