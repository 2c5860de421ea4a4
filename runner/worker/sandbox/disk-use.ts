import { execFile } from 'node:child_process';
import { readdir, stat, statfs } from 'node:fs/promises';
import { BYTES_PER_BLOCK, heldBy, type Held } from './open-files.ts';
import type { SandboxOptions } from './sandbox.ts';

/** An inode without contents still costs the file system; ext4 has one per 16 KiB by default, and the smallest block is 4 KiB. */
const BYTES_PER_INODE = 4096;

/**
 * Bytes that a tree uses on disk, hard links once, links not followed, other file systems left out. A folder whose owner took its own rights away is
 * counted like any other: root may look into all of them, and an ordinary user's `bwrap` gives the right to read to nobody but this `du`.
 * A tree that changes under it gives what was readable.
 */
export async function diskUse(folder: string, bwrap: string | null): Promise<number> {
  const lines = await printed(bwrap, ['/bin/sh', '-c', DU, 'sh', folder]);
  const [bytes = 0, inodes = 0] = lines.map((line) => Number.parseInt(line, 10) || 0);
  return Math.max(bytes, inodes * BYTES_PER_INODE);
}

/** Its exit code tells of entries that vanished meanwhile; the sums are printed all the same. */
const DU = 'du --summarize --one-file-system --block-size=1 -- "$1"; du --summarize --one-file-system --inodes -- "$1"';

/** Nothing can be written there, no other process be seen; `--dev-bind` and not `--ro-bind`, as the tree may lie below a mount that forbids the latter. */
const READS_ALL =
  '--unshare-user --unshare-pid --unshare-net --cap-drop ALL --cap-add CAP_DAC_READ_SEARCH --dev-bind / / --die-with-parent --';

function printed(bwrap: string | null, words: readonly string[]): Promise<readonly string[]> {
  const [program = '', ...list] = bwrap === null ? words : [bwrap, ...READS_ALL.split(' '), ...words];
  return new Promise((resolve) => {
    const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/' };
    execFile(program, list, options, (_error, stdout) => resolve(stdout.split('\n')));
  });
}

/**
 * The quota of one workspace, whose commands run one after the other. Counted as far as it can be seen; what is out of sight is taken to be as
 * large as what the file system has lost since the command began: other programs' files are in that too, so it counts for nobody who hides nothing.
 */
export class WorkspaceQuota {
  readonly #workspace: string;
  readonly #bytes: number;
  readonly #bwrap: string | null;
  /** By the tree, when the last command had ended. */
  #used = 0;
  #free = 0;

  /** `bwrap`: how an ordinary user's worker may read all of its own tree; null: it is root. */
  constructor({ workspace, limits }: Pick<SandboxOptions, 'workspace' | 'limits'>, bwrap: string | null) {
    this.#workspace = workspace;
    this.#bytes = limits.workspaceBytes;
    this.#bwrap = bwrap;
  }

  /** To be called before a command begins. True: the quota is passed already, and the command may make room and write nothing. */
  async begin(): Promise<boolean> {
    this.#free = await freeBytes(this.#workspace);
    return this.#used > this.#bytes;
  }

  /**
   * Whether the command that runs now makes the tree too large; of one that was too large already, larger. `processes` are the command's, as folders of
   * /proc. `user`: who sees what this process may not, of that user's processes. `memory` is in files too, and on no disk.
   */
  async look(
    processes: readonly string[],
    user: SandboxOptions['user'] = null,
  ): Promise<{ readonly exceeded: boolean; readonly memory: number }> {
    const tree = await stat(this.#workspace).catch(() => null);
    // Another lease has the run and removed this tree: who polls here is about to end.
    if (tree === null) return { exceeded: false, memory: 0 };
    const { dev } = tree;
    const [named, seen] = await Promise.all([diskUse(this.#workspace, this.#bwrap), heldBy(processes, dev)]);
    const held = seen.unseen && user !== null ? largest(seen, await heldByUser(user, dev)) : seen;
    const lost = held.unseen ? this.#free - (await freeBytes(this.#workspace)) : 0;
    const bytes = Math.max(named + held.disk, lost);
    return { exceeded: bytes > Math.max(this.#bytes, this.#used), memory: held.memory };
  }

  /** To be called once no process of the command is left. True: it left more than it may. */
  async end(): Promise<boolean> {
    const before = this.#used;
    this.#used = await diskUse(this.#workspace, this.#bwrap);
    return this.#used > Math.max(this.#bytes, before);
  }
}

const largest = (one: Held, other: Omit<Held, 'unseen'>): Held => ({
  disk: Math.max(one.disk, other.disk),
  memory: Math.max(one.memory, other.memory),
  unseen: one.unseen,
});

/** The same of all processes of a user with that user's own eyes: root of a container may have no right to look into them. */
async function heldByUser(user: NonNullable<SandboxOptions['user']>, device: number): Promise<Omit<Held, 'unseen'>> {
  const lines = await new Promise<string[]>((resolve) => {
    const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/', ...user };
    const script = String.raw`find -L /proc/[0-9]*/fd -maxdepth 1 -type f -links 0 -printf '%D %i %b\n'`;
    // It fails at every process that is not the user's, and prints the others.
    execFile('/bin/sh', ['-c', script], options, (_error, stdout) => resolve(stdout.trim().split('\n')));
  });
  const blocks = new Map(lines.map((line) => line.split(' ')).map(([on, inode, count]) => [`${on} ${inode}`, count]));
  const held = { disk: 0, memory: 0 };
  for (const [file, count] of blocks)
    held[file.startsWith(`${device} `) ? 'disk' : 'memory'] += (Number(count) || 0) * BYTES_PER_BLOCK;
  return held;
}

async function freeBytes(folder: string): Promise<number> {
  const { bfree, bsize } = await statfs(folder);
  return bfree * bsize;
}

/** The folders of all processes that a /proc lists. */
export async function processFolders(proc: string): Promise<string[]> {
  const names = await readdir(proc).catch((): string[] => []);
  return names.filter((name) => /^\d+$/.test(name)).map((pid) => `${proc}/${pid}`);
}
