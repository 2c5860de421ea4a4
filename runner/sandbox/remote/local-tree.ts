import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { pathBytes } from '../../machine/git/git.ts';
import type { SandboxOptions } from '../sandbox.ts';
import type { Entry } from './manifest.ts';

const slash = Buffer.from('/');
const look = (path: Buffer) => lstatSync(path, { throwIfNoEntry: false });

/** What a git of this machine would obey if it ever read the tree: a command changes it on its own machine, and there it stays. */
const kept = /^\.git\/(hooks|config|commondir|info\/attributes)(\/|$)/;
const isKept = (path: string, kind: Entry['kind'] | 'gone'): boolean =>
  kept.test(path) || (path === '.git' && kind !== 'd');

/**
 * Changes the tree on this machine as a command changed its own. Every folder on the way is looked at, and a link in its place is never followed.
 * Nothing else may change the tree meanwhile. Entries stay readable and writable for their owner, whatever a command took away.
 */
export class LocalTree {
  readonly #root: Buffer;
  readonly #owner: SandboxOptions['user'];

  constructor(root: string, owner: SandboxOptions['user']) {
    this.#root = Buffer.from(root);
    this.#owner = owner;
  }

  remove(path: string): void {
    if (isKept(path, 'gone')) return;
    let folder = this.#root;
    for (const name of path.split('/').slice(0, -1)) {
      folder = Buffer.concat([folder, slash, pathBytes(name)]);
      if (look(folder)?.isDirectory() !== true) return;
    }
    rmSync(this.#place(path), { recursive: true, force: true });
  }

  folder({ path, mode }: Entry): void {
    if (isKept(path, 'd')) return;
    this.#makeFolder(path);
    chmodSync(this.#place(path), (mode & 0o777) | 0o700);
  }

  link(path: string, target: Buffer): void {
    if (isKept(path, 'l')) return;
    const place = this.#clear(path);
    symlinkSync(target, place);
    if (this.#owner !== null) lchownSync(place, this.#owner.uid, this.#owner.gid);
  }

  /** Whoever calls writes all of the file and then closes it. */
  file({ path, mode }: Entry): { write(chunk: Buffer): void; close(): void } {
    if (isKept(path, 'f')) return { write: () => {}, close: () => {} };
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = openSync(this.#clear(path), flags, 0o600);
    return {
      write: (chunk) => {
        for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
      },
      close: () => {
        fchmodSync(file, (mode & 0o777) | 0o600);
        if (this.#owner !== null) fchownSync(file, this.#owner.uid, this.#owner.gid);
        closeSync(file);
      },
    };
  }

  #place(path: string): Buffer {
    return Buffer.concat([this.#root, slash, pathBytes(path)]);
  }

  /** Makes the folders of a path and empties its place. */
  #clear(path: string): Buffer {
    const end = path.lastIndexOf('/');
    if (end > 0) this.#makeFolder(path.slice(0, end));
    const place = this.#place(path);
    rmSync(place, { recursive: true, force: true });
    return place;
  }

  #makeFolder(path: string): void {
    const end = path.lastIndexOf('/');
    if (end > 0) this.#makeFolder(path.slice(0, end));
    const place = this.#place(path);
    const found = look(place);
    if (found?.isDirectory() === true) return;
    if (found !== undefined) rmSync(place);
    mkdirSync(place, 0o700);
    if (this.#owner !== null) lchownSync(place, this.#owner.uid, this.#owner.gid);
  }
}
