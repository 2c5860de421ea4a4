import { describe, expect, test } from 'vitest';
import { seccompFilter, type FilterArchitecture } from './seccomp.ts';

interface Call {
  readonly audit: number;
  readonly number: number;
  readonly arguments?: readonly number[];
}

const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** Runs a program as the kernel does: the few instructions that the generator uses, anything else is an error. */
function verdict(program: Uint8Array<ArrayBuffer>, call: Call): string {
  const view = new DataView(program.buffer);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.audit, true);
  for (const [index, value] of (call.arguments ?? []).entries()) data.setUint32(16 + 8 * index, value, true);
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const code = view.getUint16(at, true);
    const operand = view.getUint32(at + 4, true);
    const jump = (taken: boolean): void => void (at += 8 * view.getUint8(at + (taken ? 2 : 3)));
    if (code === 0x20) accumulator = data.getUint32(operand, true);
    else if (code === 0x15) jump(accumulator === operand);
    else if (code === 0x35) jump(accumulator >= operand);
    else if (code === 0x45) jump((accumulator & operand) !== 0);
    else if (code === 0x06) return NAMES[operand] ?? operand.toString(16);
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error('the program does not end');
}

const NAMES: Readonly<Record<number, string>> = {
  0x7fff0000: 'allow',
  0x80000000: 'kill',
  0x50001: 'EPERM',
  0x50026: 'ENOSYS',
  0x5005d: 'EPROTONOSUPPORT',
  0x50061: 'EAFNOSUPPORT',
};

/** Numbers of the same calls on both processors. */
const NUMBERS = {
  read: { x64: 0, arm64: 63 },
  execve: { x64: 59, arm64: 221 },
  clone: { x64: 56, arm64: 220 },
  bind: { x64: 49, arm64: 200 },
  connect: { x64: 42, arm64: 203 },
  ptrace: { x64: 101, arm64: 117 },
  mount: { x64: 165, arm64: 40 },
  umount2: { x64: 166, arm64: 39 },
  pivot_root: { x64: 155, arm64: 41 },
  chroot: { x64: 161, arm64: 51 },
  setns: { x64: 308, arm64: 268 },
  bpf: { x64: 321, arm64: 280 },
  keyctl: { x64: 250, arm64: 219 },
  perf_event_open: { x64: 298, arm64: 241 },
  userfaultfd: { x64: 323, arm64: 282 },
  init_module: { x64: 175, arm64: 105 },
  finit_module: { x64: 313, arm64: 273 },
  kexec_load: { x64: 246, arm64: 104 },
  open_by_handle_at: { x64: 304, arm64: 265 },
  process_vm_writev: { x64: 311, arm64: 271 },
  syslog: { x64: 103, arm64: 116 },
  open_tree: { x64: 428, arm64: 428 },
  mount_setattr: { x64: 442, arm64: 442 },
  pidfd_getfd: { x64: 438, arm64: 438 },
  io_uring_setup: { x64: 425, arm64: 425 },
  clone3: { x64: 435, arm64: 435 },
} as const;

const OPEN = new Set(['read', 'execve', 'clone', 'bind', 'connect']);
const ABSENT = new Set(['io_uring_setup', 'clone3']);

describe.each<FilterArchitecture>(['x64', 'arm64'])('the filter for %s', (architecture) => {
  const program = seccompFilter(architecture);
  const on = (number: number, ...list: number[]): string =>
    verdict(program, { audit: AUDIT[architecture], number, arguments: list });

  test('refuses what opens kernels, hides what programs do without, and allows the rest', () => {
    const verdicts = Object.entries(NUMBERS).map(([name, number]) => [name, on(number[architecture])]);
    const expected = Object.keys(NUMBERS).map((name) => [
      name,
      OPEN.has(name) ? 'allow' : ABSENT.has(name) ? 'ENOSYS' : 'EPERM',
    ]);
    expect(verdicts).toEqual(expected);
  });

  const socket = { x64: 41, arm64: 198 }[architecture];
  test.each([
    ['unix stream', [1, 1, 0], 'allow'],
    ['TCP over IPv4', [2, 1, 0], 'allow'],
    ['TCP over IPv6, by number', [10, 1, 6], 'allow'],
    ['UDP', [2, 2, 17], 'allow'],
    ['netlink route', [16, 3, 0], 'allow'],
    ['netlink netfilter', [16, 3, 12], 'EPROTONOSUPPORT'],
    ['SCTP', [2, 1, 132], 'EPROTONOSUPPORT'],
    ['raw', [10, 3, 255], 'EPROTONOSUPPORT'],
    ['packet', [17, 3, 0], 'EAFNOSUPPORT'],
    ['vsock', [40, 1, 0], 'EAFNOSUPPORT'],
    ['kernel cryptography', [38, 5, 0], 'EAFNOSUPPORT'],
  ])('%s sockets', (_name, list, expected) => {
    expect(on(socket, ...list)).toBe(expected);
  });

  test('judges pairs of sockets like single ones', () => {
    const socketpair = { x64: 53, arm64: 199 }[architecture];
    expect([on(socketpair, 1, 1, 0), on(socketpair, 30, 1, 0)]).toEqual(['allow', 'EAFNOSUPPORT']);
  });

  test('refuses new namespaces where it is asked to', () => {
    const { clone, unshare } = { x64: { clone: 56, unshare: 272 }, arm64: { clone: 220, unshare: 97 } }[architecture];
    const strict = seccompFilter(architecture, 'refused');
    const threads = 0x3d0f00;
    const kinds = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];
    const judge = (filter: typeof strict, number: number, flags: number): string =>
      verdict(filter, { audit: AUDIT[architecture], number, arguments: [flags] });
    expect(kinds.map((kind) => judge(strict, clone, threads | kind))).toEqual(kinds.map(() => 'EPERM'));
    expect([judge(strict, clone, threads), judge(strict, unshare, 0), on(unshare, 0), on(clone, 0x10000000)]).toEqual([
      'allow',
      'EPERM',
      'allow',
      'allow',
    ]);
  });

  test('kills a process that calls in another mode of the processor', () => {
    expect(verdict(program, { audit: 0x40000003, number: 102 })).toBe('kill');
  });
});

test('the second set of call numbers of x64 is closed', () => {
  expect(verdict(seccompFilter('x64'), { audit: AUDIT.x64, number: 0x40000000 + 59 })).toBe('ENOSYS');
});
