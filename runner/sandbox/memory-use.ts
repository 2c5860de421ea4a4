import { readFileSync } from 'node:fs';

/** A look at each page takes its process's lock; commands that share much memory must not spend their time being looked at. */
const lookingShare = 0.1;

/**
 * Watches what processes use of memory together, for a machine on which the kernel does not. Cheap as long as they stay below the limit even if each page that
 * they share is counted for every one of them; only above it they are looked at page by page.
 */
export class MemoryWatch {
  readonly #limitBytes: number;
  readonly #now: () => number;
  #restUntil = 0;

  constructor(limitBytes: number, now: () => number = () => performance.now()) {
    this.#limitBytes = limitBytes;
    this.#now = now;
  }

  /** `processes` are folders of /proc; those that end meanwhile use nothing. */
  exceeded(processes: readonly string[]): boolean {
    const resident = processes.reduce((sum, folder) => sum + residentBytes(read(`${folder}/statm`)), 0);
    if (resident <= this.#limitBytes) return false;
    const began = this.#now();
    if (began < this.#restUntil) return false;
    const own = processes.reduce((sum, folder) => sum + ownBytesOf(folder), 0);
    const ended = this.#now();
    this.#restUntil = ended + (ended - began) / lookingShare;
    return own > this.#limitBytes;
  }
}

/** Where this process may not look at another's pages, what that shares after a fork counts for both. */
const ownBytesOf = (folder: string): number => {
  const rollup = read(`${folder}/smaps_rollup`);
  return rollup === '' ? unsharedBytes(read(`${folder}/statm`)) : ownBytes(rollup);
};

/** Files of /proc are made on reading and wait for no disk. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** On all processors that Node runs on here; where pages are larger, the second look decides all the same. */
const pageBytes = 4096;

/** proc_pid_statm(5): size, resident, … in pages. */
const residentBytes = (statm: string): number => (Number(statm.split(' ')[1]) || 0) * pageBytes;

/** The third number is of files and shared memory. */
const unsharedBytes = (statm: string): number => {
  const [, resident, shared] = statm.split(' ');
  return ((Number(resident) || 0) - (Number(shared) || 0)) * pageBytes;
};

/** proc_pid_smaps(5): what is the process's own, its part of what it shares, and what of both was swapped out. Files' pages can be dropped and do not count. */
const ownBytes = (rollup: string): number =>
  [...rollup.matchAll(/^(?:Pss_Anon|Pss_Shmem|SwapPss):\s*(\d+) kB$/gm)].reduce(
    (sum, [, kilobytes]) => sum + Number(kilobytes) * 1024,
    0,
  );
