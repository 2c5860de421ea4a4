import { spawn } from 'node:child_process';
import { splitNul } from '../../machine/git/git.ts';

/**
 * For GNU find: every file, link and folder below a tree, each ended by NUL, with what changes when it does. A folder's times change with every file in
 * it, so it has none. Pipes, sockets and devices are not content.
 */
export const manifestWords: readonly string[] = [
  ...'-xdev -mindepth 1 ( -type d -printf'.split(' '),
  String.raw`d %m 0 0 0 %P\0`,
  ...') -o ( -type f -o -type l ) -printf'.split(' '),
  String.raw`%y %m %s %C@ %i %P\0`,
];

/** An entry of a tree. `path` holds one byte per character. */
export interface Entry {
  readonly kind: 'd' | 'f' | 'l';
  readonly mode: number;
  readonly size: number;
  readonly path: string;
}

/** Records by path. */
export type Manifest = ReadonlyMap<string, string>;

const recordLine = /^([dfl]) ([0-7]{1,4}) (\d{1,15}) [\d.]+ \d+ ([^]+)$/;

/** Throws for what no find of a tree would say: a path that leads out of it, for one. */
export function parseEntry(record: string): Entry {
  const [, kind, mode = '', size = '', path = ''] = recordLine.exec(record) ?? [];
  const parts = path.split('/');
  if (
    (kind !== 'd' && kind !== 'f' && kind !== 'l') ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  )
    throw new Error(`${JSON.stringify(record.slice(0, 200))} is no entry of a tree`);
  return { kind, mode: Number.parseInt(mode, 8), size: Number(size), path };
}

/** What is in a tree of this machine now. */
export async function readManifest(tree: string): Promise<Manifest> {
  const child = spawn('find', [tree, ...manifestWords], { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/' });
  const chunks: Buffer[] = [];
  const complaint: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`the tree cannot be read: ${Buffer.concat(complaint).toString('utf8').trim()}`);
  return new Map(splitNul(Buffer.concat(chunks)).map((record) => [parseEntry(record).path, record]));
}

export interface Difference {
  /** Paths to be brought, each after the folder that it is in. */
  readonly changed: readonly string[];
  /** Paths that are gone, or have become something of another kind. */
  readonly gone: readonly string[];
}

export function difference(before: Manifest, now: Manifest): Difference {
  const changed = [...now].filter(([path, record]) => before.get(path) !== record).map(([path]) => path);
  const gone = [...before].filter(([path, record]) => now.get(path)?.[0] !== record[0]).map(([path]) => path);
  return { changed: changed.sort(), gone };
}
