import { copyFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What Docker leaves root in a container: no CAP_SYS_ADMIN, so no namespaces. */
const docker =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map((name) => `CAP_${name}`);

export interface ContainerOptions {
  /** A folder of the test: what the container changes of its own is there. */
  readonly own: string;
  /** Whether root in it may make namespaces, as on a machine of one's own. */
  readonly namespaces: boolean;
  /** Whether its processes are listed with the host's, so that a test can find them by their numbers; by default they are not. */
  readonly sharesProcesses?: boolean;
  /** More folders of the host that it has, at the same path; of /tmp it has nothing else. */
  readonly folders: readonly string[];
  /** Files to put into it, by their path there: host paths. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Where this Node lies, which may be below /tmp. */
const toolchain = join(process.execPath, '../..');

/** The folders on the way to one, from the top. */
const above = (folder: string): string[] => {
  const parent = dirname(folder);
  return parent === '/' ? [] : [...above(parent), parent];
};

/** Words that start a program in a container of its own, as its root: a file system in memory over this machine's programs, and a process list of its own. */
export const inContainer = ({
  own,
  namespaces,
  folders,
  files = {},
  sharesProcesses = false,
}: ContainerOptions): readonly string[] => {
  copyFileSync('/etc/passwd', join(own, 'passwd'));
  return [
    'bwrap',
    '--die-with-parent',
    ...(sharesProcesses ? [] : ['--unshare-pid']),
    ...'--unshare-ipc --unshare-uts --cap-drop ALL'.split(' '),
    ...[...docker, ...(namespaces ? ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN'] : [])].flatMap((name) => ['--cap-add', name]),
    ...readdirSync('/', { withFileTypes: true })
      .filter((entry) => !['proc', 'dev', 'run', 'tmp', 'workspace'].includes(entry.name) && !entry.isFile())
      .flatMap(({ name }) => ['--ro-bind', `/${name}`, `/${name}`]),
    ...'--proc /proc --dev /dev --tmpfs /run'.split(' '),
    ...['/tmp', '/var/tmp'].flatMap((folder) => ['--perms', '1777', '--tmpfs', folder]),
    ...[...new Set([...folders, own, toolchain, ...Object.keys(files)].flatMap(above))].flatMap((folder) => [
      '--perms',
      '0755',
      '--dir',
      folder,
    ]),
    '--ro-bind',
    toolchain,
    toolchain,
    ...[...folders, own].flatMap((folder) => ['--bind', folder, folder]),
    '--bind',
    join(own, 'passwd'),
    '/etc/passwd',
    ...Object.entries(files).flatMap(([path, source]) => ['--ro-bind', source, path]),
    '--',
  ];
};

/** Attacks that get through where a container is all that there is, by what of `leftOpen` says so. */
export const notStopped = (network: 'cut' | 'open'): ReadonlyMap<string, RegExp> =>
  new Map([
    ['a command plants no git hook', /\.git/],
    ['a command changes no git configuration', /\.git/],
    ['a command names no filter in git attributes', /\.git/],
    ['a command cannot swap .git for another', /\.git/],
    ['a command cannot send git to a configuration elsewhere', /\.git/],
    ['a command reads no passwords', /every user/],
    ['a command learns from /etc neither which machine this is nor what it keeps there for itself', /every user/],
    ['a command reaches no control group', /every user/],
    ['a command reaches no unix socket of the host inside the workspace', /every user/],
    ['temporary folders take no more than the permitted size', /temporary files/],
    // The socket of the proxy lies elsewhere, where only root can remove it.
    ['the way to the proxy can be neither replaced nor used for another protocol', /^/],
    ...(network === 'cut' ? [] : ofTheNetwork),
  ]);

const ofTheNetwork: readonly [string, RegExp][] = [
  'a command reaches no listener on loopback of the host',
  'a command reaches no address of the host',
  'a command sends no datagram, not even to a name server',
  'without network there is no interface but loopback',
  'a command reaches no abstract socket of the host',
  "an allowed host's address is reached neither through the proxy nor past it",
].map((name) => [name, /network/]);
