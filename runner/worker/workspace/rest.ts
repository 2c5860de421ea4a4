import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breather } from 'node:timers/promises';
import { pathBytes } from '../../machine/git/git.ts';
import type { Place } from './place.ts';
import { RestJournal, type ContentWriter, type KeptFile, type RestEntries, type RestEntry } from './rest-journal.ts';
import { bringBack, moveOver } from './rest-bring-back.ts';
import { within, type RestLimits } from './rest-limits.ts';
import { openUp, setMode, type Owner } from './tree-files.ts';
import { listTree, usualMode, type Listed, type Listing } from './tree-listing.ts';

/** Beyond so many entries a tree is not looked through at all. */
const mostEntries = 2_000_000;

/** The mark of what is there before anything was done: a checkpoint that names no other has this one. */
export const baseMark = 'base';

/** The file system's clock may be this much behind itself: a file that changed so shortly before it was read may look the same after a change. */
const racyMs = 100;
/** How long nothing else may be done in this process. */
const breathMs = 20;
const longestPath = 4095;

/** What a saving gives. */
interface SavedRest {
  readonly mark: string;
  /** Files and folders that are too large to be kept, as far as they are new. */
  readonly left: readonly string[];
}

/**
 * What git does not cover of a tree: files that are ignored, `.git` folders, empty folders, permissions. Saved beside the
 * checkpoints, never part of them and of no result. Not kept: times, owners, extended attributes, which names are one file (hard links), holes,
 * pipes, sockets, devices, and what passes the limits.
 */
export class Rest {
  readonly #tree: string;
  readonly #folder: string;
  readonly #journal: RestJournal;
  readonly #options: RestOptions;
  /** Stamps of files that turned out to be what they were: kept in memory alone until something else is appended. */
  #looked = new Map<string, KeptFile>();
  readonly #buffer = Buffer.allocUnsafeSlow(256 * 1024);
  #lastBreath = performance.now();

  constructor(place: Place, options: RestOptions) {
    this.#tree = place.tree;
    this.#folder = place.rest;
    this.#journal = new RestJournal(place.rest, options.lease);
    this.#options = options;
  }

  /** Before git looks at a tree, which may have to give permissions back to read it. */
  list(): Promise<Listing> {
    return listTree(this.#tree, mostEntries);
  }

  /**
   * Saves what git does not cover. `parent` is the mark that it is saved upon, and given back if nothing changed; `covered` says what git has.
   * `listing` is from before anything gave permissions back: they are put back.
   */
  async save(parent: string | null, { covered, listing, mark }: Saving): Promise<SavedRest> {
    const now = this.#clock();
    let { entries: listed } = listing;
    if (!listing.whole) {
      openUp(this.#tree);
      const opened = await this.list();
      if (!opened.whole) throw new Error(`the tree ${this.#tree} cannot be read`);
      listed = withModesOf(listing.entries, opened.entries);
    }
    if (parent !== null) await this.#journal.tidy(parent, () => this.#breathe());
    const before: RestEntries =
      (parent === null ? null : this.#journal.at(parent)?.entries) ?? new Map<string, RestEntry>();
    const { kept, left } = within(this.#options.limits, this.#candidates(listed, covered), { covered, before });
    const changed: RestEntry[] = left
      .filter((path) => before.get(path)?.k !== 'left')
      .map((path) => ({ k: 'left', path }));
    const fresh = changed.map(({ path }) => path);
    const wanted = new Set<string>(left);
    {
      using contents = this.#journal.contents();
      for (const entry of kept) {
        await this.#breathe();
        wanted.add(entry.path);
        const known = before.get(entry.path);
        if (entry.kind === 'file' && !covered.has(entry.path)) {
          const file = this.#readFile(entry, { known, now, contents });
          if (file !== null) changed.push(file);
          continue;
        }
        const other = entryOf(entry);
        if (known === undefined || !sameEntry(known, other)) changed.push(other);
      }
    }
    if (!listing.whole) this.#putModesBack(listing.entries);
    const gone = [...before.keys()].filter((path) => !wanted.has(path));
    if (changed.length === 0 && gone.length === 0 && parent !== null && this.#journal.at(parent) !== null)
      return { mark: parent, left: [] };
    const made = mark ?? randomBytes(8).toString('hex');
    const looked = [...this.#looked.values()].filter(({ path }) => wanted.has(path));
    this.#looked = new Map();
    this.#journal.append(parent, { changed: [...looked, ...changed], gone, mark: made });
    return { mark: made, left: fresh };
  }

  /**
   * Makes all that git does not cover what it was at a mark; the rest of the tree is as git has it. False, with nothing changed, where the
   * mark is not known. `from` says where it is kept, if not here: then it is kept here as well from now on.
   */
  async restore(mark: string, covered: ReadonlySet<string>, from: Rest = this): Promise<boolean> {
    const found = from.#journal.at(mark);
    if (found === null) return false;
    const entries = new Map(found.entries);
    if (from !== this)
      for (const entry of entries.values())
        if (entry.k === 'left') moveOver(entry.path, { from: from.#tree, to: this.#tree, user: this.#options.user });
    const { entries: listed } = await this.list();
    const read = (file: KeptFile): Iterable<Buffer> => from.#journal.read(file);
    const means = { user: this.#options.user, read, breathe: () => this.#breathe() };
    await bringBack(this.#tree, { entries, listed, covered }, means);
    if (from !== this) {
      this.#journal.takeOver(from.#journal);
      this.#looked = await this.#restamped(entries);
    }
    return true;
  }

  /** After the tree was moved, with this: what the files look like is still known. */
  remember(before: Rest): void {
    this.#looked = before.#looked;
  }

  /** The kept files, with what they look like here. */
  async #restamped(entries: RestEntries): Promise<Map<string, KeptFile>> {
    const now = this.#clock();
    const stamped = new Map<string, KeptFile>();
    for (const found of (await this.list()).entries) {
      const entry = entries.get(found.path);
      if (found.kind === 'file' && entry?.k === 'file')
        stamped.set(found.path, { ...entry, stamp: stampOf(found, now) });
    }
    return stamped;
  }

  /** What can be kept at all. */
  #candidates(listed: readonly Listed[], covered: ReadonlySet<string>): readonly Listed[] {
    return listed.filter(
      (entry) =>
        entry.kind !== 'other' &&
        entry.path.length + this.#tree.length < longestPath &&
        (!covered.has(entry.path) || (entry.kind === 'file' && entry.mode !== usualMode(entry.mode))),
    );
  }

  /** Null: it is what it was. */
  #readFile(
    entry: Extract<Listed, { kind: 'file' }>,
    {
      known,
      now,
      contents,
    }: { readonly known: RestEntry | undefined; readonly now: number; readonly contents: ContentWriter },
  ): RestEntry | null {
    const { path, mode, stamp } = entry;
    const earlier = this.#looked.get(path) ?? known;
    if (earlier?.k === 'file' && earlier.mode === mode && earlier.stamp === stamp.id) return null;
    const fresh = { stamp: stampOf(entry, now) };
    if (known?.k === 'file' && known.bytes === entry.bytes && known.hash === this.#hash(path)) {
      const same = { ...known, ...fresh, mode };
      if (known.mode !== mode) return same;
      this.#looked.set(path, same);
      return null;
    }
    const place = contents.begin();
    let bytes = 0;
    const hash = this.#hash(path, (piece) => {
      contents.write(piece);
      bytes += piece.length;
    });
    return { k: 'file', path, mode, bytes, ...place, hash, ...fresh };
  }

  /** Follows no link. */
  #hash(path: string, pass: (piece: Buffer) => void = () => {}): string {
    const file = openSync(
      Buffer.concat([Buffer.from(`${this.#tree}/`), pathBytes(path)]),
      constants.O_RDONLY | constants.O_NOFOLLOW,
    );
    try {
      const digest = createHash('sha256');
      const buffer = this.#buffer;
      for (;;) {
        const size = readSync(file, buffer);
        if (size === 0) return digest.digest('base64url');
        digest.update(buffer.subarray(0, size));
        pass(buffer.subarray(0, size));
      }
    } finally {
      closeSync(file);
    }
  }

  #putModesBack(listed: readonly Listed[]): void {
    for (const entry of [...listed].reverse())
      if (entry.kind === 'folder' || entry.kind === 'file') setMode(this.#tree, entry.path, entry.mode);
  }

  /** By the clock of the file system that the tree is on. */
  #clock(): number {
    const probe = join(this.#folder, 'clock');
    writeFileSync(probe, '');
    return statSync(probe).mtimeMs;
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#lastBreath < breathMs) return;
    this.#options.signal?.throwIfAborted();
    await breather();
    this.#lastBreath = performance.now();
  }
}

interface RestOptions {
  readonly lease: number;
  readonly user: Owner | null;
  readonly limits: RestLimits;
  readonly signal: AbortSignal | undefined;
}

interface Saving {
  readonly covered: ReadonlySet<string>;
  readonly listing: Listing;
  /** The mark to make; left out: a new one. */
  readonly mark?: string;
}

const stampOf = ({ stamp }: Extract<Listed, { kind: 'file' }>, now: number): string =>
  stamp.changedAt < now - racyMs ? stamp.id : '';

const entryOf = (entry: Listed): RestEntry => {
  switch (entry.kind) {
    case 'folder':
      return { k: 'folder', path: entry.path, mode: entry.mode };
    case 'link':
      return { k: 'link', path: entry.path, target: entry.target };
    case 'file':
      return { k: 'mode', path: entry.path, mode: entry.mode };
    case 'other':
      throw new Error(`${entry.path} is nothing that can be kept`);
  }
};

const sameEntry = (one: RestEntry, other: RestEntry): boolean =>
  one.k === other.k &&
  (one.k === 'link' && other.k === 'link'
    ? one.target === other.target
    : 'mode' in one && 'mode' in other && one.mode === other.mode);

const withModesOf = (first: readonly Listed[], later: readonly Listed[]): Listed[] => {
  const modes = new Map(first.flatMap((entry) => ('mode' in entry ? [[entry.path, entry.mode] as const] : [])));
  return later.map((entry) => ('mode' in entry ? { ...entry, mode: modes.get(entry.path) ?? entry.mode } : entry));
};
