import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';

/** What processes keep although no name leads to it any more, in bytes of blocks. */
export interface Held {
  /** On the file system of the workspace. */
  readonly disk: number;
  /** Elsewhere: memory that is written to as a file. */
  readonly memory: number;
  /** Something of it is out of sight: a file that is mapped and no longer open, one on its way through a socket, or a process that cannot be looked into. */
  readonly unseen: boolean;
}

/** stat(2): st_blocks counts these, whatever the file system's own block is. */
export const BYTES_PER_BLOCK = 512;
/** Mappings that the kernel names so, and that are no files of a disk. */
const MEMORY_ONLY = /^\/(memfd:|dev\/zero|dev\/shm\/|SYSV|anon_hugepage)/;

/**
 * Files without a name that processes hold: `du` cannot see them. `processes` are the sandbox's own, as folders of /proc; `device` is that of the
 * workspace, as stat has it. Those that end meanwhile hold nothing.
 */
export async function heldBy(processes: readonly string[], device: number): Promise<Held> {
  const disk = new Map<number, number>();
  const memory = new Map<string, number>();
  let unseen = false;
  for (const folder of processes) {
    const descriptors = await entriesOf(`${folder}/fd`);
    if (descriptors === 'hidden') {
      unseen = true;
      continue;
    }
    for (const descriptor of descriptors) {
      const file = await open(`${folder}/fd/${descriptor}`);
      if (file === 'hidden') unseen = true;
      if (file === null || file === 'hidden') continue;
      if (file.isSocket()) unseen ||= await carriesFiles(`${folder}/fdinfo/${descriptor}`);
      if (!file.isFile() || file.nlink > 0) continue;
      const bytes = file.blocks * BYTES_PER_BLOCK;
      if (file.dev === device) disk.set(file.ino, bytes);
      else memory.set(`${file.dev} ${file.ino}`, bytes);
    }
    const maps = await readFile(`${folder}/maps`, 'latin1').catch(() => '');
    unseen ||= namelessMappings(maps).some((inode) => !disk.has(inode));
  }
  return { disk: sum(disk), memory: sum(memory), unseen };
}

const sum = (sizes: ReadonlyMap<unknown, number>): number =>
  [...sizes.values()].reduce((total, bytes) => total + bytes, 0);

/** Null: it is gone. */
const open = (link: string): Promise<Stats | 'hidden' | null> =>
  stat(link).catch((error: unknown) => (isForbidden(error) ? 'hidden' : null));

const entriesOf = (folder: string): Promise<readonly string[] | 'hidden'> =>
  readdir(folder).catch((error: unknown) => (isForbidden(error) ? 'hidden' : []));

const isForbidden = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');

/** Files that were sent through a unix socket and not yet taken are in nobody's table; since Linux 5.10 their number is here. */
async function carriesFiles(fdinfo: string): Promise<boolean> {
  const text = await readFile(fdinfo, 'latin1').catch(() => '');
  return /^scm_fds:\s*[1-9]/m.test(text);
}

/** Inodes of files that are mapped and have no name, as /proc/PID/maps lists them. */
export function namelessMappings(maps: string): readonly number[] {
  return maps.split('\n').flatMap((line) => {
    const [, inode, path = ''] = /^\S+ \S+ \S+ \S+ (\d+)\s+(\/.*) \(deleted\)$/.exec(line) ?? [];
    return inode === undefined || MEMORY_ONLY.test(path) ? [] : [Number(inode)];
  });
}
