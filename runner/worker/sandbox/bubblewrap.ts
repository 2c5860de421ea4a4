import { execFile } from 'node:child_process';
import { chown, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { bubblewrapArguments, type BubblewrapPlan } from './bubblewrap-arguments.ts';
import { explainRefusal, type KernelSettings } from './bubblewrap-refusal.ts';
import { CommandStop } from './command-stop.ts';
import { diskUse, namelessUse } from './disk-use.ts';
import { EgressProxy, type EgressOutside } from './egress-proxy.ts';
import { isFolder, readHost, writeEtc, type HostPrograms } from './host-layout.ts';
import { launch, type Ended } from './namespace-process.ts';
import { OutputWindow } from './output-window.ts';
import { pinRepository, removeCommonDir } from './repository-pins.ts';
import type { Sandbox, SandboxCommand, SandboxOptions, SandboxRefusal, SandboxResult } from './sandbox.ts';
import { seccompFilter } from './seccomp.ts';
import { findSockets } from './workspace-sockets.ts';

export interface BubblewrapSeams {
  /** How the egress proxy reaches the world; default: the machine's resolver and network. */
  readonly outside?: EgressOutside;
  /** Milliseconds between two looks at the workspace's size; default 500. */
  readonly quotaPollMs?: number;
  /** Where bwrap is looked for, as in `PATH`; default: this process's own. */
  readonly path?: string;
}

/** A `du` of 5,000 files takes about 10 ms, so this is a load of 2 %, and a disk that takes 1 GB/s gets 0.5 GB beyond the quota. */
const QUOTA_POLL_MS = 500;
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
  const sandbox = new BubblewrapSandbox({ options, host, seams, toolchains, maskedSockets });
  const probe = await sandbox.probe();
  if (probe.outcome === 'exited' && probe.exitCode === 0) return sandbox;
  return explainRefusal(
    probe.outcome === 'failed' ? probe.complaint : `\`true\` ended with ${JSON.stringify(probe)}`,
    await kernelSettings(),
  );
}

/** Whether commands can be confined on this machine, and with which bubblewrap: for `doctor`. Takes tens of milliseconds. A root process probes as nobody. */
export async function probeSandbox(): Promise<{ readonly outcome: 'ok'; readonly version: string } | SandboxRefusal> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-probe-'));
  try {
    const user = process.getuid?.() === 0 ? NOBODY : null;
    const workspace = join(folder, 'workspace');
    const scratch = join(folder, 'scratch');
    for (const path of [workspace, scratch]) await mkdir(path, { mode: 0o700 });
    if (user !== null) for (const path of [folder, workspace]) await chown(path, user.uid, user.gid);
    const sandbox = await openBubblewrap({ workspace, scratch, user, limits: PROBE_LIMITS, readable: [] });
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
const MIB = 1024 * 1024;
const PROBE_LIMITS = { memoryBytes: 256 * MIB, processes: 64, fileBytes: MIB, tmpBytes: MIB, workspaceBytes: MIB };

const refused = (reason: string, remedy: string): SandboxRefusal => ({ outcome: 'refused', reason, remedy });

async function unfitOptions({ workspace, scratch, user, readable }: SandboxOptions): Promise<SandboxRefusal | null> {
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
  for (const path of [workspace, scratch, ...readable]) {
    if (!isAbsolute(path) || path === '/')
      return refused(`${path} cannot be shown to commands`, 'name an absolute path below /');
    if (!(await isFolder(path)))
      return refused(`${path} is no folder that the worker can see`, 'create it, or take it out of the configuration');
  }
  return null;
}

async function filterFolders(paths: readonly string[], child: string): Promise<readonly string[]> {
  const found = await Promise.all(paths.map(async (path) => ((await isFolder(join(path, child))) ? [path] : [])));
  return found.flat();
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
}

type Confined = Pick<SandboxCommand, 'argv' | 'env' | 'cwd' | 'stdin'>;

class BubblewrapSandbox implements Sandbox {
  readonly #parts: Parts;
  readonly #disposal = new AbortController();
  /** The command before: each waits for it, whatever became of it. */
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  run(command: SandboxCommand, options: { readonly signal: AbortSignal }): Promise<SandboxResult> {
    const result = this.#last.then(() => this.#run(command, options.signal));
    this.#last = result.catch(() => {});
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort();
    await this.#last;
  }

  /** One confined `true`, with nothing around it. */
  async probe(): Promise<Ended> {
    return this.#launch(
      { argv: ['true'] },
      { egressSocket: null, onOutput: () => {}, onStart: () => {}, kill: AbortSignal.timeout(PROBE_MS) },
    );
  }

  async #run(command: SandboxCommand, signal: AbortSignal): Promise<SandboxResult> {
    if (this.#disposal.signal.aborted) throw new Error('this sandbox has been closed');
    const { seams } = this.#parts;
    const began = performance.now();
    const output = new OutputWindow(command.maxOutputBytes);
    await using proxy = await this.#openProxy(command.network);
    using stop = new CommandStop({
      timeoutMs: command.timeoutMs,
      cancel: AbortSignal.any([signal, this.#disposal.signal]),
    });
    const ended = await this.#launch(command, {
      egressSocket: proxy?.socket ?? null,
      onOutput: (chunk) => output.push(chunk),
      onStart: (init) =>
        stop.watchQuota({ everyMs: seams.quotaPollMs ?? QUOTA_POLL_MS, exceeded: () => this.#isOverQuota(init) }),
      kill: stop.signal,
    });
    if (ended.outcome === 'failed') throw new Error(`the sandbox could not be started: ${ended.complaint}`);
    if (ended.outcome === 'too-long') output.push(Buffer.from('Argument list too long\n'));
    return {
      ...(ended.outcome === 'killed'
        ? { outcome: stop.reason ?? 'cancelled', exitCode: null }
        : { outcome: 'exited', exitCode: ended.outcome === 'exited' ? ended.exitCode : CANNOT_EXECUTE }),
      ...output.read(),
      durationMs: performance.now() - began,
      refusedHosts: proxy?.refusedHosts ?? [],
    };
  }

  async #isOverQuota(init: number): Promise<boolean> {
    const { options } = this.#parts;
    const [named, nameless] = await Promise.all([diskUse(options), namelessUse(options.workspace, init)]);
    return named + nameless > options.limits.workspaceBytes;
  }

  async #openProxy(allowed: readonly string[]): Promise<EgressProxy | null> {
    if (allowed.length === 0) return null;
    const { options, seams } = this.#parts;
    this.#count += 1;
    return EgressProxy.listen({
      socket: join(options.scratch, `egress-${this.#count}.sock`),
      user: options.user,
      allowed,
      ...(seams.outside === undefined ? {} : { outside: seams.outside }),
    });
  }

  async #launch(command: Confined, { egressSocket, ...outlets }: Outlets): Promise<Ended> {
    const { options, host, toolchains } = this.#parts;
    const pins = await pinRepository(options);
    const plan: BubblewrapPlan = {
      workspace: options.workspace,
      etc: join(options.scratch, 'etc'),
      host: host.layout,
      readable: options.readable,
      toolchains,
      pins,
      maskedSockets: await stillThere(options.workspace, this.#parts.maskedSockets),
      limits: options.limits,
      egressSocket,
      command,
    };
    try {
      return await launch({
        bwrap: host.bwrap,
        arguments: bubblewrapArguments(plan),
        user: options.user,
        seccomp: join(options.scratch, 'seccomp.bpf'),
        stdin: command.stdin,
        ...outlets,
      });
    } finally {
      await removeCommonDir(options.workspace, pins);
    }
  }
}

interface Outlets {
  readonly egressSocket: string | null;
  readonly onOutput: (chunk: Buffer) => void;
  readonly onStart: (init: number) => void;
  readonly kill: AbortSignal;
}

/** What a shell answers for a command that it found and could not execute. */
const CANNOT_EXECUTE = 126;

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
