/** What git may use of this machine, with all that it starts. */
export interface GitLimits {
  /** Of each process, bytes that are its own: files that it maps do not count. */
  readonly memoryBytes: number;
  /** Of each file that it writes. */
  readonly fileBytes: number;
  /** Of what it prints, where that is held; a reader that takes it as it comes has limits of its own. */
  readonly outputBytes: number;
}

const gib = 1024 ** 3;

/**
 * For objects and names from outside. The history of large projects takes a tenth of the memory; a few kilobytes of deltas can ask for all that there is.
 */
export const foreignLimits: GitLimits = { memoryBytes: 2 * gib, fileBytes: 64 * gib, outputBytes: gib / 4 };

/** POSIX counts files in these; every shell counts memory in KiB. */
const block = 512;
/** Where a limit cannot be set, a stricter one holds already, or the machine knows none. */
const script = 'ulimit -d "$1" 2>/dev/null; ulimit -f "$2" 2>/dev/null; shift 2; exec git "$@"';

/** The words that start git within limits. On Windows there are none to be had. */
export const gitWords = (args: readonly string[], limits: GitLimits | undefined): readonly [string, ...string[]] => {
  if (limits === undefined || process.platform === 'win32') return ['git', ...args];
  const { memoryBytes, fileBytes } = limits;
  return [
    '/bin/sh',
    '-c',
    script,
    'sh',
    String(Math.floor(memoryBytes / 1024)),
    String(Math.floor(fileBytes / block)),
    ...args,
  ];
};

/** Whether git says that it ran out of memory, which it does in its own words. */
export const wantsMemory = (errors: string): boolean =>
  /out of memory|cannot allocate memory|mmap failed/i.test(errors);
