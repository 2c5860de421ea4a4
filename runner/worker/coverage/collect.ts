import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stretchesOf, type CoveredFile } from '../../../shared/review/coverage.ts';
import { sandboxRoot } from '../../sandbox/sandbox.ts';
import { isWrittenSince, readLeft, reportsIn } from './left-files.ts';
import { Seen, type LinesSeen } from './lines.ts';
import { insideOf, pathsOf, type Lookup } from './reported-paths.ts';
import { readReport, type Report } from './reports.ts';
import { sourceOf, type Source } from './source.ts';
import { readV8 } from './v8.ts';

/** In the home of a command that is counted: outside of the tree, and gone with the copy. */
const folder = '.longhaul-lines';

/** The words that have each process of Node which a command starts leave what it ran in its home. */
export const counting = (command: string): readonly [string, ...string[]] => [
  '/bin/bash',
  '-c',
  `NODE_V8_COVERAGE="$HOME/${folder}" exec /bin/bash -c "$0"`,
  command,
];

const ofNode = /\.[mc]?[jt]sx?$/;

/** Whether Node may run any of these files, as they are or transformed. */
export const canCount = (paths: Iterable<string>): boolean => [...paths].some((name) => ofNode.test(name));

/** Where a command ran, and what it ran on. No process of it is left. */
export interface Ran {
  /** Absolute path of its tree here. */
  readonly tree: string;
  /** Of its home here; null: none was kept. */
  readonly home: string | null;
  /** When it began, ms since the epoch. */
  readonly since: number;
  /** Lines that the result added, by path, from 1, ascending. */
  readonly added: ReadonlyMap<string, readonly number[]>;
  /** Texts of files of the result: those of these paths that there are. */
  readonly read: (paths: readonly string[]) => Promise<readonly { readonly path: string; readonly content: Buffer }[]>;
}

/** How long may be read in all, ms. */
const mostMs = 20_000;
/** Processes of Node whose counts are read, and characters in all. */
const mostProcesses = 1_000;
const mostCharacters = 512 * 1024 * 1024;

/** Whether any process of Node has counted. */
export const hasCounted = async (home: string | null): Promise<boolean> => (await countsIn(home)).length > 0;

const countsIn = async (home: string | null): Promise<readonly string[]> => {
  if (home === null) return [];
  const place = path.join(home, folder);
  // The folder is the command's: a link in its place leads anywhere.
  const stats = await lstat(place).catch(() => null);
  if (stats?.isDirectory() !== true) return [];
  const names = await readdir(place).catch(() => []);
  return names.filter((name) => name.endsWith('.json')).map((name) => path.join(place, name));
};

/**
 * What a command that has ended was seen to run of the lines that the result added: by what processes of Node counted, and by reports that it wrote.
 * All of that is untrusted. Files of which nothing is known are left out.
 */
export const linesRunBy = async (ran: Ran): Promise<readonly CoveredFile[]> => {
  const { added } = ran;
  const files = await ran.read([...added.keys()]);
  const sources = new Map(files.map(({ path: name, content }) => [name, sourceOf(content.toString('utf8'))]));
  const roots = [sandboxRoot, ran.tree];
  const deadline = performance.now() + mostMs;
  const seen = await counted(ran, { sources, roots, deadline });
  seen.addAll(await reported(ran, { sources, roots, deadline }));
  return [...added].flatMap(([name, lines]) => {
    const { run, missed } = seen.of(name);
    const of = (which: ReadonlySet<number>) => stretchesOf(lines.filter((line) => which.has(line)));
    const file = { path: name, run: of(run), missed: of(missed) };
    return file.run.length + file.missed.length === 0 ? [] : [file];
  });
};

interface Reading {
  readonly sources: ReadonlyMap<string, Source>;
  readonly roots: readonly string[];
  readonly deadline: number;
}

/** By Node. Where not all of it could be read, nothing is said to be left out. */
const counted = async ({ tree, home, since }: Ran, { sources, roots, deadline }: Reading): Promise<Seen> => {
  const seen = new Seen();
  const doubtful = new Set<string>();
  const pathOf = (url: string): string | null => {
    if (!url.startsWith('file:///')) return null;
    try {
      return insideOf(roots, fileURLToPath(url));
    } catch {
      return null;
    }
  };
  const isFresh = (name: string): Promise<boolean> => isWrittenSince(path.join(tree, name), since);
  const all = await countsIn(home);
  let whole = all.length <= mostProcesses;
  let left = mostCharacters;
  for (const file of all.slice(0, mostProcesses)) {
    const text = performance.now() > deadline || left < 0 ? null : await readLeft(file);
    left -= text?.length ?? 0;
    const read = text !== null && (await readV8(text, { sources, pathOf, isFresh, seen, doubtful }));
    whole &&= read;
  }
  for (const name of doubtful) seen.doubt(name);
  if (!whole) seen.doubtAll();
  return seen;
};

/** By reports of the repository's own commands. */
const reported = async ({ tree, since }: Ran, { sources, roots, deadline }: Reading): Promise<Seen> => {
  const seen = new Seen();
  const lookup: Lookup = {
    roots,
    exists: async (name) => (await lstat(path.join(tree, name)).catch(() => null))?.isFile() === true,
    read: (name) => readLeft(path.join(tree, name)),
  };
  // Most names in a report are of files that did not change.
  const names = new Set([...sources.keys()].map((name) => path.posix.basename(name)));
  const mayMean = (name: string): boolean => names.has(path.posix.basename(name));
  for (const at of await reportsIn(tree, since)) {
    const text = performance.now() > deadline ? null : await readLeft(path.join(tree, at));
    const report = text === null ? null : readReport(text, mayMean);
    if (report === null) continue;
    const pathOf = await pathsOf(report, at, lookup);
    for (const { name, lines } of report.files) {
      if (performance.now() > deadline) break;
      const found = await pathOf(name);
      const source = found === null ? undefined : sources.get(found);
      const told = source === undefined ? null : linesOf(lines, { source, report });
      if (found !== null && told !== null) seen.add(found, told);
    }
  }
  return seen;
};

/** Null: it is of another version of the file. Go tells of blocks, which hold lines without code. */
const linesOf = (
  lines: ReadonlyMap<number, boolean>,
  { source: { code }, report }: { readonly source: Source; readonly report: Report },
): LinesSeen | null => {
  const told = [...lines].filter(([line]) => report.format !== 'go' || code[line - 1] === true);
  if ([...lines.keys()].some((line) => line > code.length)) return null;
  const of = (was: boolean): ReadonlySet<number> => new Set(told.flatMap(([line, ran]) => (ran === was ? [line] : [])));
  return { run: of(true), missed: of(false) };
};
