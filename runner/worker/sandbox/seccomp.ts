/** The processors that a filter can be made for, as `process.arch` names them. */
export type FilterArchitecture = 'x64' | 'arm64';

interface CallNumbers {
  /** AUDIT_ARCH_* of linux/audit.h. */
  readonly audit: number;
  readonly socket: number;
  readonly socketpair: number;
  readonly clone: number;
  readonly unshare: number;
  readonly clone3: number;
  readonly ioUring: readonly number[];
  readonly denied: readonly number[];
}

/** Calls with one number everywhere: open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, pidfd_getfd, mount_setattr, quotactl_fd. */
const DENIED_EVERYWHERE = [428, 429, 430, 431, 432, 433, 438, 442, 443];

/** Numbers are those of the kernel's asm/unistd_64.h (x64) and asm-generic/unistd.h (arm64). */
const CALLS: Record<FilterArchitecture, CallNumbers> = {
  x64: {
    audit: 0xc000003e,
    socket: 41,
    socketpair: 53,
    clone: 56,
    unshare: 272,
    clone3: 435,
    ioUring: [425, 426, 427],
    denied: [
      // ptrace, syslog, vhangup, modify_ldt, pivot_root, chroot, acct, settimeofday, mount, umount2, swapon, swapoff
      101,
      103,
      153,
      154,
      155,
      161,
      163,
      164,
      165,
      166,
      167,
      168,
      // reboot, sethostname, setdomainname, iopl, ioperm, init_module, delete_module, quotactl, nfsservctl, lookup_dcookie
      169,
      170,
      171,
      172,
      173,
      175,
      176,
      179,
      180,
      212,
      // clock_settime, kexec_load, add_key, request_key, keyctl, perf_event_open, fanotify_init
      227,
      246,
      248,
      249,
      250,
      298,
      300,
      // name_to_handle_at, open_by_handle_at, setns, process_vm_readv, process_vm_writev, kcmp, finit_module
      303,
      304,
      308,
      310,
      311,
      312,
      313,
      // kexec_file_load, bpf, userfaultfd
      320,
      321,
      323,
      ...DENIED_EVERYWHERE,
    ],
  },
  arm64: {
    audit: 0xc00000b7,
    socket: 198,
    socketpair: 199,
    clone: 220,
    unshare: 97,
    clone3: 435,
    ioUring: [425, 426, 427],
    denied: [
      // lookup_dcookie, umount2, mount, pivot_root, nfsservctl, chroot, vhangup, quotactl, acct, kexec_load
      18,
      39,
      40,
      41,
      42,
      51,
      58,
      60,
      89,
      104,
      // init_module, delete_module, clock_settime, syslog, ptrace, reboot, sethostname, setdomainname, settimeofday
      105,
      106,
      112,
      116,
      117,
      142,
      161,
      162,
      170,
      // add_key, request_key, keyctl, swapon, swapoff, perf_event_open, fanotify_init
      217,
      218,
      219,
      224,
      225,
      241,
      262,
      // name_to_handle_at, open_by_handle_at, setns, process_vm_readv, process_vm_writev, kcmp, finit_module
      264,
      265,
      268,
      270,
      271,
      272,
      273,
      // bpf, userfaultfd, kexec_file_load
      280,
      282,
      294,
      ...DENIED_EVERYWHERE,
    ],
  },
};

/** CLONE_NEW* of linux/sched.h that clone takes: mount, control group, host name, IPC, user, process, network. */
const NEW_NAMESPACE = 0x7e020000;

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
/** Default, ICMP, TCP, UDP, ICMPv6: any other protocol makes the kernel load a module for whoever asks. */
const INTERNET_PROTOCOLS = [0, 1, 6, 17, 58];

const RET_ALLOW = 0x7fff0000;
const RET_KILL_PROCESS = 0x80000000;
const refuse = (errno: number): number => 0x00050000 | errno;
const EPERM = refuse(1);
const ENOSYS = refuse(38);
const EPROTONOSUPPORT = refuse(93);
const EAFNOSUPPORT = refuse(97);

/** x32 calls carry this bit under the x64 audit number, and would pass by every comparison below. */
const X32_BIT = 0x40000000;

/** Offsets in struct seccomp_data; arguments are 64 bits wide, and `int` arguments lie in the low half. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const FIRST_ARGUMENT = 16;
const THIRD_ARGUMENT = 32;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];
const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const skipIf = (value: number, count: number): Instruction => [0x15, count, 0, value];
const skipUnless = (value: number, count: number): Instruction => [0x15, 0, count, value];
const skipUnlessAny = (bits: number, count: number): Instruction => [0x45, 0, count, bits];
const end = (verdict: number): Instruction => [0x06, 0, 0, verdict];
const endIf = (value: number, verdict: number): Instruction[] => [skipUnless(value, 1), end(verdict)];

function socketRules(): Instruction[] {
  const internet = [
    load(THIRD_ARGUMENT),
    ...INTERNET_PROTOCOLS.flatMap((protocol) => endIf(protocol, RET_ALLOW)),
    end(EPROTONOSUPPORT),
  ];
  const netlink = [load(THIRD_ARGUMENT), ...endIf(NETLINK_ROUTE, RET_ALLOW), end(EPROTONOSUPPORT)];
  return [
    load(FIRST_ARGUMENT),
    ...endIf(AF_UNIX, RET_ALLOW),
    skipUnless(AF_NETLINK, netlink.length),
    ...netlink,
    skipIf(AF_INET, 1),
    skipUnless(AF_INET6, internet.length),
    ...internet,
    end(EAFNOSUPPORT),
  ];
}

/** For a sandbox that is no namespace of its own, where nothing else forbids its commands to make some. */
const namespaceRules = ({ clone, unshare }: CallNumbers): Instruction[] => [
  ...endIf(unshare, EPERM),
  skipUnless(clone, 4),
  load(FIRST_ARGUMENT),
  skipUnlessAny(NEW_NAMESPACE, 1),
  end(EPERM),
  end(RET_ALLOW),
];

/**
 * A seccomp program, as `bwrap --seccomp FD` and the kernel take it: an array of struct sock_filter, little endian, 8 bytes each.
 * It refuses what no build or test needs and what has opened kernels before: other socket families and protocols, keys, bpf,
 * ptrace, mounts, handles, modules, clocks. io_uring and clone3 look absent (ENOSYS), so that programs fall back.
 * A call in another processor mode (32 bits) kills its process.
 */
export function seccompFilter(
  architecture: FilterArchitecture,
  namespaces: 'allowed' | 'refused' = 'allowed',
): Uint8Array<ArrayBuffer> {
  const calls = CALLS[architecture];
  const sockets = socketRules();
  const program: Instruction[] = [
    load(ARCHITECTURE),
    skipIf(calls.audit, 1),
    end(RET_KILL_PROCESS),
    load(NUMBER),
    ...(architecture === 'x64' ? ([[0x35, 0, 1, X32_BIT], end(ENOSYS)] satisfies Instruction[]) : []),
    ...calls.denied.flatMap((call) => endIf(call, EPERM)),
    ...[...calls.ioUring, calls.clone3].flatMap((call) => endIf(call, ENOSYS)),
    ...(namespaces === 'refused' ? namespaceRules(calls) : []),
    skipIf(calls.socket, 1),
    skipUnless(calls.socketpair, sockets.length),
    ...sockets,
    end(RET_ALLOW),
  ];
  return encode(program);
}

function encode(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  for (const [index, [code, jumpTrue, jumpFalse, operand]] of program.entries()) {
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, jumpTrue);
    bytes.setUint8(index * 8 + 3, jumpFalse);
    bytes.setUint32(index * 8 + 4, operand >>> 0, true);
  }
  return new Uint8Array(bytes.buffer);
}
