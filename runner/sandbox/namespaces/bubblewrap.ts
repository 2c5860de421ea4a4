import { execFile } from 'node:child_process';
import { chown, lstat, readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { bubblewrapArguments, type BubblewrapPlan } from './arguments.ts';
import { explainRefusal, type KernelSettings } from './refusal.ts';
import { CommandSandbox, type Confinement, type Outlets } from '../command-sandbox.ts';
import { ControlGroups, findGroups } from './control-group.ts';
import { processFolders } from '../disk-use.ts';
import { EgressProxy, type EgressOutside } from '../egress/proxy.ts';
import { filterFolders, isFolder } from '../host-programs.ts';
import { readHost, writeEtc, type HostPrograms } from './host-layout.ts';
import { launch } from './process.ts';
import { openProbe, probeMs, probeOutlets } from '../probe-sandbox.ts';
import { pinRepository, removeCommonDir } from './repository-pins.ts';
import { refused, type Sandbox, type SandboxCommand, type SandboxOptions, type SandboxRefusal } from '../sandbox.ts';
import { writeFilter } from '../seccomp.ts';
import { watchLimits } from '../watch-limits.ts';
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

/**
 * Opens a workspace's sandbox on Linux with bubblewrap. Runs a real confined `true` first; where that fails, the refusal says why and what to do.
 * Throws only on broken I/O. When the worker is root, `scratch` is given to `options.user`, who alone may enter it.
 */
export async function openBubblewrap(
  options: SandboxOptions,
  seams: BubblewrapSeams = {},
): Promise<Sandbox | SandboxRefusal> {
  const confined = await confine(options, seams);
  return 'outcome' in confined ? confined : new CommandSandbox(confined, seams.quotaPollMs);
}

/** The same for one command at a time, of which some read what a person types. */
export async function confine(
  options: SandboxOptions,
  seams: BubblewrapSeams = {},
): Promise<Bubblewrap | SandboxRefusal> {
  const unfit = await unfitOptions(options);
  if (unfit !== null) return unfit;
  const host = await readHost(seams.path ?? process.env['PATH'] ?? '/usr/bin:/bin');
  if (host.outcome === 'refused') return host;
  const filter = await writeFilter(join(options.scratch, 'seccomp.bpf'));
  if ('outcome' in filter) return filter;
  await writeEtc(join(options.scratch, 'etc'));
  if (options.user !== null) await chown(options.scratch, options.user.uid, options.user.gid);
  const toolchains = await filterFolders(options.readable, 'bin');
  const maskedSockets = await findSockets(options);
  const groups = seams.groups === undefined ? await groupsHere() : seams.groups;
  const confinement = new Bubblewrap({ options, host, seams, toolchains, maskedSockets, groups });
  const probe = await confinement.launch(
    { argv: ['true'], timeoutMs: probeMs, network: [], maxOutputBytes: 0 },
    probeOutlets(),
  );
  if (probe.outcome === 'exited' && probe.exitCode === 0) return confinement;
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
  const user = process.getuid?.() === 0 ? nobody : null;
  await using probe = await openProbe(user, 0o700);
  if (user !== null) for (const path of [probe.folder, probe.options.workspace]) await chown(path, user.uid, user.gid);
  const sandbox = await openBubblewrap(probe.options);
  if ('outcome' in sandbox) return sandbox;
  await sandbox[Symbol.asyncDispose]();
  const { stdout } = await promisify(execFile)('bwrap', ['--version']);
  return { outcome: 'ok', version: stdout.trim().replace(/^bubblewrap /, '') };
}

/** The user that owns nothing, by its number on every Linux. */
const nobody = { uid: 65_534, gid: 65_534 };

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

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#quota = new WorkspaceQuota(parts.options, {
      bwrap: process.getuid?.() === 0 ? null : parts.host.bwrap,
    });
  }

  /** `input`: what the command reads; left out: nothing. */
  async launch(
    command: SandboxCommand,
    outlets: Outlets,
    input: Readable | null = null,
  ): ReturnType<Confinement['launch']> {
    const { options, host, toolchains, groups } = this.#parts;
    await using group = (await groups?.open(options.limits)) ?? null;
    const { network: allowed } = command;
    // Commands run one after the other.
    const socket = allowed.length === 0 ? null : join(options.scratch, 'egress.sock');
    const { outside } = this.#parts.seams;
    await using proxy =
      socket === null ? null : await EgressProxy.listen({ socket, user: options.user, allowed, outside });
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
      egressSocket: socket,
      command,
    };
    try {
      const ended = await launch({
        bwrap: host.bwrap,
        arguments: bubblewrapArguments(plan),
        user: options.user,
        seccomp: join(options.scratch, 'seccomp.bpf'),
        scratch: options.scratch,
        group,
        input,
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

  #watch(init: number, outlets: Outlets): void {
    const processes = (): Promise<string[]> => processFolders(`/proc/${init}/root/proc`);
    watchLimits(outlets, this.#parts.options.limits.memoryBytes, {
      processes,
      look: () => this.#quota.look(processes),
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
