import { describe, expect, test } from 'vitest';
import { seccompFilter } from './seccomp.ts';
import { allowedCalls, deniedCalls, judgedCalls, type FilterArchitecture } from './system-calls.ts';

interface Call {
  readonly audit: number;
  readonly number: number;
  /** Their low halves. */
  readonly arguments?: readonly number[];
  readonly high?: readonly number[];
}

const auditNumbers = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** Runs a program as the kernel does: the few instructions that the generator uses, anything else is an error. */
function run(program: Uint8Array<ArrayBuffer>, call: Call): { readonly verdict: string; readonly steps: number } {
  const view = new DataView(program.buffer);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.audit, true);
  for (const [index, value] of (call.arguments ?? []).entries()) data.setUint32(16 + 8 * index, value, true);
  for (const [index, value] of (call.high ?? []).entries()) data.setUint32(20 + 8 * index, value, true);
  let accumulator = 0;
  let steps = 0;
  for (let at = 0; at < program.length; at += 8) {
    steps += 1;
    const code = view.getUint16(at, true);
    const operand = view.getUint32(at + 4, true);
    const jump = (taken: boolean): void => void (at += 8 * view.getUint8(at + (taken ? 2 : 3)));
    if (code === 0x20) accumulator = data.getUint32(operand, true);
    else if (code === 0x15) jump(accumulator === operand);
    else if (code === 0x35) jump(accumulator >= operand);
    else if (code === 0x45) jump((accumulator & operand) !== 0);
    else if (code === 0x06) return { verdict: names[operand] ?? operand.toString(16), steps };
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error('the program does not end');
}

const verdict = (program: Uint8Array<ArrayBuffer>, call: Call): string => run(program, call).verdict;
const steps = (program: Uint8Array<ArrayBuffer>, audit: number, number: number): number =>
  run(program, { audit, number }).steps;

const names: Readonly<Record<number, string>> = {
  0x7fff0000: 'allow',
  0x80000000: 'kill',
  0x50001: 'EPERM',
  0x50016: 'EINVAL',
  0x50026: 'ENOSYS',
  0x5005d: 'EPROTONOSUPPORT',
  0x50061: 'EAFNOSUPPORT',
};

/** Calls of which each kind of program makes some: a verdict for each, by name, on both processors. */
const verdictNames = {
  read: 'allow',
  openat: 'allow',
  execve: 'allow',
  bind: 'allow',
  connect: 'allow',
  futex: 'allow',
  rseq: 'allow',
  memfd_create: 'allow',
  ptrace: 'EPERM',
  mount: 'EPERM',
  umount2: 'EPERM',
  pivot_root: 'EPERM',
  chroot: 'EPERM',
  setns: 'EPERM',
  unshare: 'EPERM',
  bpf: 'EPERM',
  keyctl: 'EPERM',
  perf_event_open: 'EPERM',
  userfaultfd: 'EPERM',
  init_module: 'EPERM',
  finit_module: 'EPERM',
  kexec_load: 'EPERM',
  open_by_handle_at: 'EPERM',
  process_vm_writev: 'EPERM',
  syslog: 'EPERM',
  open_tree: 'EPERM',
  mount_setattr: 'EPERM',
  pidfd_getfd: 'EPERM',
} as const;

describe.each<FilterArchitecture>(['x64', 'arm64'])('the filter for %s', (architecture) => {
  const program = seccompFilter(architecture);
  const on = (number: number, ...list: number[]): string =>
    verdict(program, { audit: auditNumbers[architecture], number, arguments: list });
  const numberOf = (name: string): number =>
    (
      allowedCalls.get(name) ??
      deniedCalls.get(name) ??
      Object.entries(judgedCalls).find(([judged]) => judged === name)?.[1]
    )?.[architecture] ?? expect.fail(`${name} has no number`);

  test('allows what builds need, and refuses what opens kernels', () => {
    const verdicts = Object.fromEntries(Object.keys(verdictNames).map((name) => [name, on(numberOf(name))]));
    expect(verdicts).toEqual(verdictNames);
  });

  test('has one verdict for every number: that of its list, and absent where it is in none', () => {
    const expected = new Map<number, string>();
    for (const [calls, word] of [
      [allowedCalls, 'allow'],
      [deniedCalls, 'EPERM'],
    ] as const)
      for (const [name, { [architecture]: number }] of calls) {
        if (number === null) continue;
        expect(expected.has(number), `${name} is listed twice`).toBe(false);
        expected.set(number, word);
      }
    const judged: readonly number[] = Object.values(judgedCalls).map((numbers) => numbers[architecture]);
    expect(judged.filter((number) => expected.has(number))).toEqual([]);
    const wrong = Array.from({ length: 1100 }, (_, number) => number)
      .filter((number) => !judged.includes(number))
      .filter((number) => on(number) !== (expected.get(number) ?? 'ENOSYS'));
    expect(wrong).toEqual([]);
    expect([425, 426, 427, 435, 470, 512, 0x7fffffff, 0xffffffff].map((number) => on(number))).toEqual(
      Array.from({ length: 8 }, () => 'ENOSYS'),
    );
  });

  test('compares a call with a dozen numbers at most', () => {
    expect(
      Math.max(...Array.from({ length: 500 }, (_, number) => steps(program, auditNumbers[architecture], number))),
    ).toBeLessThan(30);
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

  test('lets processes and threads begin, and no namespace', () => {
    const clone = numberOf('clone');
    const threads = 0x3d0f00;
    const kinds = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];
    expect(kinds.map((kind) => on(clone, threads | kind))).toEqual(kinds.map(() => 'EPERM'));
    expect([on(clone, threads), on(clone, 17)]).toEqual(['allow', 'allow']);
  });

  test.each([
    [56, 0, 'allow'],
    [1024 * 1024, 0, 'allow'],
    [1024 * 1024 + 1, 0, 'EINVAL'],
    [0xffffffff, 0, 'EINVAL'],
    [0, 1, 'EINVAL'],
  ])('judges a segment of shared memory by all of its size: %i and %i times 4 GiB', (low, high, expected) => {
    const data = {
      audit: auditNumbers[architecture],
      number: numberOf('shmget'),
      arguments: [0, low],
      high: [0, high],
    };
    expect(verdict(program, data)).toBe(expected);
  });

  test.each([
    [0, 'allow'],
    [0x40000, 'allow'],
    [0xffffffff, 'allow'],
    [0x400000, 'EPERM'],
    [0x40001, 'EPERM'],
  ])('judges personality %i', (persona, expected) => {
    expect(on(numberOf('personality'), persona)).toBe(expected);
  });

  test('kills a process that calls in another mode of the processor', () => {
    expect(verdict(program, { audit: 0x40000003, number: 102 })).toBe('kill');
  });
});

test('the second set of call numbers of x64 is closed', () => {
  expect(verdict(seccompFilter('x64'), { audit: auditNumbers.x64, number: 0x40000000 + 59 })).toBe('ENOSYS');
});
