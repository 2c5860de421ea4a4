import { closeSync, openSync } from 'node:fs';
import { access, constants, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SandboxLimits } from '../sandbox.ts';

/** Where the kernel says what it says of processes and their groups; for tests another place than its own. */
export interface GroupLayout {
  readonly proc: string;
  /** This process. */
  readonly pid: number;
}

const theKernels: GroupLayout = { proc: '/proc', pid: process.pid };

/** Whether commands can have a control group (cgroups v2) each, and where; nothing is changed by looking. */
export type GroupsFound =
  /** `base`: the group that was handed to the runner. `own`: the group in it that the runner's own processes are in, or go to. */
  | { readonly outcome: 'found'; readonly base: string; readonly own: string; readonly controllers: readonly string[] }
  | { readonly outcome: 'none'; readonly reason: string; readonly remedy: string };

/** A group that has groups below it may have no processes: the runner's own move into this one. */
const ownGroup = 'longhaul-runner';
const wanted = ['memory', 'pids'];

const remedy =
  'start the runner as systemd-run --user --scope -p Delegate=yes longhaul serve, or put Delegate=yes into its unit';

/** Looks for a group that this process may divide: one of its own, writable, below the machine's root. */
export async function findGroups({ proc, pid }: GroupLayout = theKernels): Promise<GroupsFound> {
  const none = (reason: string): GroupsFound => ({ outcome: 'none', reason, remedy: remedy });
  const mounts = await readFile(join(proc, 'self/mountinfo'), 'utf8').catch(() => '');
  const mount = mounts.split('\n').flatMap((line) => / (\/\S*) (\/\S*) .* - cgroup2 /.exec(line) ?? []);
  const [, mountRoot, mountPoint] = mount;
  const path = /^0::(\/.*)$/m.exec(await readFile(join(proc, 'self/cgroup'), 'utf8').catch(() => ''))?.[1];
  if (mountRoot === undefined || mountPoint === undefined || path === undefined)
    return none('this machine has no cgroups v2');
  const group = join(mountPoint, mountRoot === '/' ? path : path.slice(mountRoot.length) || '/');
  const base = basename(group) === ownGroup ? dirname(group) : group;
  // The machine's root group has no type: what is in there is everybody's.
  if (!(await isThere(join(base, 'cgroup.type')))) return none('the runner is in the group of the whole machine');
  if (/\/(session-[^/]+\.scope|init\.scope)$/.test(base)) return none(`its group is that of a login (${base})`);
  const given = (await readFile(join(base, 'cgroup.controllers'), 'utf8').catch(() => '')).trim().split(' ');
  const controllers = wanted.filter((name) => given.includes(name));
  if (controllers.length === 0) return none(`its group may limit neither memory nor processes (${base})`);
  for (const file of ['', 'cgroup.procs', 'cgroup.subtree_control'])
    if (!(await isWritable(join(base, file)))) return none(`its group is not its own to divide (${base})`);
  if (!(await isOneTree(proc, [...(await processesIn(base)), pid])))
    return none(`other programs are in its group (${base})`);
  return { outcome: 'found', base, own: join(base, ownGroup), controllers };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
const isWritable = (path: string): Promise<boolean> =>
  access(path, constants.W_OK).then(
    () => true,
    () => false,
  );

const processesIn = async (group: string): Promise<number[]> =>
  (await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number);

/** Whether one of these processes has begun all others: then they are one program's. */
async function isOneTree(proc: string, pids: readonly number[]): Promise<boolean> {
  const all = new Set(pids);
  const parentOf = async (pid: number): Promise<number> => {
    const status = await readFile(join(proc, String(pid), 'status'), 'utf8').catch(() => '');
    return Number(/^PPid:\t(\d+)$/m.exec(status)?.[1] ?? 0);
  };
  const roots = await Promise.all([...all].map(async (pid) => !all.has(await parentOf(pid))));
  // None: the runner's own are in a group below already, and this process with them.
  return roots.filter(Boolean).length <= 1;
}

/** What commands may have together, of one group each; `memoryBytes` with all files that are in memory. */
type GroupLimits = Pick<SandboxLimits, 'memoryBytes' | 'processes' | 'tmpBytes'>;

/** POSIX shared memory inside, and what the sandbox's own programs need. */
const besidesBytes = 128 * 1024 * 1024;
/** Of the sandbox itself: its init, its shell, and two for each connection that is open. */
const besidesProcesses = 256;

/** Makes a control group for each command. Where one cannot be made after all, commands go without: other limits hold as well. */
export class ControlGroups {
  readonly #found: Extract<GroupsFound, { outcome: 'found' }>;
  readonly #name: string;
  #count = 0;
  #isDivided = false;

  /** `name`: what no other process calls its groups. */
  constructor(found: Extract<GroupsFound, { outcome: 'found' }>, name = `longhaul-${process.pid}`) {
    this.#found = found;
    this.#name = name;
  }

  async open(limits: GroupLimits): Promise<CommandGroup | null> {
    const { base, controllers } = this.#found;
    try {
      await this.#divide();
      this.#count += 1;
      const folder = join(base, `${this.#name}-${this.#count}`);
      await mkdir(folder);
      const group = new CommandGroup(folder);
      await group.limit(settingsOf(limits, controllers));
      return group;
    } catch {
      return null;
    }
  }

  /** The runner's processes go into a group of their own, and what the base may limit, groups below it may. */
  async #divide(): Promise<void> {
    if (this.#isDivided) return;
    const { base, own, controllers } = this.#found;
    await mkdir(own).catch(unlessThere);
    // They may begin others meanwhile; who ended is refused.
    for (let left = await processesIn(base), tries = 0; left.length > 0 && tries < 10; tries += 1) {
      for (const pid of left) await writeFile(join(own, 'cgroup.procs'), String(pid)).catch(() => {});
      left = await processesIn(base);
    }
    await writeFile(join(base, 'cgroup.subtree_control'), controllers.map((name) => `+${name}`).join(' '));
    this.#isDivided = true;
  }
}

const unlessThere = (error: unknown): void => {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
};

/** What is written into a new group's files. @internal */
export const settingsOf = (
  { memoryBytes, processes, tmpBytes }: GroupLimits,
  controllers: readonly string[],
): ReadonlyMap<string, string> =>
  new Map([
    ...(controllers.includes('memory')
      ? [
          ['memory.max', String(memoryBytes + 2 * tmpBytes + besidesBytes)] as const,
          // One process of it that is ended for want of memory takes the others along.
          ['memory.oom.group', '1'] as const,
          ['memory.swap.max', '0'] as const,
        ]
      : []),
    ...(controllers.includes('pids') ? [['pids.max', String(processes + besidesProcesses)] as const] : []),
  ]);

/** The control group of one command. Disposing it ends whatever is in it. */
export class CommandGroup implements AsyncDisposable {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async limit(settings: ReadonlyMap<string, string>): Promise<void> {
    for (const [file, value] of settings) {
      const written = writeFile(join(this.#folder, file), value);
      // A kernel without swap has no limit for it.
      await (file === 'memory.swap.max' ? written.catch(() => {}) : written);
    }
  }

  /** A descriptor through which a process joins by writing `0`. The kernel judges who opened it, so that any user's may. To be closed. */
  entrance(): Disposable & { readonly descriptor: number } {
    const descriptor = openSync(join(this.#folder, 'cgroup.procs'), 'w');
    return { descriptor, [Symbol.dispose]: () => closeSync(descriptor) };
  }

  /** Whether the kernel ended a process in it for want of memory. */
  async ranOutOfMemory(): Promise<boolean> {
    const events = await readFile(join(this.#folder, 'memory.events'), 'utf8').catch(() => '');
    return /^oom_kill [1-9]/m.test(events);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await writeFile(join(this.#folder, 'cgroup.kill'), '1').catch(() => {});
    // It can be removed once the last process is reaped.
    for (let tries = 0; tries < 50; tries += 1) {
      const removed = await rmdir(this.#folder).then(
        () => true,
        (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'EBUSY'),
      );
      if (removed) return;
      await delay(10);
    }
  }
}

/** The words that join a group and become another program: what is inside never sees the descriptor. */
export const joining = (
  descriptor: number,
  program: string,
  words: readonly string[],
): readonly [string, ...string[]] => [
  '/bin/sh',
  '-c',
  `echo 0 >&${descriptor}; exec ${descriptor}>&-; exec "$@"`,
  'sh',
  program,
  ...words,
];
