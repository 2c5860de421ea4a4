import { writeFile } from 'node:fs/promises';
import { refused, type SandboxRefusal } from './sandbox.ts';
import { allowedCalls, deniedCalls, judgedCalls, type FilterArchitecture } from './system-calls.ts';

/** AUDIT_ARCH_* of linux/audit.h. */
const audit: Record<FilterArchitecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** CLONE_NEW* of linux/sched.h that clone takes: mount, control group, host name, IPC, user, process, network. */
const newNamespace = 0x7e020000;

const afUnix = 1;
const afInet = 2;
const afInet6 = 10;
const afNetlink = 16;
const netlinkRoute = 0;
/** Default, ICMP, TCP, UDP, ICMPv6: any other protocol makes the kernel load a module for whoever asks. */
const internetProtocols = [0, 1, 6, 17, 58];

const retAllow = 0x7fff0000;
const retKillProcess = 0x80000000;
const refuse = (errno: number): number => 0x00050000 | errno;
const EPERM = refuse(1);
const EINVAL = refuse(22);
const ENOSYS = refuse(38);
const EPROTONOSUPPORT = refuse(93);
const EAFNOSUPPORT = refuse(97);

/** Bytes. */
const largestSegment = 1024 * 1024;
/** A jump's length has 8 bits. */
const farthestJump = 255;

/** Offsets in struct seccomp_data; arguments are 64 bits wide, and `int` arguments lie in the low half. */
const numberAt = 0;
const architectureAt = 4;
const firstArgument = 16;
const secondArgument = 24;
const thirdArgument = 32;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];
const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const skipIf = (value: number, count: number): Instruction => [0x15, count, 0, value];
const skipUnless = (value: number, count: number): Instruction => [0x15, 0, count, value];
const skipUnder = (value: number, count: number): Instruction => [0x35, 0, count, value];
const skipUnlessAny = (bits: number, count: number): Instruction => [0x45, 0, count, bits];
const end = (verdict: number): Instruction => [0x06, 0, 0, verdict];
const endIf = (value: number, verdict: number): Instruction[] => [skipUnless(value, 1), end(verdict)];

function socketRules(): Instruction[] {
  const internet = [
    load(thirdArgument),
    ...internetProtocols.flatMap((protocol) => endIf(protocol, retAllow)),
    end(EPROTONOSUPPORT),
  ];
  const netlink = [load(thirdArgument), ...endIf(netlinkRoute, retAllow), end(EPROTONOSUPPORT)];
  return [
    load(firstArgument),
    ...endIf(afUnix, retAllow),
    skipUnless(afNetlink, netlink.length),
    ...netlink,
    skipIf(afInet, 1),
    skipUnless(afInet6, internet.length),
    ...internet,
    end(EAFNOSUPPORT),
  ];
}

const namespaceRules: readonly Instruction[] = [
  load(firstArgument),
  skipUnlessAny(newNamespace, 1),
  end(EPERM),
  end(retAllow),
];

/**
 * Segments of System V memory stay when nobody maps them, so that what is counted of processes misses them. Databases take one of 56 bytes,
 * as a lock. The size has 64 bits.
 */
const sharedMemoryRules: readonly Instruction[] = [
  load(secondArgument + 4),
  skipUnless(0, 2),
  load(secondArgument),
  skipUnder(largestSegment + 1, 1),
  end(EINVAL),
  end(retAllow),
];

/** Linux as it is, for 32 bits, as 2.6, and a look at what is set: as container runtimes allow. Sanitizers and debuggers turn off random addresses. */
const personalities = [0, 0x8, 0x20000, 0x20008, 0x40000, 0xffffffff];
const personalityRules: readonly Instruction[] = [
  load(firstArgument),
  ...personalities.flatMap((persona) => endIf(persona, retAllow)),
  end(EPERM),
];

const judgments: Readonly<Record<keyof typeof judgedCalls, readonly Instruction[]>> = {
  socket: socketRules(),
  socketpair: socketRules(),
  clone: namespaceRules,
  shmget: sharedMemoryRules,
  personality: personalityRules,
};

/** All numbers from `from` up to the next span's. Each list of instructions comes to an end. */
interface Span {
  readonly from: number;
  readonly rules: readonly Instruction[];
}

const absent = [end(ENOSYS)];

function spansOf(architecture: FilterArchitecture): readonly Span[] {
  const rules = new Map<number, readonly Instruction[]>();
  const add = (number: number | null, what: readonly Instruction[]): void => {
    if (number !== null) rules.set(number, what);
  };
  const allow = [end(retAllow)];
  const deny = [end(EPERM)];
  for (const call of allowedCalls.values()) add(call[architecture], allow);
  for (const call of deniedCalls.values()) add(call[architecture], deny);
  for (const [name, judgment] of Object.entries(judgments))
    add(judgedCalls[name as keyof typeof judgedCalls][architecture], judgment); // safe: it is a key of JUDGMENTS
  const spans: Span[] = [];
  const begin = (from: number, what: readonly Instruction[]): void => {
    if (spans.at(-1)?.rules !== what) spans.push({ from, rules: what });
  };
  let next = 0;
  for (const [number, what] of [...rules].sort(([one], [other]) => one - other)) {
    if (number > next) begin(next, absent);
    begin(number, what);
    next = number + 1;
  }
  begin(next, absent);
  return spans;
}

/** By halves, so that no call is compared with hundreds of others. */
function search(spans: readonly Span[]): readonly Instruction[] {
  const half = spans.length >> 1;
  const middle = spans[half];
  if (half === 0 || middle === undefined) return spans[0]?.rules ?? absent;
  const lower = search(spans.slice(0, half));
  if (lower.length > farthestJump) throw new Error('the system call filter has become too long for its jumps');
  return [[0x35, lower.length, 0, middle.from], ...lower, ...search(spans.slice(half))];
}

/**
 * A seccomp program, as `bwrap --seccomp FD` and the kernel take it: an array of struct sock_filter, little endian, 8 bytes each.
 * It allows what builds and tests call, and no namespace of their own; other socket families and protocols, keys, bpf, ptrace, mounts,
 * handles, modules and clocks are refused. What it does not know looks absent (ENOSYS), so that programs fall back: clone3, io_uring,
 * the calls of kernels to come. A call in another processor mode (32 bits) kills its process. @internal
 */
export function seccompFilter(architecture: FilterArchitecture): Uint8Array<ArrayBuffer> {
  return encode([
    load(architectureAt),
    skipIf(audit[architecture], 1),
    end(retKillProcess),
    load(numberAt),
    // x32 calls carry a bit far above all numbers, so that they look absent.
    ...search(spansOf(architecture)),
  ]);
}

/** A file with the filter for this machine; refuses on a processor that there is none for. */
export async function writeFilter(
  file: string,
): Promise<{ readonly architecture: FilterArchitecture } | SandboxRefusal> {
  const { arch: architecture } = process;
  if (architecture !== 'x64' && architecture !== 'arm64')
    return refused(`there is no system call filter for ${architecture}`, 'run the worker on x64 or arm64');
  await writeFile(file, seccompFilter(architecture), { mode: 0o644 });
  return { architecture };
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
