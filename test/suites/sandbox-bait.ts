import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Things on the host that an attack would like to reach. Each is open to every user of the host, so that only the sandbox stands in between. */
export interface Bait extends AsyncDisposable {
  /** Stands in every bait file and in the worker's environment; it must never appear in a command's output. */
  readonly secret: string;
  /** Unique on this host; attacks put it into what they leave behind. */
  readonly mark: string;
  /** Host folder with `secret.txt`, `home/.ssh/id_ed25519` and `outside.sock`. */
  readonly folder: string;
  /** Host path of another run's workspace, with `secret.txt`, owned by the same user as the commands' own where the worker is no root. */
  readonly otherWorkspace: string;
  /** Host path of the workspace under attack. */
  readonly workspace: string;
  /** A listener on every address of the host. */
  readonly tcpPort: number;
  readonly udpPort: number;
  /** An address of the host that is not loopback. */
  readonly hostAddress: string;
  /** Name of a listening abstract unix socket, without its leading NUL. */
  readonly abstractSocket: string;
  readonly victimPid: number;
  /** Null while everything is as it was laid; otherwise what an attack changed or reached. */
  damage(): Promise<string | null>;
}

export interface BaitOptions {
  /** Host path of the workspace under attack; a listening socket `inside.sock` is laid in it, before the sandbox opens. */
  readonly workspace: string;
  /** Whom commands run as, on the host; null: the user of this process. A process of the same user is bait too. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Who owns the other run's workspace. */
  readonly neighbour: { readonly uid: number; readonly gid: number } | null;
  /** What the worker's environment holds. */
  readonly secret: string;
}

const files = ['secret.txt', 'home/.ssh/id_ed25519'];

/** Writable for everybody, whatever the umask. */
async function layFile(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o666);
  await chmod(dirname(path), 0o777);
}

export async function layBait({ workspace, user, neighbour, secret }: BaitOptions): Promise<Bait> {
  await using laying = new AsyncDisposableStack();
  const mark = `mark-${randomBytes(6).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), 'bait-'));
  laying.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'home/.ssh'), { recursive: true });
  for (const file of files) await layFile(join(folder, file), secret);
  const otherWorkspace = join(folder, 'other');
  await mkdir(otherWorkspace, { mode: 0o700 });
  await writeFile(join(otherWorkspace, 'secret.txt'), secret, { mode: 0o600 });
  if (neighbour !== null) {
    for (const path of [otherWorkspace, join(otherWorkspace, 'secret.txt')])
      await chown(path, neighbour.uid, neighbour.gid);
  }

  const reached: string[] = [];
  const listen = async (what: string, where: object | string): Promise<Server> => {
    const server = createServer((socket) => {
      reached.push(what);
      socket.end(secret);
    });
    server.listen(where);
    await once(server, 'listening');
    laying.defer(() => void server.close());
    return server;
  };
  const tcp = await listen('tcp', { host: '::', port: 0 });
  for (const path of [join(folder, 'outside.sock'), join(workspace, 'inside.sock')]) {
    await listen(path, path);
    await chmod(path, 0o777);
  }
  await listen('abstract socket', `\0${mark}`);
  const udp = createSocket('udp4', () => reached.push('udp'));
  udp.bind(0);
  await once(udp, 'listening');
  laying.defer(() => void udp.close());

  const victim = spawn('sleep', ['3600'], { stdio: 'ignore', cwd: '/', ...user });
  laying.defer(() => void victim.kill('SIGKILL'));
  const corePattern = await readFile('/proc/sys/kernel/core_pattern', 'utf8');
  const laid = laying.move();
  return {
    secret,
    mark,
    folder,
    otherWorkspace,
    workspace,
    // safe: a TCP server that listens has an address object
    tcpPort: (tcp.address() as AddressInfo).port,
    udpPort: udp.address().port,
    hostAddress:
      Object.values(networkInterfaces())
        .flatMap((list) => list ?? [])
        .find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.2',
    abstractSocket: mark,
    victimPid: victim.pid ?? 0,
    async damage() {
      for (const file of [...files.map((name) => join(folder, name)), join(otherWorkspace, 'secret.txt')]) {
        if ((await readFile(file, 'utf8').catch(() => 'gone')) !== secret) return `${file} was changed`;
      }
      if ((await readFile('/proc/sys/kernel/core_pattern', 'utf8')) !== corePattern) return 'core_pattern was changed';
      if (victim.exitCode !== null || victim.signalCode !== null) return 'a process of the host was killed';
      return reached.length > 0 ? `${reached.join(', ')} of the host was reached` : null;
    },
    [Symbol.asyncDispose]: () => laid.disposeAsync(),
  };
}
