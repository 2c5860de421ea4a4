import { execFile } from 'node:child_process';
import { chown, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { bubblewrapArguments, type BubblewrapPlan } from './arguments.ts';
import { explainRefusal, type KernelSettings } from './refusal.ts';
import { CommandSandbox, type Confinement, type Outlets } from '../command-sandbox.ts';
import { ControlGroups, findGroups } from './control-group.ts';
import { processFolders } from '../disk-use.ts';
import { EgressProxy, type EgressOutside } from '../egress/proxy.ts';
import { filterFolders, isFolder } from '../host-programs.ts';
import { readHost, writeEtc, type HostPrograms } from './host-layout.ts';
import { MemoryWatch } from '../memory-use.ts';
import { launch } from './process.ts';
import { PROBE_LIMITS } from '../probe-limits.ts';
import { pinRepository, removeCommonDir } from './repository-pins.ts';
import type { Sandbox, SandboxCommand, SandboxOptions, SandboxRefusal } from '../sandbox.ts';
import { seccompFilter } from '../seccomp.ts';
import { WorkspaceQuota } from '../workspace-quota.ts';
import { findSockets } from './workspace-sockets.ts';

export interface BubblewrapSeams {
  /** How the egress proxy reaches the world; default: the machine's resolver and network. */
  readonly outside?: EgressOutside;
  /** Milliseconds between two looks at the workspace's size; default 500. */
  readonly quotaPollMs?: number;
  /** Null: commands have no control group each; default: where the kernel lets this process have some. */
  readonly groups?: ControlGroups | null;
  /** Where bwrap is looked for, as in `PATH`; default: this process's own. */
  readonly path?: string;
}

/** What an empty sandbox may take before it counts as broken. */
const PROBE_MS = 10_000;

/**
 * Opens a workspace's sandbox on Linux with bubblewrap. Runs a real confined `true` first; where that fails, the refusal says why and what to do.
 * Throws only on broken I/O. When the worker is root, `scratch` is given to `options.user`, who alone may enter it.
 */
export async function openBubblewrap(
  options: SandboxOptions,
  seams: BubblewrapSeams = {},
): Promise<Sandbox | SandboxRefusal> {
  const unfit = await unfitOptions(options);
  if (unfit !== null) return unfit;
  const host = await readHost(seams.path ?? process.env['PATH'] ?? '/usr/bin:/bin');
  if (host.outcome === 'refused') return host;
  const { arch } = process;
  if (arch !== 'x64' && arch !== 'arm64') {
    return refused(`there is no system call filter for ${arch}`, 'run the worker on x64 or arm64');
  }
  await writeEtc(join(options.scratch, 'etc'));
  await writeFile(join(options.scratch, 'seccomp.bpf'), seccompFilter(arch));
  if (options.user !== null) await chown(options.scratch, options.user.uid, options.user.gid);
  const toolchains = await filterFolders(options.readable, 'bin');
  const maskedSockets = await findSockets(options);
  const groups = seams.groups === undefined ? await groupsHere() : seams.groups;
  const confinement = new Bubblewrap({ options, host, seams, toolchains, maskedSockets, groups });
  const probe = await confinement.launch(
    { argv: ['true'], timeoutMs: PROBE_MS, network: [], maxOutputBytes: 0 },
    { onOutput: () => {}, onCut: () => {}, watch: () => {}, kill: AbortSignal.timeout(PROBE_MS) },
  );
  if (probe.outcome === 'exited' && probe.exitCode === 0) return new CommandSandbox(confinement, seams.quotaPollMs);
  return explainRefusal(
    probe.outcome === 'failed' ? probe.complaint : `\`true\` ended with ${JSON.stringify(probe)}`,
    await kernelSettings(),
  );
}

const groupsHere = async (): Promise<ControlGroups | null> => {
  const found = await findGroups();
  return found.outcome === 'found' ? (known ??= new ControlGroups(found)) : null;
};

/** Of this process, for all of its sandboxes: their groups have one row of names. */
let known: ControlGroups | null = null;

/** Whether commands can be confined on this machine, and with which bubblewrap: for `doctor`. Takes tens of milliseconds. A root process probes as nobody. */
export async function probeSandbox(): Promise<{ readonly outcome: 'ok'; readonly version: string } | SandboxRefusal> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-probe-'));
  try {
    const user = process.getuid?.() === 0 ? NOBODY : null;
    const workspace = join(folder, 'workspace');
    const scratch = join(folder, 'scratch');
    for (const path of [workspace, scratch]) await mkdir(path, { mode: 0o700 });
    if (user !== null) for (const path of [folder, workspace]) await chown(path, user.uid, user.gid);
    const sandbox = await openBubblewrap({ workspace, home: null, scratch, user, limits: PROBE_LIMITS, readable: [] });
    if ('outcome' in sandbox) return sandbox;
    await sandbox[Symbol.asyncDispose]();
    const { stdout } = await promisify(execFile)('bwrap', ['--version']);
    return { outcome: 'ok', version: stdout.trim().replace(/^bubblewrap /, '') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The user that owns nothing, by its number on every Linux. */
const NOBODY = { uid: 65_534, gid: 65_534 };

const refused = (reason: string, remedy: string): SandboxRefusal => ({ outcome: 'refused', reason, remedy });

async function unfitOptions({
  workspace,
  home,
  scratch,
  user,
  readable,
}: SandboxOptions): Promise<SandboxRefusal | null> {
  const worker = process.getuid?.();
  if (process.platform !== 'linux')
    return refused(`bubblewrap confines on Linux only, not on ${process.platform}`, 'run the worker on Linux');
  if (worker === 0 && user === null)
    return refused(
      'the worker is root, and commands never run as root',
      'name a user for commands, or start the worker as another user',
    );
  if (user !== null && (user.uid === 0 || user.gid === 0))
    return refused('commands never run as root or in its group', 'name another user for commands');
  if (worker !== 0 && user !== null && user.uid !== worker) {
    return refused(
      `only root can run commands as user ${user.uid}`,
      'start the worker as root, or name no user for commands',
    );
  }
  for (const path of [workspace, ...(home === null ? [] : [home]), scratch, ...readable]) {
    if (!isAbsolute(path) || path === '/')
      return refused(`${path} cannot be shown to commands`, 'name an absolute path below /');
    if (!(await isFolder(path)))
      return refused(`${path} is no folder that the worker can see`, 'create it, or take it out of the configuration');
  }
  return null;
}

async function kernelSettings(): Promise<KernelSettings> {
  const read = async (path: string): Promise<string | null> =>
    readFile(path, 'utf8').then(
      (text) => text.trim(),
      () => null,
    );
  return {
    unprivilegedUserns: await read('/proc/sys/kernel/unprivileged_userns_clone'),
    apparmorRestrictsUserns: await read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
    maxUserNamespaces: await read('/proc/sys/user/max_user_namespaces'),
    filtered: /^Seccomp:\s*2$/m.test((await read('/proc/self/status')) ?? ''),
  };
}

interface Parts {
  readonly options: SandboxOptions;
  readonly host: HostPrograms;
  readonly seams: BubblewrapSeams;
  readonly toolchains: readonly string[];
  readonly maskedSockets: readonly string[];
  readonly groups: ControlGroups | null;
}

class Bubblewrap implements Confinement {
  readonly #parts: Parts;
  readonly #quota: WorkspaceQuota;
  #count = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#quota = new WorkspaceQuota(parts.options, {
      bwrap: process.getuid?.() === 0 ? null : parts.host.bwrap,
    });
  }

  async launch(command: SandboxCommand, outlets: Outlets): ReturnType<Confinement['launch']> {
    const { options, host, toolchains, groups } = this.#parts;
    await using group = (await groups?.open(options.limits)) ?? null;
    const egressSocket = command.network.length === 0 ? null : this.#nextSocket();
    await using proxy = egressSocket === null ? null : await this.#openProxy(egressSocket, command.network);
    const isFull = await this.#quota.begin();
    const pins = await pinRepository(options);
    const plan: BubblewrapPlan = {
      workspace: options.workspace,
      home: options.home,
      etc: join(options.scratch, 'etc'),
      host: host.layout,
      readable: options.readable,
      toolchains,
      pins,
      maskedSockets: await stillThere(options.workspace, this.#parts.maskedSockets),
      limits: isFull ? { ...options.limits, fileBytes: 0 } : options.limits,
      egressSocket,
      command,
    };
    try {
      const ended = await launch({
        bwrap: host.bwrap,
        arguments: bubblewrapArguments(plan),
        user: options.user,
        seccomp: join(options.scratch, 'seccomp.bpf'),
        scratch: options.scratch,
        stdin: command.stdin,
        group,
        onOutput: outlets.onOutput,
        onStart: (init) => this.#watch(init, outlets),
        kill: outlets.kill,
      });
      const outgrown = await this.#quota.end();
      const starved = ended.outcome !== 'killed' && (await group?.ranOutOfMemory()) === true;
      return {
        ...(starved ? { outcome: 'memory' } : outgrown && ended.outcome === 'exited' ? { outcome: 'limit' } : ended),
        refusedHosts: proxy?.refusedHosts,
        reachedHosts: proxy?.reachedHosts,
      };
    } finally {
      await removeCommonDir(options.workspace, pins);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #watch(init: number, { watch }: Outlets): void {
    const { limits } = this.#parts.options;
    const processes = (): Promise<string[]> => processFolders(`/proc/${init}/root/proc`);
    const memory = new MemoryWatch(limits.memoryBytes);
    let inFiles = 0;
    watch('memory', async () => inFiles > limits.memoryBytes || memory.exceeded(await processes()));
    watch('limit', async () => {
      const looked = await this.#quota.look(processes);
      inFiles = looked.memory;
      return looked.exceeded;
    });
  }

  #nextSocket(): string {
    this.#count += 1;
    return join(this.#parts.options.scratch, `egress-${this.#count}.sock`);
  }

  #openProxy(socket: string, allowed: readonly string[]): Promise<EgressProxy> {
    const { options, seams } = this.#parts;
    return EgressProxy.listen({
      socket,
      user: options.user,
      allowed,
      ...(seams.outside === undefined ? {} : { outside: seams.outside }),
    });
  }
}

/** Masking a path that is gone would leave an empty file in the workspace. */
async function stillThere(workspace: string, sockets: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    sockets.map(async (path) => {
      const entry = await lstat(join(workspace, path)).catch(() => null);
      return entry?.isSocket() === true ? [path] : [];
    }),
  );
  return found.flat();
}
