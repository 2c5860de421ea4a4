import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isSystemError } from '../../machine/home/home.ts';
import type { Entry, FileEntry } from './manifest.ts';

/** Copies one file, to be read by its owner alone, and says what was written. */
export const copyFile = async (from: string, to: string): Promise<Pick<FileEntry, 'bytes' | 'sha256'>> => {
  const digest = createHash('sha256');
  let bytes = 0;
  const count = async function* (content: AsyncIterable<Buffer>) {
    for await (const chunk of content) {
      digest.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await pipeline(createReadStream(from), count, createWriteStream(to, { mode: 0o600, flags: 'wx' }));
  return { bytes, sha256: digest.digest('hex') };
};

export interface TreeCopy {
  /** The home, and where its files go. */
  readonly from: string;
  readonly to: string;
  /** Called for each entry when it is there. */
  readonly add: (entry: Entry) => void;
  /** Called for what cannot be read, and for what is neither file, folder nor link. */
  readonly skip: (path: string) => void;
}

/**
 * Copies what is at a path below the home, while others write there. What goes away meanwhile was not needed. Of a git
 * directory the objects come last, so that whatever the rest of it names is among them: git only ever adds to them.
 */
export const copyTree = async (copy: TreeCopy, path: string): Promise<void> => {
  const from = join(copy.from, path);
  try {
    const stat = await lstat(from);
    const owner = { path, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid };
    if (stat.isSymbolicLink()) {
      const { uid, gid } = owner;
      copy.add({ kind: 'link', path, uid, gid, target: await readlink(from) });
    } else if (stat.isDirectory()) {
      const names = await readdir(from);
      copy.add({ kind: 'folder', ...owner });
      for (const name of inOrder(names)) if (!isDraft(name)) await copyTree(copy, `${path}/${name}`);
    } else if (stat.isFile()) {
      copy.add({ kind: 'file', ...owner, ...(await copyFile(from, join(copy.to, path))) });
    } else copy.skip(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return;
    if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
    copy.skip(path);
  }
};

const inOrder = (names: readonly string[]): readonly string[] =>
  names.includes('objects') ? [...names.filter((name) => name !== 'objects'), 'objects'] : names;

/** Git's, which it renames when they are whole. */
const isDraft = (name: string): boolean => name.startsWith('tmp_obj_') || name.startsWith('tmp_pack_');
