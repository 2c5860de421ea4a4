import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ControlGroups, findGroups, settingsOf, type GroupsFound } from './control-group.ts';

// Folders that look like the kernel's: what the kernel does with what is written there, no test of this file has seen.

interface Machine {
  /** As /proc/self/cgroup tells it; null: it has no cgroups v2. */
  readonly group: string | null;
  readonly controllers?: string;
  /** Whose parent is whose; they are in the group. */
  readonly processes?: Readonly<Record<number, number>>;
  readonly closed?: boolean;
}

const machine = async ({ group, controllers = 'cpu memory pids', processes = { 10: 1 }, closed = false }: Machine) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'groups-'));
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  };
  const mount = `30 20 0:26 / ${folder}/sys rw,nosuid shared:4 - cgroup2 cgroup2 rw\n`;
  await write('proc/self/mountinfo', `20 1 254:1 / / rw - ext4 /dev/x rw\n${group === null ? '' : mount}`);
  await write('proc/self/cgroup', `4:memory:/x\n0::${group ?? '/'}\n`);
  for (const [pid, parent] of Object.entries(processes)) await write(`proc/${pid}/status`, `PPid:\t${parent}\n`);
  const at = `sys${group ?? '/'}`;
  await write(`${at}/cgroup.controllers`, `${controllers}\n`);
  if (!closed) await write(`${at}/cgroup.subtree_control`, '');
  await write(
    `${at}/cgroup.procs`,
    Object.keys(processes)
      .map((pid) => `${pid}\n`)
      .join(''),
  );
  if (group !== '/') await write(`${at}/cgroup.type`, 'domain\n');
  return {
    folder,
    base: path.join(folder, at),
    read: (name: string) => readFile(path.join(folder, at, name), 'utf8'),
    find: (): Promise<GroupsFound> => findGroups({ proc: path.join(folder, 'proc'), pid: 10 }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};

const service = '/system.slice/longhaul.service';
const limits = { memoryBytes: 1000, processes: 7, tmpBytes: 10 };

describe('whether commands can have control groups', () => {
  test.each<Machine & { readonly reason: RegExp }>([
    { group: null, reason: /has no cgroups v2/ },
    { group: '/', reason: /of the whole machine/ },
    { group: '/user.slice/session-3.scope', reason: /of a login/ },
    { group: service, controllers: 'cpu io', reason: /neither memory nor processes/ },
    { group: service, closed: true, reason: /not its own to divide/ },
    { group: service, processes: { 10: 1, 11: 10, 12: 1 }, reason: /other programs are in its group/ },
  ])('$reason is told, with what to do', async ({ reason, ...is }) => {
    await using on = await machine(is);
    expect(await on.find()).toEqual({
      outcome: 'none',
      reason: expect.stringMatching(reason) as string,
      remedy: expect.stringContaining('Delegate=yes') as string,
    });
  });

  test('a group of its own is found, and nothing is changed by looking', async () => {
    await using on = await machine({ group: service, controllers: 'cpu pids', processes: { 10: 9, 9: 1, 11: 9 } });
    const before = await readdir(on.base);
    const own = path.join(on.base, 'longhaul-runner');
    expect(await on.find()).toEqual({ outcome: 'found', base: on.base, own, controllers: ['pids'] });
    expect(await readdir(on.base)).toEqual(before);
  });

  test('a worker whose runner has moved already finds the group above', async () => {
    await using on = await machine({ group: service, processes: {} });
    await writeFile(path.join(on.folder, 'proc/self/cgroup'), `0::${service}/longhaul-runner\n`);
    expect(await on.find()).toMatchObject({ outcome: 'found', base: on.base });
  });
});

describe('the control group of a command', () => {
  test('has the limits of the command, in a group whose own processes have made room', async () => {
    await using on = await machine({ group: service });
    const found = await on.find();
    if (found.outcome === 'none') throw new Error(found.reason);
    const groups = new ControlGroups(found, 'x');
    const [one, other] = [await groups.open(limits), await groups.open(limits)];
    expect([one === null, other === null]).toEqual([false, false]);
    expect(await on.read('cgroup.subtree_control')).toBe('+memory +pids');
    expect(await on.read('longhaul-runner/cgroup.procs')).toBe('10');
    const settings = settingsOf(limits, ['memory', 'pids']);
    for (const name of ['x-1', 'x-2'])
      for (const [file, value] of settings) expect(await on.read(`${name}/${file}`)).toBe(value);
    await writeFile(path.join(on.base, 'x-1/memory.events'), 'low 0\noom 1\noom_kill 2\n');
    expect([await one!.ranOutOfMemory(), await other!.ranOutOfMemory()]).toEqual([true, false]);
  });

  test('is done without where it cannot be made', async () => {
    const groups = new ControlGroups({
      outcome: 'found',
      base: '/nowhere',
      own: '/nowhere/own',
      controllers: ['pids'],
    });
    expect(await groups.open(limits)).toBeNull();
  });

  test('is limited in what the kernel can limit, with room for what is not the command’s', () => {
    expect(Object.fromEntries(settingsOf(limits, ['memory']))).toEqual({
      'memory.max': String(1000 + 20 + 128 * 1024 * 1024),
      'memory.oom.group': '1',
      'memory.swap.max': '0',
    });
    expect(Object.fromEntries(settingsOf(limits, ['pids']))).toEqual({ 'pids.max': '263' });
  });
});
