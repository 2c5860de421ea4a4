import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { addAbortListener } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { joinNul } from '../../machine/git/git.ts';
import { temporaryFolder } from '../../machine/home/temporary-folder.ts';
import { CommandSandbox, type Confinement, type Launched, type Outlets } from '../command-sandbox.ts';
import { refused, type Sandbox, type SandboxCommand, type SandboxOptions, type SandboxRefusal } from '../sandbox.ts';
import { agentId, bundleFile, jobScript, packFile, setUp, start, stop, type Job } from './job.ts';
import type { RemoteMachine, RemoteProvider } from './machine.ts';
import { difference, readManifest, type Manifest } from './manifest.ts';
import { mostPackBytes, takeBack } from './take-back.ts';

export interface RemoteOptions extends Omit<SandboxOptions, 'readable'> {
  /** Programs of this machine that commands may name, by their path there. */
  readonly programs: Readonly<Record<string, string>>;
  /** Seconds between two looks at the workspace's size; default 1. */
  readonly quotaSeconds?: number;
}

/** A machine that is not asked for anything for so long belongs to a worker that is gone. A model may think for minutes. */
const usualIdleMs = 15 * 60_000;
/** MAX_ARG_STRLEN of linux/binfmts.h, and a quarter of the usual stack for all of them. */
const wordBytes = 131_072;
const wordsBytes = 2 * 1024 * 1024;

/**
 * Opens a workspace's sandbox on a machine of a provider. The tree stays here: what changed of it goes there before a command, what the command
 * changed comes back after it. A machine that is lost between two commands is replaced. Throws where the provider fails.
 */
export async function openRemote(provider: RemoteProvider, options: RemoteOptions): Promise<Sandbox | SandboxRefusal> {
  const remote = new Remote(provider, options);
  const refused = await remote.start();
  return refused ?? new CommandSandbox(remote);
}

class Remote implements Confinement {
  readonly #provider: RemoteProvider;
  readonly #options: RemoteOptions;
  #machine: RemoteMachine | null = null;
  /** The tree as the machine has it; null where nobody knows. */
  #there: Manifest | null = null;
  readonly #programs = new Set<string>();

  constructor(provider: RemoteProvider, options: RemoteOptions) {
    this.#provider = provider;
    this.#options = options;
  }

  async start(): Promise<SandboxRefusal | null> {
    const machine = await this.#provider.start(usualIdleMs);
    if ('outcome' in machine) return machine;
    this.#machine = machine;
    this.#there = null;
    this.#programs.clear();
    const { exitCode, output } = await machine.run(setUp);
    if (exitCode === 0) return null;
    await this[Symbol.asyncDispose]();
    return refused(
      `the machine of ${this.#provider.name} cannot confine commands: ${output.trim()}`,
      'set sandbox.image to one that is based on Debian or Ubuntu, with commands run as root',
    );
  }

  async launch(command: SandboxCommand, { kill, onOutput, onCut }: Outlets): Promise<Launched> {
    if (isTooLong(command.argv)) return { outcome: 'too-long' };
    const machine = await this.#current(command.timeoutMs);
    const { scratch } = this.#options;
    await mkdir(scratch, { recursive: true });
    await using folder = await temporaryFolder('remote-', scratch);
    const id = randomBytes(6).toString('hex');
    await this.#bring(machine, { id, command, folder: folder.path });
    if (kill.aborted) return { outcome: 'killed' };
    // From here on it has what is here now, until the command changes that.
    this.#there = null;
    await runJob(machine, { id, hosts: command.network, kill });
    const pack = join(folder.path, 'pack.gz');
    await machine.download(packFile, pack, mostPackBytes(command, this.#options.limits));
    const options = { ...this.#options, readable: [] };
    const ended = await takeBack(pack, command, { options, outlets: { onOutput, onCut } });
    if (ended.outcome === 'limit') return ended;
    this.#there = await readManifest(this.#options.workspace);
    // Its provider lets it through, and does not tell to what.
    return { ...(kill.aborted ? { outcome: 'killed' } : ended), reachedHosts: command.network };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#machine?.[Symbol.asyncDispose]();
    this.#machine = null;
  }

  async #current(timeoutMs: number): Promise<RemoteMachine> {
    if (this.#machine !== null && (await this.#machine.keep(timeoutMs + usualIdleMs))) return this.#machine;
    const refused = await this.start();
    if (refused !== null) throw new Error(`${refused.reason}; ${refused.remedy}`);
    if (this.#machine === null) throw new Error(`${this.#provider.name} gave no machine`);
    return this.#machine;
  }

  /** Sends what the job needs: the script, and what of the tree the machine does not have yet. */
  async #bring(machine: RemoteMachine, { id, command, folder }: Bringing): Promise<void> {
    const { workspace, limits, programs, quotaSeconds = 1 } = this.#options;
    const [program] = command.argv;
    const local = programs[program];
    if (local !== undefined && !this.#programs.has(program)) {
      await machine.upload(local, program);
      await machine.run(`chmod 0755 '${program}'`);
      this.#programs.add(program);
    }
    const now = await readManifest(workspace);
    const { changed, gone } = difference(this.#there ?? new Map(), now);
    const brings: Job['brings'] =
      this.#there === null ? 'everything' : changed.length + gone.length === 0 ? 'nothing' : 'changes';
    const job = join(folder, 'job');
    await mkdir(job);
    await writeFile(join(job, 'job.sh'), jobScript({ id, command, limits, brings, quotaSeconds }));
    if (brings !== 'nothing') {
      await writeFile(join(job, 'gone'), joinNul(gone));
      await writeFile(join(folder, 'list'), joinNul(changed.map((path) => `./${path}`)));
      const owner = [`--owner=${agentId}`, `--group=${agentId}`, '--numeric-owner'];
      const from = ['--directory', workspace, '--null', '--no-recursion', '--files-from', join(folder, 'list')];
      await tar(['--create', '--format=posix', ...owner, '--file', join(job, 'tree.tar'), ...from]);
    }
    const bundle = join(folder, 'up.tar.gz');
    await tar(['--create', '--gzip', '--file', bundle, '--directory', job, '.']);
    await machine.upload(bundle, bundleFile);
  }
}

interface Bringing {
  readonly id: string;
  readonly command: SandboxCommand;
  readonly folder: string;
}

async function tar(list: readonly string[]): Promise<void> {
  await promisify(execFile)('tar', list, { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/' });
}

const isTooLong = (argv: readonly string[]): boolean => {
  const sizes = argv.map((word) => Buffer.byteLength(word) + 1);
  return sizes.some((size) => size > wordBytes) || sizes.reduce((sum, size) => sum + size, 0) > wordsBytes;
};

interface Running {
  readonly id: string;
  readonly hosts: readonly string[];
  readonly kill: AbortSignal;
}

/** Runs a job that has been brought to its end, or ends it. */
async function runJob(machine: RemoteMachine, { id, hosts, kill }: Running): Promise<void> {
  const { promise: stopped, resolve: stopWith } = Promise.withResolvers<Awaited<ReturnType<RemoteMachine['run']>>>();
  stopped.catch(() => {});
  if (hosts.length > 0) await machine.allow(hosts);
  using _stopping = addAbortListener(kill, () => stopWith(machine.run(stop(id))));
  try {
    const { exitCode, output } = await machine.run(start);
    if (exitCode !== 0) throw new Error(`the machine could not run the command: ${output.trim() || exitCode}`);
    if (kill.aborted && (await stopped).exitCode !== 0) throw new Error('the machine does not end the command');
  } finally {
    if (hosts.length > 0) await machine.allow([]);
  }
}
