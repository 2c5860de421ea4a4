import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage } from '../../../shared/trouble.ts';
import type { ContainerNetwork } from '../../../shared/api/worker-api.ts';
import { CommandSandbox, type Confinement, type Outlets } from '../command-sandbox.ts';
import { containerArguments, containerPrograms, type ContainerPlan, type ContainerPrograms } from './arguments.ts';
import { claimContainer, linkWorkspace } from './claim.ts';
import { canCutNetwork, judgeLook, lookAround, nameUser, networkUnstated, unfitForContainer } from './fit.ts';
import { launchInContainer } from './process.ts';
import { endProcessesOf, processesOf } from './processes.ts';
import { diskUse } from '../disk-use.ts';
import { EgressProxy, type EgressOutside } from '../egress/proxy.ts';
import { filterFolders, findPrograms } from '../host-programs.ts';
import { openProbe, probeMs, probeOutlets } from '../probe-sandbox.ts';
import {
  refused,
  sandboxRoot,
  type Sandbox,
  type SandboxCommand,
  type SandboxOptions,
  type SandboxRefusal,
} from '../sandbox.ts';
import { writeFilter } from '../seccomp.ts';
import { watchLimits } from '../watch-limits.ts';
import { WorkspaceQuota } from '../workspace-quota.ts';

export interface ContainerOptions extends SandboxOptions {
  /** Whom this container belongs to from now on. */
  readonly run: string;
  /** What the operator says of its network, where commands cannot be kept from it. */
  readonly network: ContainerNetwork | null;
}

export interface ContainerSeams {
  /** How the egress proxy reaches the world; default: the machine's resolver and network. */
  readonly outside?: EgressOutside;
  /** Milliseconds between two looks at the workspace's size; default 500. */
  readonly quotaPollMs?: number;
}

/**
 * Opens a workspace's sandbox in a container that is there for this run alone, and is the boundary: commands run as a user without rights, with
 * limits and a system call filter, and see the container's files as that user does. To be chosen, never fallen back to.
 * Runs a real command first, and refuses where that sees what it must not. Throws only on broken I/O. `scratch` becomes root's.
 */
export async function openContainer(
  options: ContainerOptions,
  seams: ContainerSeams = {},
): Promise<Sandbox | SandboxRefusal> {
  const unfit = await unfitForContainer(options);
  if (unfit !== null) return unfit;
  const taken = await take(options);
  if (taken !== null) return taken;
  const confined = await confine({ ...options, root: sandboxRoot }, seams);
  return confined instanceof Container ? new CommandSandbox(confined, seams.quotaPollMs) : confined;
}

async function take({ run, workspace, user }: ContainerOptions): Promise<SandboxRefusal | null> {
  try {
    const refused = (await claimContainer(run)) ?? (await linkWorkspace(workspace));
    if (refused === null && user !== null) await nameUser(user);
    return refused;
  } catch (error) {
    return refused(
      `this container cannot be prepared: ${errorMessage(error)}`,
      'let root write to /run, / and /etc/passwd of the container, or choose the isolation e2b or daytona',
    );
  }
}

/** Whether this container could take a run, and whether it can cut the network: for `doctor`. Takes nothing. */
export async function probeContainer({
  network,
  uid,
}: {
  readonly network: ContainerNetwork | null;
  readonly uid: number;
}): Promise<{ readonly outcome: 'ok'; readonly network: 'cut' | ContainerNetwork } | SandboxRefusal> {
  const user = { uid, gid: uid };
  await using probe = await openProbe(user, 0o711);
  const { workspace } = probe.options;
  const options = { ...probe.options, user, run: 'probe', network };
  const unfit = await unfitForContainer(options);
  if (unfit !== null) return unfit;
  await chmod(probe.folder, 0o711);
  await chown(workspace, user.uid, user.gid);
  const confined = await confine({ ...options, root: workspace }, {});
  return confined instanceof Container ? { outcome: 'ok', network: confined.network } : confined;
}

interface Parts {
  readonly options: ContainerOptions & { readonly root: string };
  readonly user: NonNullable<SandboxOptions['user']>;
  readonly programs: ContainerPrograms;
  readonly architecture: ContainerPlan['architecture'];
  readonly toolchains: readonly string[];
  readonly network: 'cut' | ContainerNetwork;
  readonly seams: ContainerSeams;
}

async function confine(options: Parts['options'], seams: ContainerSeams): Promise<Container | SandboxRefusal> {
  const { user, scratch, readable } = options;
  if (user === null) throw new Error('a container without a user for commands was not refused');
  const programs = await findPrograms(containerPrograms);
  if ('outcome' in programs) return programs;
  const { complaint } = await canCutNetwork(programs);
  const network = complaint === null ? 'cut' : options.network;
  if (network === null) return networkUnstated(complaint ?? '');
  // Of a worker that was killed here.
  await endProcessesOf(user);
  await rm(join(scratch, 'inside'), { recursive: true, force: true });
  // What commands could write would decide about the next one: the filter, and where the proxy listens.
  await chown(scratch, 0, 0);
  await chmod(scratch, 0o711);
  const filter = await writeFilter(join(scratch, 'seccomp.bpf'));
  if ('outcome' in filter) return filter;
  const toolchains = await filterFolders(readable, 'bin');
  const container = new Container({ options, user, programs, ...filter, toolchains, network, seams });
  return (await container.look()) ?? container;
}

/** In the scratch folder; commands run one after the other. */
const egressSocketPath = 'egress.sock';

class Container implements Confinement {
  readonly #parts: Parts;
  readonly #quota: WorkspaceQuota;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#quota = new WorkspaceQuota(parts.options, { bwrap: null });
  }

  get network(): Parts['network'] {
    return this.#parts.network;
  }

  /** A first command that looks for what commands must not see. Null: nothing. */
  async look(): Promise<SandboxRefusal | null> {
    const printed: Buffer[] = [];
    const ended = await this.launch(
      { argv: ['/bin/sh', '-c', lookAround], timeoutMs: probeMs, network: [], maxOutputBytes: 0 },
      { ...probeOutlets(), onOutput: (chunk) => printed.push(chunk) },
    );
    return judgeLook(ended.outcome === 'failed' ? ended.complaint : Buffer.concat(printed).toString('utf8'));
  }

  async launch(command: SandboxCommand, outlets: Outlets): ReturnType<Confinement['launch']> {
    const { options, user, network } = this.#parts;
    const { scratch } = options;
    const socket = network === 'cut' && command.network.length > 0 ? egressSocketPath : null;
    await using proxy = network !== 'cut' || socket !== null ? await this.#openProxy(command, socket) : null;
    const [home, temporary] = await this.#makeFolders();
    if (options.root === sandboxRoot) await linkWorkspace(options.workspace);
    const isFull = await this.#quota.begin();
    const argv = containerArguments({
      ...this.#parts,
      filter: join(scratch, 'seccomp.bpf'),
      root: options.root,
      home,
      temporary,
      limits: isFull ? { ...options.limits, fileBytes: 0 } : options.limits,
      network: network === 'cut' ? { kind: 'cut', socket } : { kind: 'shared', proxyPort: proxy?.port ?? 0 },
      command,
    });
    try {
      const ended = await launchInContainer({
        argv,
        folder: scratch,
        user,
        onStart: () => this.#watch(outlets),
        outlets,
      });
      const outgrown = await this.#quota.end();
      return {
        ...(outgrown && ended.outcome === 'exited' ? { outcome: 'limit' } : ended),
        refusedHosts: proxy?.refusedHosts,
        reachedHosts: proxy?.reachedHosts,
      };
    } finally {
      await this.#sweep();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #openProxy({ network: allowed }: SandboxCommand, socket: string | null): Promise<EgressProxy> {
    const { options, user, seams } = this.#parts;
    return EgressProxy.listen({
      socket: socket === null ? null : join(options.scratch, socket),
      user,
      allowed,
      outside: seams.outside,
    });
  }

  /** Temporary files of one command, and its home where none is kept. */
  async #makeFolders(): Promise<[home: string, temporary: string]> {
    const { options, user } = this.#parts;
    const inside = join(options.scratch, 'inside');
    const [home, temporary] = [join(inside, 'home'), join(inside, 'tmp')];
    await mkdir(inside, { recursive: true, mode: 0o711 });
    for (const folder of options.home === null ? [home, temporary] : [temporary]) {
      await mkdir(folder, { mode: 0o700 });
      await chown(folder, user.uid, user.gid);
    }
    return [options.home ?? home, temporary];
  }

  /** Removes what the command left outside of its tree. No process of it is alive. */
  async #sweep(): Promise<void> {
    const { options, user } = this.#parts;
    const run = promisify(execFile);
    await run('rm', ['-rf', '--', join(options.scratch, 'inside')]);
    const theirs = ['/tmp', '/var/tmp', '/dev/shm', ...'-mindepth 1 -maxdepth 1 -uid'.split(' '), String(user.uid)];
    const kept = [options.workspace, options.scratch, ...(options.home === null ? [] : [options.home])].flatMap(
      (path) => ['!', '-path', path],
    );
    await run('find', [...theirs, ...kept, ...'-exec rm -rf -- {} +'.split(' ')]).catch(() => {
      // One of these folders is not there, or another run's programs changed one meanwhile.
    });
  }

  #watch(outlets: Outlets): void {
    const { options, user } = this.#parts;
    const { scratch, limits } = options;
    const processes = (): Promise<string[]> => processesOf(user);
    watchLimits(outlets, limits.memoryBytes, {
      processes,
      look: async () => {
        const [{ exceeded, memory }, temporary] = await Promise.all([
          this.#quota.look(processes, user),
          diskUse([join(scratch, 'inside')], null),
        ]);
        // Temporary files have no size of their own here.
        return { exceeded: exceeded || temporary > 2 * limits.tmpBytes, memory };
      },
    });
  }
}
