import { posix } from 'node:path';
import { SANDBOX_ROOT, type SandboxCommand, type SandboxLimits } from './sandbox.ts';

/** What of the host's file system a sandbox shows; read once, when it opens. */
export interface HostLayout {
  /** Top-level names of programs and libraries (`bin`, `lib64`): links into /usr, or folders of their own on older systems. */
  readonly rootLinks: readonly { readonly path: string; readonly target: string }[];
  readonly rootFolders: readonly string[];
  /** Existing files and folders below /etc that the linker, TLS and time zones need. */
  readonly etc: readonly string[];
  readonly prlimit: string;
  readonly socat: string;
}

/** How the repository inside the workspace is protected from its own agent. Paths are relative to the workspace. */
export interface RepositoryPins {
  /** `.git` bound onto itself: a mount point can be neither renamed nor removed. */
  readonly pinned: readonly string[];
  readonly readOnly: readonly string[];
}

export interface BubblewrapPlan {
  readonly workspace: string;
  /** Host folder with `passwd`, `group`, `hosts` and `nsswitch.conf` for the inside. */
  readonly etc: string;
  readonly host: HostLayout;
  readonly readable: readonly string[];
  /** Those of `readable` that have a `bin` folder. */
  readonly toolchains: readonly string[];
  readonly pins: RepositoryPins;
  /** Sockets in the workspace whose listener may be a process of the host; relative paths. */
  readonly maskedSockets: readonly string[];
  readonly limits: SandboxLimits;
  /** Host path of the proxy's socket; null without network. */
  readonly egressSocket: string | null;
  readonly command: Pick<SandboxCommand, 'argv' | 'env' | 'cwd'>;
}

/** File descriptors that the spawner must provide: the seccomp program, and where bwrap reports its child and exit code. */
const SECCOMP_FD = 3;
const STATUS_FD = 4;

/** Ids inside; outside they are the user's own. */
export const INSIDE_ID = 1000;
const HOME = '/home/agent';
const EGRESS_SOCKET = '/run/egress.sock';
/** Port of the proxy inside; the network namespace is empty, so it is free before the command begins. */
const PROXY_PORT = 3128;
const PROXY = `http://127.0.0.1:${PROXY_PORT}`;
/** POSIX shared memory is for locks and small buffers. */
const SHM_BYTES = 64 * 1024 * 1024;
const OPEN_FILES = 4096;

/** The argument list of bwrap for one command. Every mount, limit and variable of the inside is named here and nowhere else. */
export function bubblewrapArguments(plan: BubblewrapPlan): readonly string[] {
  return [
    ...NAMESPACES,
    ...systemMounts(plan),
    ...workspaceMounts(plan),
    ...(plan.egressSocket === null ? [] : ['--bind', plan.egressSocket, EGRESS_SOCKET]),
    ...Object.entries(environment(plan)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...option('--chdir', SANDBOX_ROOT, '--seccomp', String(SECCOMP_FD), '--json-status-fd', String(STATUS_FD)),
    // Last, because they would forbid the mount points above; otherwise both are memory that nothing limits.
    ...option('--remount-ro', '/dev', '--remount-ro', '/', '--'),
    ...confinedCommand(plan),
  ];
}

/** Keeps the words of one option on one line. */
const option = (...words: readonly string[]): readonly string[] => words;

const NAMESPACES = [
  '--unshare-user',
  '--unshare-all',
  '--disable-userns',
  '--die-with-parent',
  '--new-session',
  '--clearenv',
  ...option('--cap-drop', 'ALL'),
  ...option('--uid', String(INSIDE_ID), '--gid', String(INSIDE_ID)),
  ...option('--hostname', 'sandbox'),
];

const readOnly = (path: string): string[] => ['--ro-bind', path, path];
const memory = (bytes: number, path: string): string[] => ['--size', String(bytes), '--perms', '0700', '--tmpfs', path];

function systemMounts({ host, etc, limits, readable }: BubblewrapPlan): string[] {
  return [
    ...readOnly('/usr'),
    ...host.rootLinks.flatMap(({ path, target }) => ['--symlink', target, path]),
    ...[...host.rootFolders, ...host.etc].flatMap(readOnly),
    ...['passwd', 'group', 'hosts', 'nsswitch.conf'].flatMap((name) => ['--ro-bind', `${etc}/${name}`, `/etc/${name}`]),
    // Kernel settings are the host's, and open for writing to the user that owns them.
    ...option('--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys', '--dev', '/dev'),
    ...memory(SHM_BYTES, '/dev/shm'),
    ...memory(limits.tmpBytes, '/tmp'),
    ...memory(limits.tmpBytes, HOME),
    ...readable.flatMap(readOnly),
  ];
}

function workspaceMounts({ workspace, pins, maskedSockets }: BubblewrapPlan): string[] {
  const inside = (path: string): string => posix.join(SANDBOX_ROOT, path);
  const outside = (path: string): string => posix.join(workspace, path);
  return [
    ...option('--bind', workspace, SANDBOX_ROOT),
    ...pins.pinned.flatMap((path) => ['--bind', outside(path), inside(path)]),
    ...pins.readOnly.flatMap((path) => ['--ro-bind', outside(path), inside(path)]),
    ...maskedSockets.flatMap((path) => ['--ro-bind', '/dev/null', inside(path)]),
  ];
}

function environment({ command, toolchains, egressSocket }: BubblewrapPlan): Record<string, string> {
  return {
    PATH: [...toolchains.map((path) => `${path}/bin`), '/usr/local/bin:/usr/bin:/bin'].join(':'),
    HOME,
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    USER: 'agent',
    ...(egressSocket === null ? {} : PROXY_ENVIRONMENT),
    ...command.env,
  };
}

/** Tools disagree about the case. Loopback is the sandbox's own and needs no proxy. */
const PROXY_ENVIRONMENT = {
  HTTP_PROXY: PROXY,
  http_proxy: PROXY,
  HTTPS_PROXY: PROXY,
  https_proxy: PROXY,
  NO_PROXY: 'localhost,127.0.0.1,::1',
  no_proxy: 'localhost,127.0.0.1,::1',
  NODE_USE_ENV_PROXY: '1',
};

/**
 * One descriptor for stdout and stderr keeps their order; what stays on the first stderr is bwrap's alone.
 * When memory runs out, the kernel takes these processes before anybody else's.
 */
const BEGIN = 'echo 1000 >/proc/self/oom_score_adj; cd -- "$0" 2>&1 || exit 127';
const RUN = 'exec "$@" 2>&1';
/** socat becomes a child of the sandbox's init, so that a command that waits for all its children does not wait for it. */
const LISTEN = (socat: string): string =>
  `(${socat} TCP4-LISTEN:${PROXY_PORT},fork,reuseaddr,bind=127.0.0.1 UNIX-CONNECT:${EGRESS_SOCKET} </dev/null >/dev/null 2>&1 &); ` +
  `until (: >/dev/tcp/127.0.0.1/${PROXY_PORT}) 2>/dev/null; do sleep 0.003; done`;

function confinedCommand({ host, limits, command, egressSocket }: BubblewrapPlan): string[] {
  const script = egressSocket === null ? [BEGIN, RUN] : [BEGIN, LISTEN(host.socat), RUN];
  return [
    // Only bash can open /dev/tcp; where that is not needed, the smaller shell starts sooner.
    egressSocket === null ? '/bin/sh' : '/bin/bash',
    '-c',
    script.join('; '),
    posix.join(SANDBOX_ROOT, command.cwd ?? '.'),
    host.prlimit,
    `--nproc=${limits.processes}`,
    `--data=${limits.memoryBytes}`,
    `--fsize=${limits.fileBytes}`,
    `--nofile=${OPEN_FILES}`,
    '--core=0',
    '--',
    ...command.argv,
  ];
}
