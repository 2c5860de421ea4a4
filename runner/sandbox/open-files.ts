import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';

/** What processes keep although no name leads to it any more, in bytes of blocks. */
export interface Held {
  /** On the file system of the workspace. */
  readonly disk: number;
  /** Elsewhere: memory that is written to as a file. */
  readonly memory: number;
  readonly hidden: Hidden;
}

/** What nobody here can see the size of. */
export interface Hidden {
  /** Files on the workspace's file system that are mapped and no longer open: only root of the machine may follow such a mapping. */
  readonly mapped: number;
  /** Anything else: files on their way through a socket, of which there may be any number, or a process that cannot be looked into. */
  readonly more: boolean;
}

/** stat(2): st_blocks counts these, whatever the file system's own block is. */
const bytesPerBlock = 512;
/** Mappings that the kernel names so, and that are no files of a disk. */
const memoryOnly = /^\/(memfd:|dev\/zero|dev\/shm\/|SYSV|anon_hugepage)/;

/** What was found so far, each file once. */
class Findings {
  readonly disk = new Map<string, number>();
  readonly memory = new Map<string, number>();
  readonly mapped = new Set<string>();
  more = false;
  readonly device: number;

  constructor(device: number) {
    this.device = device;
  }

  file(device: number, inode: string, blocks: number): void {
    if (device === this.device) this.disk.set(inode, blocks * bytesPerBlock);
    else this.memory.set(`${device} ${inode}`, blocks * bytesPerBlock);
  }

  sum(): Held {
    const mapped = [...this.mapped].filter((inode) => !this.disk.has(inode)).length;
    return { disk: sum(this.disk), memory: sum(this.memory), hidden: { mapped, more: this.more } };
  }
}

const sum = (sizes: ReadonlyMap<unknown, number>): number =>
  [...sizes.values()].reduce((total, bytes) => total + bytes, 0);

/**
 * Files without a name that processes hold: `du` cannot see them. `processes` are the sandbox's own, as folders of /proc; `device` is that of the
 * workspace, as stat has it. Those that end meanwhile hold nothing.
 */
export async function heldBy(processes: readonly string[], device: number): Promise<Held> {
  const found = new Findings(device);
  for (const folder of processes) await lookInto(folder, found);
  return found.sum();
}

async function lookInto(folder: string, found: Findings): Promise<void> {
  const descriptors = await entriesOf(`${folder}/fd`);
  if (descriptors === 'hidden') {
    // The dead hold nothing, and their folder is root's.
    found.more ||= !(await isDead(folder));
    return;
  }
  for (const descriptor of descriptors) {
    const file = await open(`${folder}/fd/${descriptor}`);
    if (file === 'hidden') found.more ||= !(await isDead(folder));
    if (file === null || file === 'hidden') continue;
    if (file.isSocket()) found.more ||= await carriesFiles(`${folder}/fdinfo/${descriptor}`);
    if (file.isFile() && file.nlink === 0) found.file(file.dev, String(file.ino), file.blocks);
  }
  const maps = await readFile(`${folder}/maps`, 'latin1').catch(() => '');
  for (const { range, inode, device } of namelessMappings(maps)) {
    if (found.disk.has(inode)) continue;
    const file = await open(`${folder}/map_files/${range}`);
    if (file !== null && file !== 'hidden') found.file(file.dev, String(file.ino), file.blocks);
    else if (file === 'hidden' && mayBeOn(device, found.device)) found.mapped.add(inode);
  }
}

/** Null: it is gone. */
const open = (link: string): Promise<Stats | 'hidden' | null> =>
  stat(link).catch((error: unknown) => (isForbidden(error) ? 'hidden' : null));

const entriesOf = (folder: string): Promise<readonly string[] | 'hidden'> =>
  readdir(folder).catch((error: unknown) => (isForbidden(error) ? 'hidden' : []));

const isForbidden = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');

const isDead = async (folder: string): Promise<boolean> => {
  const status = await readFile(`${folder}/status`, 'latin1').catch(() => 'State:\tX');
  return /^State:\t[ZX]/m.test(status);
};

/** Files that were sent through a unix socket and not yet taken are in nobody's table; since Linux 5.10 their number is here. */
const filesInFlight = /^scm_fds:\s*[1-9]/m;

const carriesFiles = async (fdinfo: string): Promise<boolean> =>
  filesInFlight.test(await readFile(fdinfo, 'latin1').catch(() => ''));

interface Mapping {
  /** As its entry in /proc/PID/map_files is called. */
  readonly range: string;
  /** `major:minor`, in hexadecimal. */
  readonly device: string;
  readonly inode: string;
}

/** Mappings of files that have no name, as /proc/PID/maps lists them. @internal */
export function namelessMappings(maps: string): readonly Mapping[] {
  return maps.split('\n').flatMap((line) => {
    const [, from, to, device, inode, path = ''] =
      /^0*([0-9a-f]+)-0*([0-9a-f]+) \S+ \S+ (\S+) (\d+)\s+(\/.*) \(deleted\)$/.exec(line) ?? [];
    if (from === undefined || to === undefined || device === undefined || inode === undefined) return [];
    return memoryOnly.test(path) ? [] : [{ range: `${from}-${to}`, device, inode }];
  });
}

/** A mapping tells another device than stat does where a file system has no disk of its own, as btrfs and overlays: there it may be any. @internal */
export function mayBeOn(mapping: string, device: number): boolean {
  const [major = 0, minor = 0] = mapping.split(':').map((digits) => Number.parseInt(digits, 16));
  // makedev(3), for numbers as small as disks have.
  return Math.floor(device / 256) % 4096 === 0 || major * 256 + minor === device;
}

/**
 * The same with the eyes of the user that the processes run as: root of a container may have no right to look into them. What forbids even that
 * is hidden.
 */
export function parseUsersLook(printed: string, device: number): Held {
  const found = new Findings(device);
  for (const line of printed.split('\n')) {
    const [what, ...rest] = line.split(' ');
    if (what === 'file') found.file(Number(rest[0]), rest[1] ?? '', Number(rest[2]) || 0);
    if (what === 'map')
      for (const mapping of namelessMappings(rest.join(' ')))
        if (mayBeOn(mapping.device, device)) found.mapped.add(mapping.inode);
    if (what === 'hidden' || filesInFlight.test(line)) found.more = true;
  }
  return found.sum();
}

/** What prints it: its arguments are the folders of the processes, none of which is dead. */
export const usersLook = String.raw`for each do
  if [ -r "$each/fd" ]; then
    find -L "$each/fd" -maxdepth 1 -type f -links 0 -printf 'file %D %i %b\n'
    cat "$each"/fdinfo/* | grep '^scm_fds:'
    grep ' (deleted)$' "$each/maps" | sed 's/^/map /'
  elif [ -d "$each" ]; then echo hidden; fi
done`;
