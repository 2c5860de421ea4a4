import { confinedShell, minimalEnvironment, sandboxProxyPort } from '../confined-shell.ts';
import type { SandboxCommand, SandboxLimits } from '../sandbox.ts';
import type { FilterArchitecture } from '../system-calls.ts';

/** Programs of the container that confine a command, by their Debian packages. */
export const containerPrograms = {
  unshare: 'util-linux',
  setpriv: 'util-linux',
  prlimit: 'util-linux',
  perl: 'perl',
  socat: 'socat',
} as const;
export type ContainerPrograms = Readonly<Record<keyof typeof containerPrograms, string>>;

export interface ContainerPlan {
  readonly programs: ContainerPrograms;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly architecture: FilterArchitecture;
  /** Absolute path of the system call filter; readable by the user. */
  readonly filter: string;
  /** The workspace, as commands call it. */
  readonly root: string;
  readonly home: string;
  readonly temporary: string;
  readonly toolchains: readonly string[];
  readonly limits: SandboxLimits;
  /**
   * `cut`: a network namespace of its own, with a way out if there is the name of a proxy's socket, in the folder where the first program starts.
   * `shared`: the container's, and the port of a proxy on its loopback.
   */
  readonly network:
    | { readonly kind: 'cut'; readonly socket: string | null }
    | { readonly kind: 'shared'; readonly proxyPort: number };
  readonly command: Pick<SandboxCommand, 'argv'>;
}

/** SIOCSIFFLAGS (0x8914) with IFF_UP and IFF_RUNNING on `lo`: a new network namespace has it down, and iproute2 may not be there. */
const loopbackUp =
  'my ($s, $up) = (undef, pack("a16 S x22", "lo", 0x41)); socket($s, 2, 2, 0) && ioctl($s, 0x8914, $up) or die "loopback: $!\\n"; exec { $ARGV[0] } @ARGV or die "exec: $!\\n"';

/** prctl, by its number, with PR_SET_SECCOMP (22), SECCOMP_MODE_FILTER (2) and a struct sock_fprog. */
const filter =
  'my ($prctl, $path) = splice(@ARGV, 0, 2); open(my $in, "<:raw", $path) or die "filter: $!\\n"; local $/; my $program = <$in>; close $in; ' +
  'my $all = pack("S x![P] P", length($program) / 8, $program); ' +
  'syscall($prctl, 22, 2, $all) == 0 or die "seccomp: $!\\n"; exec { $ARGV[0] } @ARGV or die "exec: $!\\n"';

const prctl: Record<FilterArchitecture, number> = { x64: 157, arm64: 167 };

/** Program and arguments of one command, to be started as root with an environment of its own. From `setpriv` on it is nobody's but the command's user. */
export function containerArguments(plan: ContainerPlan): readonly [string, ...string[]] {
  const { programs, user, command, network } = plan;
  const alone = [programs.unshare, '--net', '--', programs.perl, '-e', loopbackUp, '--'];
  const [first, ...rest] = [
    ...(network.kind === 'cut' ? alone : []),
    programs.setpriv,
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--no-new-privs',
    '--pdeathsig=KILL',
    '--',
    programs.perl,
    '-e',
    filter,
    '--',
    String(prctl[plan.architecture]),
    plan.filter,
    ...confinedShell({
      command,
      cwd: plan.root,
      limits: plan.limits,
      prlimit: programs.prlimit,
      before: ['/usr/bin/env', '-i', ...variables(plan)],
      egress:
        network.kind === 'shared' || network.socket === null ? null : { socat: programs.socat, socket: network.socket },
    }),
  ];
  return [first ?? programs.setpriv, ...rest];
}

const variables = ({ root, home, temporary, toolchains, network }: ContainerPlan): string[] => {
  const proxyPort = network.kind === 'shared' ? network.proxyPort : network.socket === null ? null : sandboxProxyPort;
  const all = {
    ...minimalEnvironment({ toolchains, home, proxyPort }),
    TMPDIR: temporary,
    // So that a shell calls the folder as it was named, and not by where its link leads.
    PWD: root,
  };
  return Object.entries(all).map(([name, value]) => `${name}=${value}`);
};
