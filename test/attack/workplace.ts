import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SandboxLimits, SandboxOptions } from '../../runner/sandbox/sandbox.ts';
import type { User } from './driver-client.ts';

/** How the worker and its commands stand to each other. */
export interface Mode {
  readonly name: string;
  /** Whom the worker runs as; null: whoever runs the tests. */
  readonly worker: User | null;
  /** `SandboxOptions.user` */
  readonly commands: User | null;
  /** Who owns the workspace. */
  readonly owner: User | null;
  /** Who owns another run's workspace: another user where the worker can choose one. */
  readonly neighbour: User | null;
}

const user = (uid: number): User => ({ uid, gid: uid });

/** As root both are tried; an ordinary user can be no other, so that only its own half exists there. */
export const modes: readonly Mode[] =
  process.getuid?.() === 0
    ? [
        {
          name: 'a worker that is root',
          worker: null,
          commands: user(64_124),
          owner: user(64_124),
          neighbour: user(64_125),
        },
        {
          name: 'a worker that is an ordinary user',
          worker: user(64_123),
          commands: null,
          owner: user(64_123),
          neighbour: user(64_123),
        },
      ]
    : [{ name: 'a worker that is an ordinary user', worker: null, commands: null, owner: null, neighbour: null }];

export interface Workplace extends AsyncDisposable {
  readonly folder: string;
  readonly options: SandboxOptions;
}

/** A workspace with a repository and one commit, and a scratch folder, as the worker makes them for a run. */
export async function makeWorkplace(mode: Mode, limits: SandboxLimits): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'workplace-'));
  await chmod(folder, 0o711);
  const workspace = join(folder, 'workspace');
  const scratch = join(folder, 'scratch');
  for (const path of [workspace, scratch]) {
    await mkdir(path, { mode: 0o700 });
    if (mode.owner !== null) await chown(path, mode.owner.uid, mode.owner.gid);
  }
  const git = (...list: string[]): void =>
    void execFileSync('git', list, {
      cwd: workspace,
      stdio: 'pipe',
      env: { PATH: process.env['PATH'], HOME: folder },
      ...mode.owner,
    });
  git('init', '-q', '--template=');
  await writeFile(join(workspace, 'a.txt'), 'a\n');
  git('add', '.');
  git('-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '-q', '-m', 'first');
  return {
    folder,
    options: { workspace, home: null, scratch, user: mode.commands, limits, readable: await toolchains() },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Node and npm of this machine, where they lie outside /usr. */
async function toolchains(): Promise<readonly string[]> {
  const prefix = join(process.execPath, '../..');
  const names = await readdir(prefix).catch((): string[] => []);
  return prefix.startsWith('/usr') || !names.includes('bin') ? [] : [prefix];
}
