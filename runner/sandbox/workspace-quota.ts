import { stat, statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { diskUse } from './disk-use.ts';
import { printedBy } from './host-programs.ts';
import { heldBy, parseUsersLook, usersLook, type Held, type Hidden } from './open-files.ts';
import type { SandboxOptions } from './sandbox.ts';

/** Who looks from outside of the sandbox. */
export interface Lookout {
  /** How an ordinary user's worker may read all of its own tree; null: it is root. */
  readonly bwrap: string | null;
  /** Bytes that are free on the file system of a folder; default: as the kernel says. */
  readonly free?: (folder: string) => Promise<number>;
  /** Default: what `heldBy` finds. */
  readonly held?: (processes: readonly string[], device: number) => Promise<Held>;
}

/**
 * How often, and how far apart, what is out of sight is looked at again before it counts: a file that one process hands to another is on its way for
 * microseconds, and a process that begins or ends is closed for as long.
 */
const closerLooks = 8;
const closerLookMs = 25;

/**
 * The quota of one workspace with its home, whose commands run one after the other. What can be seen counts as what it is. What is out of sight counts where it
 * could make up what is missing, stays out of sight, and the disk has lost as much: what others write to that disk is never enough.
 */
export class WorkspaceQuota {
  readonly #workspace: string;
  readonly #folders: readonly string[];
  readonly #limits: SandboxOptions['limits'];
  readonly #lookout: Lookout;
  readonly #freeBytes: (folder: string) => Promise<number>;
  /** By the tree, when the last command had ended. */
  #used = 0;
  /** The most that was free since the command began: what others remove meanwhile must not hide what it writes. */
  #free = 0;

  constructor({ workspace, home, limits }: Pick<SandboxOptions, 'workspace' | 'home' | 'limits'>, lookout: Lookout) {
    this.#workspace = workspace;
    this.#folders = home === null ? [workspace] : [workspace, home];
    this.#limits = limits;
    this.#lookout = lookout;
    this.#freeBytes = lookout.free ?? freeBytes;
  }

  /** To be called before a command begins. True: the quota is passed already, and the command may make room and write nothing. */
  async begin(): Promise<boolean> {
    this.#free = await this.#freeBytes(this.#workspace);
    return this.#used > this.#limits.workspaceBytes;
  }

  /**
   * Whether the command that runs now makes the tree too large; of one that was too large already, larger. `processes` lists the command's, as folders of
   * /proc. `user`: who sees what this process may not, of that user's processes. `memory` is in files too, and on no disk.
   */
  async look(
    processes: () => Promise<readonly string[]>,
    user: SandboxOptions['user'] = null,
  ): Promise<{ readonly exceeded: boolean; readonly memory: number }> {
    const tree = await stat(this.#workspace).catch(() => null);
    // Another lease has the run and removed this tree: who polls here is about to end.
    if (tree === null) return { exceeded: false, memory: 0 };
    const limit = Math.max(this.#limits.workspaceBytes, this.#used);
    const held = async (): Promise<Held> => this.#held(await processes(), tree.dev, user);
    await this.#lost();
    let [named, seen] = await Promise.all([diskUse(this.#folders, this.#lookout.bwrap), held()]);
    const room = (): number => limit - named - seen.disk;
    for (let closer = 0; room() >= 0; closer += 1) {
      const couldExceed = couldHide(seen.hidden, this.#limits.fileBytes) > room();
      if (!couldExceed || (await this.#lost()) <= limit) return { exceeded: false, memory: seen.memory };
      if (closer === closerLooks) break;
      await delay(closerLookMs);
      seen = await held();
    }
    return { exceeded: true, memory: seen.memory };
  }

  /** To be called once no process of the command is left. True: it left more than it may. */
  async end(): Promise<boolean> {
    const before = this.#used;
    this.#used = await diskUse(this.#folders, this.#lookout.bwrap);
    return this.#used > Math.max(this.#limits.workspaceBytes, before);
  }

  /** What the disk has lost since the command began, whoever wrote it. */
  async #lost(): Promise<number> {
    const free = await this.#freeBytes(this.#workspace);
    this.#free = Math.max(this.#free, free);
    return this.#free - free;
  }

  async #held(processes: readonly string[], device: number, user: SandboxOptions['user']): Promise<Held> {
    const seen = await (this.#lookout.held ?? heldBy)(processes, device);
    // A mapping is followed by nobody but root of the machine.
    if (user === null || !seen.hidden.more) return seen;
    const theirs = parseUsersLook(await printedBy('/bin/sh', ['-c', usersLook, 'sh', ...processes], user), device);
    return { ...theirs, disk: Math.max(seen.disk, theirs.disk), memory: Math.max(seen.memory, theirs.memory) };
  }
}

/** The most that what is out of sight can be. */
const couldHide = ({ mapped, more }: Hidden, fileBytes: number): number => (more ? Infinity : mapped * fileBytes);

async function freeBytes(folder: string): Promise<number> {
  const { bfree, bsize } = await statfs(folder);
  return bfree * bsize;
}
