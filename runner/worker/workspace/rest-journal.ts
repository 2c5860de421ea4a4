import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { sync } from './sync.ts';

const path = z.string();
const mode = z.int().nonnegative();
const Line = z.discriminatedUnion('k', [
  z.strictObject({
    k: z.literal('file'),
    path,
    mode,
    bytes: z.int().nonnegative(),
    /** Where its content is: a file of contents, and the first byte there. */
    in: z.string().regex(/^\d+-\d+$/),
    at: z.int().nonnegative(),
    hash: z.string(),
    /** What the file looked like when it was read; empty: too fresh to tell whether it changed since. */
    stamp: z.string(),
  }),
  z.strictObject({ k: z.literal('folder'), path, mode }),
  z.strictObject({ k: z.literal('link'), path, target: z.string() }),
  /** A file that git has, with permissions that git has not. */
  z.strictObject({ k: z.literal('mode'), path, mode }),
  /** A folder or file that was too large to be kept. */
  z.strictObject({ k: z.literal('left'), path }),
  z.strictObject({ k: z.literal('gone'), path }),
  z.strictObject({ k: z.literal('mark'), mark: z.string() }),
]);
type Line = z.infer<typeof Line>;

/** What is kept of one path that git does not cover, or not wholly. */
export type RestEntry = Exclude<Line, { k: 'gone' | 'mark' }>;
export type KeptFile = Extract<RestEntry, { k: 'file' }>;
export type RestEntries = ReadonlyMap<string, RestEntry>;

/** What `open` found: the entries at a mark, and where in the journal they end. */
interface Folded {
  readonly mark: string;
  readonly entries: Map<string, RestEntry>;
  end: number;
  /** Lines up to there. */
  lines: number;
  /** What the journal looked like then. */
  readonly stamp: string;
}

/** Space that nothing refers to any more, beyond which what is still in use is written anew. */
const spareBytes = 64 * 1024 * 1024;
const spareLines = 20_000;

/**
 * What git does not cover of one tree, saved again and again: a journal of what changed about which path, with a mark at the end of each
 * saving, and the contents one after the other in files of their own. So a saving costs what changed and no more. Folded up to a
 * mark, the journal is the state of that saving; what comes after the mark that is saved upon is dropped.
 *
 * On disk when `append` returns. Of one lease alone, which appends to files of its own and only reads those of earlier ones.
 */
export class RestJournal {
  readonly #folder: string;
  readonly #lease: number;
  #folded: Folded | null = null;

  constructor(folder: string, lease: number) {
    this.#folder = folder;
    this.#lease = lease;
  }

  /** The entries at a mark, or at the last one for `latest`; null: it is not known here. */
  at(mark: string): { readonly mark: string; readonly entries: RestEntries } | null {
    return this.#fold(mark);
  }

  /** Appends what changed since `parent` (null: there was nothing), with a mark. Contents are in place. */
  append(parent: string | null, { changed, gone, mark }: Change): void {
    const folded = (parent === null ? null : this.#fold(parent)) ?? { entries: new Map(), end: 0, lines: 0 };
    const lines: Line[] = [...gone.map((path): Line => ({ k: 'gone', path })), ...changed, { k: 'mark', mark }];
    const text = Buffer.from(textOf(lines));
    const file = openSync(this.#file, 'a', 0o600);
    try {
      ftruncateSync(file, folded.end);
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    sync(this.#folder);
    for (const path of gone) folded.entries.delete(path);
    for (const entry of changed) folded.entries.set(entry.path, entry);
    const { entries } = folded;
    const end = folded.end + text.length;
    this.#folded = { mark, entries, end, lines: folded.lines + lines.length, stamp: this.#stamp() };
  }

  /** Somewhere to write contents to; dispose it before the append that refers to them. */
  contents(): ContentWriter {
    return new ContentWriter(this.#folder, `${this.#lease}-${this.#generation()}`);
  }

  /** Passes the content of a kept file on, in pieces. */
  *read({ in: name, at, bytes }: KeptFile): Generator<Buffer> {
    const file = openSync(join(this.#folder, `content.${name}`), 'r');
    try {
      const buffer = Buffer.allocUnsafe(Math.min(bytes, 1024 * 1024));
      for (let done = 0; done < bytes;) {
        const size = readSync(file, buffer, 0, Math.min(buffer.length, bytes - done), at + done);
        if (size === 0) throw new Error(`the contents ${name} in ${this.#folder} are shorter than their journal says`);
        done += size;
        yield buffer.subarray(0, size);
      }
    } finally {
      closeSync(file);
    }
  }

  /** Takes over all that another lease saved, without a copy of the contents: those are only read from now on. */
  takeOver(from: RestJournal): void {
    for (const name of contentFiles(from.#folder)) share(join(from.#folder, name), join(this.#folder, name));
    copyFileSync(from.#file, this.#file);
    sync(this.#file);
    sync(this.#folder);
  }

  /** Writes anew what is still in use, where most of the space is not. To be called between two savings, with the mark of the last. */
  async tidy(mark: string, breathe: () => Promise<void>): Promise<void> {
    const folded = this.#fold(mark);
    if (folded === null) return;
    const files = [...folded.entries.values()].filter((entry) => entry.k === 'file');
    const used = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const names = contentFiles(this.#folder);
    const size = names.reduce((sum, name) => sum + statSync(join(this.#folder, name)).size, 0);
    if (size <= 2 * used + spareBytes && folded.lines <= 2 * folded.entries.size + spareLines) return;
    const moved = new Map<string, RestEntry>(folded.entries);
    {
      using contents = new ContentWriter(this.#folder, `${this.#lease}-${this.#generation() + 1}`);
      for (const file of files) {
        const place = contents.begin();
        for (const piece of this.read(file)) contents.write(piece);
        moved.set(file.path, { ...file, ...place });
        await breathe();
      }
    }
    const draft = `${this.#file}.draft`;
    rmSync(draft, { force: true });
    const text = textOf([...moved.values(), { k: 'mark', mark }]);
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(draft, this.#file);
    sync(this.#folder);
    this.#folded = null;
    for (const name of names) rmSync(join(this.#folder, name));
  }

  get #file(): string {
    return join(this.#folder, 'journal');
  }

  #fold(mark: string): Folded | null {
    const stamp = this.#stamp();
    if (this.#folded?.mark === mark && this.#folded.stamp === stamp) return this.#folded;
    const folded = existsSync(this.#file) ? fold(readFileSync(this.#file), mark) : null;
    return (this.#folded = folded === null ? null : { ...folded, stamp });
  }

  #stamp(): string {
    const found = statSync(this.#file, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs}`;
  }

  /** The number of this lease's file of contents: raised whenever what is in use is written anew. */
  #generation(): number {
    const own = new RegExp(String.raw`^content\.${this.#lease}-(\d+)$`);
    return Math.max(1, ...contentFiles(this.#folder).flatMap((name) => Number(own.exec(name)?.[1] ?? 0)));
  }
}

interface Change {
  readonly changed: readonly RestEntry[];
  readonly gone: readonly string[];
  readonly mark: string;
}

/** Appends contents to a file, made when there are any, which is on disk when this is disposed. */
export class ContentWriter implements Disposable {
  readonly #folder: string;
  readonly #name: string;
  #file = -1;
  #end = 0;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  /** Where the content that is written next begins. */
  begin(): Pick<KeptFile, 'in' | 'at'> {
    if (this.#file < 0) {
      this.#file = openSync(join(this.#folder, `content.${this.#name}`), 'a', 0o600);
      this.#end = fstatSync(this.#file).size;
    }
    return { in: this.#name, at: this.#end };
  }

  write(piece: Buffer): void {
    writeFileSync(this.#file, piece);
    this.#end += piece.length;
  }

  [Symbol.dispose](): void {
    if (this.#file < 0) return;
    try {
      fsyncSync(this.#file);
    } finally {
      closeSync(this.#file);
    }
  }
}

const textOf = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

const share = (from: string, to: string): void => {
  try {
    linkSync(from, to);
  } catch {
    // Not every file system has hard links.
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  }
};

const contentFiles = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('content.'));

/** Null: no such mark. What was cut off, or came after the last mark, is as good as nothing. */
const fold = (journal: Buffer, wanted: string): Omit<Folded, 'stamp'> | null => {
  const mark = wanted === 'latest' ? lastMark(journal) : wanted;
  const entries = new Map<string, RestEntry>();
  let lines = 0;
  for (let begin = 0; ;) {
    const end = journal.indexOf(0x0a, begin);
    const line = end < 0 ? null : parseLine(journal.toString('utf8', begin, end));
    if (line === null) return null;
    begin = end + 1;
    lines += 1;
    if (line.k === 'gone') entries.delete(line.path);
    else if (line.k !== 'mark') entries.set(line.path, line);
    else if (line.mark === mark) return { mark, entries, end: begin, lines };
  }
};

const lastMark = (journal: Buffer): string | null => {
  for (let end = journal.length; end > 0;) {
    const begin = journal.lastIndexOf('{"k":"mark"', end - 1);
    if (begin < 0) return null;
    const line = parseLine(journal.toString('utf8', begin, Math.max(begin, journal.indexOf(0x0a, begin))));
    if (line?.k === 'mark') return line.mark;
    end = begin;
  }
  return null;
};

const parseLine = (text: string): Line | null => {
  try {
    return Line.parse(JSON.parse(text));
  } catch {
    return null;
  }
};
