import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { chown, mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openBubblewrap } from '../../runner/sandbox/namespaces/bubblewrap.ts';
import { ControlGroups, joining } from '../../runner/sandbox/namespaces/control-group.ts';
import { WorkspaceQuota } from '../../runner/sandbox/workspace-quota.ts';
import { attackLimits } from '../suites/sandbox-attacks.ts';
import { makeWorkplace, modes } from './workplace.ts';

const [mode] = modes;

test('a quota goes by what the user of the commands cannot list; with that user’s eyes it would be passed', async () => {
  const user = { uid: 65_534, gid: 65_534 };
  const workspace = await mkdtemp(path.join(tmpdir(), 'quota-'));
  await chown(workspace, user.uid, user.gid);
  const script = 'mkdir closed; head -c 11M /dev/zero >closed/large; chmod 0300 closed';
  execFileSync('sh', ['-c', script], { cwd: workspace, ...user });
  const limits = { ...attackLimits, workspaceBytes: 10 * 1024 * 1024 };
  const quota = new WorkspaceQuota({ workspace, home: null, limits }, { bwrap: null });
  await quota.begin();
  expect((await quota.look(async () => [])).exceeded).toBe(true);
  const theirs = spawnSync('du', ['-s', '-B1', workspace], { ...user, cwd: '/' }).stdout.toString();
  expect(Number.parseInt(theirs, 10)).toBeLessThan(limits.workspaceBytes);
  await rm(workspace, { recursive: true });
});

/** A real hierarchy of cgroups v2. Whether it may limit memory and processes is the machine's choice: here it is asked for neither. */
const hierarchy = async () => {
  const at = await mkdtemp(path.join(tmpdir(), 'cgroup2-'));
  execFileSync('mount', ['-t', 'cgroup2', 'none', at]);
  const base = path.join(at, `longhaul-test-${process.pid}`);
  await mkdir(base);
  return {
    base,
    [Symbol.asyncDispose]: async () => {
      for (const name of await readdir(base, { withFileTypes: true }))
        if (name.isDirectory()) await rmdir(path.join(base, name.name));
      await rmdir(base);
      execFileSync('umount', [at]);
      await rmdir(at);
    },
  };
};

test('all processes of a command, whoever they run as, are in its control group, and those in it alone', async () => {
  await using kernel = await hierarchy();
  const { base } = kernel;
  const own = path.join(base, 'longhaul-runner');
  const groups = new ControlGroups({ outcome: 'found', base, own, controllers: [] }, 'x');
  await using workplace = await makeWorkplace(mode!, attackLimits);
  const opened = await openBubblewrap(workplace.options, { groups });
  if ('outcome' in opened) throw new Error(opened.reason);
  await using sandbox = opened;
  const watcher = watch(workplace.options.workspace);
  const began = once(watcher, 'change');
  const cancel = new AbortController();
  const argv = ['bash', '-c', 'setsid sleep 600 & ls -l /proc/self/fd >fds; touch began; wait'] as const;
  const run = sandbox.run({ argv, network: [], timeoutMs: 60_000, maxOutputBytes: 100 }, cancel);
  await began;
  watcher.close();
  const folders = (await readdir(base)).filter((name) => name.startsWith('x-'));
  // The first was of the command that tries the sandbox out.
  expect(folders).toEqual(['x-2']);
  await expect
    .poll(async () => (await readFile(path.join(base, 'x-2/cgroup.procs'), 'utf8')).split('\n').length)
    .toBeGreaterThan(4);
  cancel.abort();
  expect(await run).toMatchObject({ outcome: 'cancelled', output: '' });
  expect(existsSync(path.join(base, 'x-2'))).toBe(false);
  // The way in is not left open.
  expect(await readFile(path.join(workplace.options.workspace, 'fds'), 'utf8')).not.toContain('cgroup');
});

test('what is left in a control group when its command is over is ended with it', async () => {
  await using kernel = await hierarchy();
  const { base } = kernel;
  // Whatever may be limited here, and a process of the runner that is still where groups are to be made.
  const offered = await readFile(path.join(base, 'cgroup.controllers'), 'utf8');
  const controllers = offered.trim().split(' ').filter(Boolean).slice(0, 1);
  const runner = spawn('sleep', ['600']);
  await writeFile(path.join(base, 'cgroup.procs'), String(runner.pid));
  const own = path.join(base, 'own');
  const groups = new ControlGroups({ outcome: 'found', base, own, controllers }, 'y');
  const group = (await groups.open(attackLimits))!;
  const read = (file: string) => readFile(path.join(base, file), 'utf8');
  expect(await read('own/cgroup.procs')).toBe(`${runner.pid}\n`);
  expect((await read('cgroup.subtree_control')).trim()).toBe(controllers.join(' '));
  const entrance = group.entrance();
  const [program, ...words] = joining(3, '/bin/sleep', ['600']);
  const user = { uid: 65_534, gid: 65_534 };
  const child = spawn(program, words, {
    stdio: ['ignore', 'ignore', 'inherit', entrance.descriptor],
    env: {},
    cwd: '/',
    ...user,
  });
  entrance[Symbol.dispose]();
  await expect.poll(async () => readFile(path.join(base, 'y-1/cgroup.procs'), 'utf8')).toBe(`${child.pid}\n`);
  const ended = once(child, 'exit');
  await group[Symbol.asyncDispose]();
  expect(await ended).toEqual([null, 'SIGKILL']);
  const gone = once(runner, 'exit');
  runner.kill('SIGKILL');
  await gone;
  expect(existsSync(path.join(base, 'y-1'))).toBe(false);
});
