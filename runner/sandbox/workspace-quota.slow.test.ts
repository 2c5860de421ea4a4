import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Held } from './open-files.ts';
import { WorkspaceQuota, type Lookout } from './workspace-quota.ts';

const mib = 1024 * 1024;
const limits = {
  memoryBytes: 0,
  processes: 0,
  tmpBytes: 0,
  fileBytes: 4 * mib,
  workspaceBytes: 10 * mib,
};

const folder = async (): Promise<AsyncDisposable & { readonly path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'quota-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

const nothing: Held = { disk: 0, memory: 0, hidden: { mapped: 0, more: false } };

describe('a look at a workspace', () => {
  const mapped = (count: number): Held => ({ ...nothing, hidden: { mapped: count, more: false } });
  const more: Held = { ...nothing, hidden: { mapped: 0, more: true } };

  test.each<{ name: string; held: Held[]; lostMib: number; exceeded: boolean }>([
    { name: 'others fill the disk, and nothing is hidden', held: [nothing], lostMib: 900, exceeded: false },
    { name: 'others fill the disk, and too little is hidden', held: [mapped(2)], lostMib: 900, exceeded: false },
    {
      name: 'others fill the disk while files are handed from process to process',
      held: [more, more, nothing],
      lostMib: 900,
      exceeded: false,
    },
    { name: 'much could be hidden, and the disk has lost nothing', held: [mapped(9)], lostMib: 9, exceeded: false },
    { name: 'mapped files that make up what the disk has lost', held: [mapped(3)], lostMib: 11, exceeded: true },
    { name: 'files that stay on their way, and a disk that loses as much', held: [more], lostMib: 11, exceeded: true },
    {
      name: 'files that are taken from their way and are too large',
      held: [more, { ...nothing, disk: 11 * mib }],
      lostMib: 11,
      exceeded: true,
    },
    {
      name: 'files without a name that are too large, whatever the disk says',
      held: [{ ...nothing, disk: 11 * mib }],
      lostMib: 0,
      exceeded: true,
    },
  ])('$name: $exceeded', async ({ held, lostMib, exceeded }) => {
    await using workspace = await folder();
    let [looks, asked] = [0, 0];
    const lookout: Lookout = {
      bwrap: null,
      free: async () => (asked++ === 0 ? 1000 * mib : (1000 - lostMib) * mib),
      held: async () => held[Math.min(looks++, held.length - 1)]!,
    };
    const quota = new WorkspaceQuota({ workspace: workspace.path, home: null, limits }, lookout);
    expect(await quota.begin()).toBe(false);
    expect((await quota.look(async () => [])).exceeded).toBe(exceeded);
  });

  test('comes after each command too: what one left before anybody looked leaves no room for the next', async () => {
    await using workspace = await folder();
    const [quota, unasked] = [0, 1].map(
      () => new WorkspaceQuota({ workspace: workspace.path, home: null, limits }, { bwrap: null }),
    );
    await Promise.all([quota!.begin(), unasked!.begin()]);
    await writeFile(join(workspace.path, 'large'), Buffer.alloc(11 * mib, 1));
    expect(await quota!.end()).toBe(true);
    // The other one is not told of the end, and knows of nothing when the next command begins.
    expect([await quota!.begin(), await unasked!.begin()]).toEqual([true, false]);
  });

  test('goes by what is in the tree', async () => {
    await using workspace = await folder();
    const quota = new WorkspaceQuota({ workspace: workspace.path, home: null, limits }, { bwrap: null });
    await quota.begin();
    await writeFile(join(workspace.path, 'large'), Buffer.alloc(11 * mib, 1));
    expect((await quota.look(async () => [])).exceeded).toBe(true);
  });
});

/** Five files of 4 MiB without a name, held in one way, and what has just ended beside them. */
const holder = `import ctypes, os, socket, sys
held = []
def filled(n):
    f = os.open(f'gone.{n}', os.O_RDWR | os.O_CREAT); os.unlink(f'gone.{n}')
    os.write(f, bytes(4 * 1024 * 1024))
    return f
how, count = sys.argv[1], int(sys.argv[2])
ours, theirs = socket.socketpair()
for n in range(count):
    f = filled(n)
    if how == 'open': continue
    if how == 'mapped': ctypes.CDLL(None).mmap(None, ctypes.c_size_t(4096), 1, 1, f, ctypes.c_long(0))
    if how == 'sent': socket.send_fds(ours, [b'x'], [f])
    os.close(f)
if os.fork() == 0: os._exit(0)
os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
print('ready', flush=True)
sys.stdin.read()`;

describe.each(['open', 'mapped', 'sent'])('of a process whose files have no name and are %s', (how) => {
  /** `blind`: nobody looks at what processes hold. */
  const holding = async (count: number, besides: string, blind = false): Promise<boolean> => {
    await using workspace = await folder();
    await using elsewhere = await folder();
    let free = 1000 * mib;
    // What others write and remove at that moment must not decide.
    const lookout: Lookout = {
      bwrap: null,
      ...(besides === '0' ? { free: async () => free } : {}),
      ...(blind ? { held: async () => nothing } : {}),
    };
    const quota = new WorkspaceQuota({ workspace: workspace.path, home: null, limits }, lookout);
    await quota.begin();
    free -= count * limits.fileBytes;
    const child = spawn('python3', ['-c', holder, how, String(count)], {
      cwd: workspace.path,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    // Space that another program takes on the same file system.
    if (besides !== '0') execFileSync('fallocate', ['-l', besides, join(elsewhere.path, 'large')]);
    const children = execFileSync('ps', ['--ppid', String(child.pid), '-o', 'pid='])
      .toString()
      .trim()
      .split(/\s+/);
    const processes = [child.pid, ...children].map((pid) => `/proc/${pid}`);
    const { exceeded } = await quota.look(async () => processes);
    child.stdin.end();
    await ended;
    return exceeded;
  };

  test('too many are seen', async () => {
    expect(await holding(5, '0')).toBe(true);
  });

  test('any number gets past a quota that goes by what has a name', async () => {
    expect(await holding(5, '0', true)).toBe(false);
  });

  test('what another program writes is not taken for theirs', async () => {
    // Two on their way could be anything.
    expect(await holding(how === 'sent' ? 0 : 2, '400M')).toBe(false);
  });
});
