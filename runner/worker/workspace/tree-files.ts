import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import {
  chmodSync,
  closeSync,
  constants,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { blobParts } from '../../machine/git/blobs.ts';
import { pathBytes, type GitOptions } from '../../machine/git/git.ts';

/** The account that commands run as. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A file of a tree. `path` holds one byte per character; `mode` is git's: 100644, 100755 or 120000. */
export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly object: string;
}

const link = '120000';
const slash = Buffer.from('/');
const join = (folder: Buffer, name: string): Buffer => Buffer.concat([folder, slash, pathBytes(name)]);
const look = (path: Buffer | string) => lstatSync(path, { throwIfNoEntry: false });

/**
 * Gives the owner of a tree back the bits that reading and deleting needs, in case a command took them away. Follows no link,
 * and passes over what cannot be reached (a path too long for one system call, another account's file): who needs it finds out.
 */
export const openUp = (path: Buffer | string): void => {
  try {
    open(path);
  } catch {
    // As the contract says: the caller's own attempt will tell what is wrong.
  }
};

const open = (path: Buffer | string): void => {
  const found = look(path);
  if (found === undefined || found.isSymbolicLink()) return;
  if (found.isFile()) {
    if ((found.mode & 0o400) === 0) chmodSync(path, (found.mode & 0o7777) | 0o400);
    return;
  }
  if (!found.isDirectory()) return;
  if ((found.mode & 0o700) !== 0o700) chmodSync(path, (found.mode & 0o7777) | 0o700);
  for (const name of readdirSync(path, { encoding: 'buffer' })) openUp(Buffer.concat([Buffer.from(path), slash, name]));
};

/** Removes whatever is at `path` and below, following no link. `rm` takes over for paths too long for one system call. */
export const removeTree = (path: Buffer | string): void => {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    openUp(path);
    spawnSync('rm', ['-rf', '--', path.toString()], { stdio: 'ignore' });
    if (look(path) !== undefined) throw new Error(`cannot remove ${path.toString()}`);
  }
};

/** The same without standing in anybody's way, as long as all of it is open to us. */
export const removeTreeAside = async (path: string): Promise<void> => {
  await rm(path, { recursive: true, force: true }).catch(() => removeTree(path));
};

/**
 * The files of one folder that someone else may have rearranged: before anything is written or deleted, each folder on the
 * way is looked at, and a link in its place is never followed. Nothing else may change the folder meanwhile.
 *
 * Works with synchronous calls of this very process, so that a killed worker leaves no child behind that goes on writing
 * into a tree which the next worker already restores.
 */
export class TreeFiles {
  readonly #root: Buffer;
  readonly #owner: Owner | null;
  readonly #known = new Set<string>();

  constructor(root: string, owner: Owner | null) {
    this.#root = Buffer.from(root);
    this.#owner = owner;
  }

  /** Deletes a file or link, and the folders that it leaves empty. A folder in its place stays. */
  remove(path: string): void {
    const parents = path.split('/').slice(0, -1);
    let folder = this.#root;
    for (const name of parents) {
      folder = join(folder, name);
      if (look(folder)?.isDirectory() !== true) return;
      this.#unlock(folder);
    }
    const file = join(this.#root, path);
    const found = look(file);
    if (found === undefined || found.isDirectory()) return;
    unlinkSync(file);
    for (let depth = parents.length; depth > 0; depth -= 1) {
      const parent = parents.slice(0, depth).join('/');
      const left = readdirSync(join(this.#root, parent), { encoding: 'latin1' });
      // All that is left of a repository that a command made inside the tree.
      if (left.length === 1 && left[0] === '.git') removeTree(join(this.#root, `${parent}/.git`));
      else if (left.length > 0) return;
      rmdirSync(join(this.#root, parent));
      this.#known.delete(parent);
    }
  }

  /** Writes entries with their contents, replacing what is in their place. */
  async write(entries: readonly TreeEntry[], objects: GitOptions): Promise<void> {
    const objectIds = entries.map(({ object }) => object);
    const each = entries.values();
    let entry: TreeEntry | undefined;
    let file = -1;
    let chunks: Buffer[] = [];
    try {
      for await (const part of blobParts(objects, objectIds))
        if (part.kind === 'begin') {
          entry = each.next().value;
          chunks = [];
          if (entry !== undefined && entry.mode !== link) file = this.#create(entry);
        } else if (part.kind === 'data') {
          if (file < 0) chunks.push(part.chunk);
          else writeFileSync(file, part.chunk);
        } else {
          if (file >= 0) closeSync(file);
          else if (entry !== undefined) this.link(entry.path, Buffer.concat(chunks));
          file = -1;
        }
    } finally {
      if (file >= 0) closeSync(file);
    }
  }

  #create({ path, mode }: Pick<TreeEntry, 'path' | 'mode'>): number {
    const place = this.#placeOf(path);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const permissions = mode === '100755' ? 0o755 : 0o644;
    let file: number;
    try {
      file = openSync(place, flags, permissions);
    } catch {
      // Something is there, most likely. Looking before each of thousands of files would cost a third of the time.
      file = openSync(this.#clear(path), flags, permissions);
    }
    if (this.#owner !== null) fchownSync(file, this.#owner.uid, this.#owner.gid);
    return file;
  }

  /** Writes one file, replacing what is in its place. */
  put(path: string, content: Iterable<Buffer>): void {
    const file = this.#create({ path, mode: '100644' });
    try {
      for (const piece of content) writeFileSync(file, piece);
    } finally {
      closeSync(file);
    }
  }

  /** Makes a symbolic link, replacing what is in its place. */
  link(path: string, target: Buffer): void {
    const place = this.#clear(path);
    symlinkSync(target, place);
    if (this.#owner !== null) lchownSync(place, this.#owner.uid, this.#owner.gid);
  }

  /** Makes the folders of a path and empties its place. */
  #clear(path: string): Buffer {
    const place = this.#placeOf(path);
    const found = look(place);
    if (found?.isDirectory() === true) {
      removeTree(place);
      this.#known.clear();
    } else if (found !== undefined) unlinkSync(place);
    return place;
  }

  /** Where a path is, with the folders on the way to it. */
  #placeOf(path: string): Buffer {
    const end = path.lastIndexOf('/');
    if (end > 0) this.folder(path.slice(0, end));
    return join(this.#root, path);
  }

  /** Sees to it that a folder is there, and those on the way to it. */
  folder(path: string): void {
    if (this.#known.has(path)) return;
    const place = this.#placeOf(path);
    const found = look(place);
    if (found?.isDirectory() === true) this.#unlock(place);
    else {
      if (found !== undefined) unlinkSync(place);
      mkdirSync(place, 0o755);
      if (this.#owner !== null) lchownSync(place, this.#owner.uid, this.#owner.gid);
    }
    this.#known.add(path);
  }

  #unlock(folder: Buffer): void {
    const { mode } = lstatSync(folder);
    if ((mode & 0o700) !== 0o700) chmodSync(folder, (mode & 0o7777) | 0o700);
  }
}

/** Sets the permissions of a file or folder of a tree, whose path holds one byte per character. It must be no link. */
export const setMode = (tree: string, path: string, mode: number): void => {
  chmodSync(path === '' ? tree : join(Buffer.from(tree), path), mode);
};

/** Gives everything below `path`, and itself, to `owner`; of links, the link. */
export const giveTo = (path: string, owner: Owner): void => {
  lchownSync(path, owner.uid, owner.gid);
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    lchownSync(`${entry.parentPath}/${entry.name}`, owner.uid, owner.gid);
  }
};
