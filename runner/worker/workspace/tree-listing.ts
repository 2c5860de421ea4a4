import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** One entry of a tree as it lies on the disk. `path` holds one byte per character; that of the tree itself is empty. */
export type Listed =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      readonly bytes: number;
      readonly stamp: Stamp;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** A pipe, a socket or a device. */
  | { readonly kind: 'other'; readonly path: string };

/** Tells one state of a file from every other: unless it changed within the resolution of the file system's clock. */
interface Stamp {
  readonly id: string;
  /** When anything about the file changed last, ms by the file system's clock. */
  readonly changedAt: number;
}

/** `whole` is false where something could not be read, or there is more than `most`. Parents come before what they hold. */
export interface Listing {
  readonly entries: readonly Listed[];
  readonly whole: boolean;
}

const format = String.raw`%y %m %s %i %T@ %C@ %P\0%l\0`;

/**
 * Everything in a tree, following no link. By `find`, because one system call for each of tens of thousands of files from here
 * would hold everything else up.
 */
export const listTree = async (tree: string, most: number): Promise<Listing> => {
  const child = spawn('find', ['.', '-printf', format], {
    cwd: tree,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = once(child, 'close');
  let complained = false;
  child.stderr.on('data', () => (complained = true));
  const entries: Listed[] = [];
  let rest = '';
  let first: string | null = null;
  let many = false;
  for await (const chunk of child.stdout) {
    // safe: no encoding was set, so the pipe gives buffers
    const fields = (rest + (chunk as Buffer).toString('latin1')).split('\0');
    rest = fields.pop() ?? '';
    for (const field of fields) {
      if (first === null) first = field;
      else {
        entries.push(parse(first, field));
        first = null;
      }
    }
    if (entries.length > most) {
      many = true;
      child.kill();
      break;
    }
  }
  await end;
  return { entries, whole: !complained && !many };
};

const parse = (line: string, target: string): Listed => {
  const fields = line.split(' ', 6);
  const [type, mode = '', bytes, inode, modified, changed] = fields;
  const path = line.slice(fields.join(' ').length + 1);
  switch (type) {
    case 'f': {
      const stamp = { id: `${inode} ${bytes} ${modified} ${changed}`, changedAt: Number(changed) * 1000 };
      return { kind: 'file', path, mode: Number.parseInt(mode, 8), bytes: Number(bytes), stamp };
    }
    case 'd':
      return { kind: 'folder', path, mode: Number.parseInt(mode, 8) };
    case 'l':
      return { kind: 'link', path, target };
    default:
      return { kind: 'other', path };
  }
};

/** Every folder that holds one of these paths, however deep. */
export const foldersOf = (paths: Iterable<string>): ReadonlySet<string> => {
  const folders = new Set<string>();
  for (const path of paths)
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  return folders;
};

/** What a file has that git wrote. */
export const usualMode = (mode: number): number => ((mode & 0o100) === 0 ? 0o644 : 0o755);
