import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** A provider's machine, played on this one: programs and root of its own, a process list of its own, no network. Needs root here. */
export interface FakeMachine extends AsyncDisposable {
  /** Where the host sees its `/workspace`. */
  readonly workspace: string;
  /** Starts words as its root: stdin, stdout and stderr are pipes. */
  start(argv: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
}

/** What root of such a machine may do there. */
const rights = 'CHOWN DAC_OVERRIDE FSETID FOWNER SETGID SETUID SETPCAP KILL SYS_CHROOT SYS_ADMIN SYS_RESOURCE'
  .split(' ')
  .flatMap((name) => ['--cap-add', `CAP_${name}`]);

export async function startFakeMachine(): Promise<FakeMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'machine-'));
  await chmod(folder, 0o711);
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  for (const name of ['passwd', 'group']) await copyFile(`/etc/${name}`, join(folder, name));
  const mine = (name: string): string[] => ['--bind', join(folder, name), `/etc/${name}`];
  const memory = ['/run', '/tmp', '/var/tmp', '/home', '/root'].flatMap((path) => [
    ...(path.endsWith('tmp') ? '--perms 1777' : '--perms 0755').split(' '),
    ...['--tmpfs'].concat(path),
  ]);
  const status = ['--json-status-fd', '3'];
  // It ends with its input, and so with this process whatever becomes of that.
  const list = [
    ...'--unshare-pid --unshare-ipc --unshare-uts --unshare-net --die-with-parent --cap-drop ALL'.split(' '),
    ...rights,
    ...'--ro-bind /usr /usr --ro-bind /etc /etc'.split(' ').concat(mine('passwd'), mine('group')),
    ...['bin', 'sbin', 'lib', 'lib64'].flatMap(rootEntry),
    ...'--proc /proc --dev /dev'.split(' ').concat(memory),
    ...'--perms 1777 --tmpfs /dev/shm --bind'.split(' ').concat(workspace, '/workspace'),
    ...status.concat('--', 'sh', '-c', 'echo ready; exec cat'),
  ];
  const machine = spawn('bwrap', list, { stdio: ['pipe', 'pipe', 'ignore', 'pipe'], env: {}, cwd: '/' });
  // Its file system is there when its own first words are.
  const [init] = await Promise.all([firstProcess(machine), once(machine.stdout!, 'data')]);
  return {
    workspace,
    start: (argv, env = {}) =>
      spawn('nsenter', ['-t', String(init), '-m', '-p', '-i', '-u', '-n', '-r', '-w', '--', ...argv], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', ...env },
      }),
    async [Symbol.asyncDispose]() {
      const ended = machine.exitCode === null && machine.signalCode === null ? once(machine, 'exit') : null;
      process.kill(init, 'SIGKILL');
      machine.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const rootEntry = (name: string): string[] => {
  const path = `/${name}`;
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
};

/** The host's id of the first process inside. */
function firstProcess(machine: ChildProcess): Promise<number> {
  let text = '';
  return new Promise((resolve, reject) => {
    machine.once('exit', () => reject(new Error('the machine did not start')));
    // safe: opened as a pipe
    (machine.stdio[3] as Readable).on('data', (chunk: Buffer) => {
      text += String(chunk);
      const pid = /"child-pid": (\d+)/.exec(text)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
  });
}
