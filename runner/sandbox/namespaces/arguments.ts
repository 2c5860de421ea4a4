import { posix } from 'node:path';
import { confinedShell, minimalEnvironment, sandboxProxyPort } from '../confined-shell.ts';
import { ownEtc, type HostEtc } from './host-etc.ts';
import { sandboxRoot, type SandboxCommand, type SandboxLimits } from '../sandbox.ts';

/** What of the host's file system a sandbox shows; read once, when it opens. */
export interface HostLayout {
  /** Top-level names of programs and libraries (`bin`, `lib64`): links into /usr, or folders of their own on older systems. */
  readonly rootLinks: readonly { readonly path: string; readonly target: string }[];
  readonly rootFolders: readonly string[];
  readonly etc: HostEtc;
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
  /** Host folder that is the home; null: an empty one of memory. */
  readonly home: string | null;
  /** Host folder with what the inside has in place of files of /etc: see `writeEtc`. */
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
  readonly command: Pick<SandboxCommand, 'argv'>;
}

/** File descriptors that the spawner must provide: the seccomp program, where bwrap reports its child and exit code, and a socket of `goAhead`. */
const seccompFd = 3;
const statusFd = 4;
const goAheadFd = 5;

/** Ids inside; outside they are the user's own. */
export const insideId = 1000;
/** Of the folder `etc`: what stands for files and folders that are not shown. */
export const emptyFile = 'empty';
export const emptyFolder = 'nothing';
const agentHome = '/home/agent';
const egressSocketPath = '/run/egress.sock';
/** POSIX shared memory is for locks and small buffers. */
const shmBytes = 64 * 1024 * 1024;

/** The argument list of bwrap for one command. Every mount, limit and variable of the inside is named here and nowhere else. */
export function bubblewrapArguments(plan: BubblewrapPlan): readonly string[] {
  return [
    ...namespaces,
    ...systemMounts(plan),
    ...workspaceMounts(plan),
    ...(plan.egressSocket === null ? [] : ['--bind', plan.egressSocket, egressSocketPath]),
    ...Object.entries(environment(plan)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...option('--chdir', sandboxRoot, '--seccomp', String(seccompFd), '--json-status-fd', String(statusFd)),
    // Last, because they would forbid the mount points above; otherwise both are memory that nothing limits.
    ...option('--remount-ro', '/dev', '--remount-ro', '/', '--'),
    ...confinedShell({
      command: plan.command,
      cwd: sandboxRoot,
      limits: plan.limits,
      prlimit: plan.host.prlimit,
      // bwrap's processes die with their parents once each has asked the kernel for it; whose parent is gone by then lives on.
      goAhead: goAheadFd,
      egress: plan.egressSocket === null ? null : { socat: plan.host.socat, socket: egressSocketPath },
    }),
  ];
}

/** Keeps the words of one option on one line. */
const option = (...words: readonly string[]): readonly string[] => words;

const namespaces = [
  '--unshare-user',
  '--unshare-all',
  '--disable-userns',
  '--die-with-parent',
  '--new-session',
  '--clearenv',
  ...option('--cap-drop', 'ALL'),
  ...option('--uid', String(insideId), '--gid', String(insideId)),
  ...option('--hostname', 'sandbox'),
];

const readOnly = (path: string): string[] => ['--ro-bind', path, path];
const memory = (bytes: number, path: string): string[] => ['--size', String(bytes), '--perms', '0700', '--tmpfs', path];

function systemMounts({ host, etc, home, limits, readable }: BubblewrapPlan): string[] {
  return [
    ...readOnly('/usr'),
    ...host.rootLinks.flatMap(({ path, target }) => ['--symlink', target, path]),
    ...[...host.rootFolders, ...host.etc.shown].flatMap(readOnly),
    ...host.etc.emptyFolders.flatMap((path) => ['--ro-bind', `${etc}/${emptyFolder}`, path]),
    ...host.etc.emptyFiles.flatMap((path) => ['--ro-bind', `${etc}/${emptyFile}`, path]),
    ...ownEtc.flatMap((name) => ['--ro-bind', `${etc}/${name}`, `/etc/${name}`]),
    // Kernel settings are the host's, and open for writing to the user that owns them.
    ...option('--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys', '--dev', '/dev'),
    ...memory(shmBytes, '/dev/shm'),
    ...memory(limits.tmpBytes, '/tmp'),
    ...(home === null ? memory(limits.tmpBytes, agentHome) : ['--bind', home, agentHome]),
    ...readable.flatMap(readOnly),
  ];
}

function workspaceMounts({ workspace, pins, maskedSockets }: BubblewrapPlan): string[] {
  const inside = (path: string): string => posix.join(sandboxRoot, path);
  const outside = (path: string): string => posix.join(workspace, path);
  return [
    ...option('--bind', workspace, sandboxRoot),
    ...pins.pinned.flatMap((path) => ['--bind', outside(path), inside(path)]),
    ...pins.readOnly.flatMap((path) => ['--ro-bind', outside(path), inside(path)]),
    ...maskedSockets.flatMap((path) => ['--ro-bind', '/dev/null', inside(path)]),
  ];
}

function environment({ toolchains, egressSocket }: BubblewrapPlan): Record<string, string> {
  return minimalEnvironment({
    toolchains,
    home: agentHome,
    proxyPort: egressSocket === null ? null : sandboxProxyPort,
  });
}
