import { once } from 'node:events';
import { watch } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SandboxOptions } from '../../runner/sandbox/sandbox.ts';
import { attackLimits } from '../suites/sandbox-attacks.ts';
import { Driver, type DriverOptions } from './driver-client.ts';
import { makeWorkplace, modes } from './workplace.ts';

const never = new AbortController().signal;
const request = { names: {}, ports: {}, quotaPollMs: 100 };

/** The words that start a program where it may make no user namespaces, as in a container with the usual system call filter. */
const withoutNamespaces = [
  'bwrap',
  '--unshare-user',
  '--disable-userns',
  '--die-with-parent',
  '--dev-bind',
  '/',
  '/',
  '--',
];

describe.each(modes)('with $name', (mode) => {
  const tryToOpen = async (
    change: (options: SandboxOptions) => SandboxOptions,
    driverOptions: Partial<DriverOptions> = {},
  ): Promise<unknown> => {
    await using workplace = await makeWorkplace(mode, attackLimits);
    await using driver = await Driver.start({ as: mode.worker, env: {}, ...driverOptions });
    return driver.open({ options: change(workplace.options), ...request });
  };
  const refusal = (reason: RegExp, remedy: RegExp): unknown => ({
    outcome: 'refused',
    reason: expect.stringMatching(reason) as string,
    remedy: expect.stringMatching(remedy) as string,
  });

  test('doctor learns which bubblewrap confines commands here', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'probe-'));
    await chmod(temporary, 0o777);
    await using driver = await Driver.start({ as: mode.worker, env: { TMPDIR: temporary } });
    expect(await driver.probe()).toEqual({ outcome: 'ok', version: expect.stringMatching(/^\d+\.\d+/) as string });
    expect(await readdir(temporary)).toEqual([]);
    await rm(temporary, { recursive: true });
  });

  test('no bubblewrap is a refusal that says how to install it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'path-'));
    const path = { PATH: folder };
    expect(await tryToOpen((options) => options, { env: path })).toEqual(
      refusal(/^bwrap is not installed/, /apt-get install bubblewrap/),
    );
    await using driver = await Driver.start({ as: mode.worker, env: path });
    expect(await driver.probe()).toEqual(refusal(/^bwrap is not installed/, /apt-get install bubblewrap/));
    await rm(folder, { recursive: true });
  });

  test('a host without user namespaces is a refusal that says so', async () => {
    await using workplace = await makeWorkplace({ ...mode, commands: null }, attackLimits);
    // Inside, nobody is root; so the worker there is an ordinary user in either mode.
    await using driver = await Driver.start({ as: mode.owner, env: {}, prefix: () => withoutNamespaces });
    expect(await driver.open({ options: workplace.options, ...request })).toEqual(
      refusal(/^user namespaces are forbidden/, /namespaces/),
    );
    expect(await driver.probe()).toEqual(refusal(/^user namespaces are forbidden/, /namespaces/));
  });

  test('commands never run as root', async () => {
    expect(await tryToOpen((options) => ({ ...options, user: { uid: 0, gid: 0 } }))).toEqual(
      refusal(/never run as root/, /another user/),
    );
  });

  test('the choice of user for commands fits who the worker is', async () => {
    const unfit = mode.commands === null ? { uid: 61_000, gid: 61_000 } : null;
    expect(await tryToOpen((options) => ({ ...options, user: unfit }))).toEqual(refusal(/root/, /user/));
  });

  test('a folder that commands cannot enter or that is missing is a refusal that names it', async () => {
    expect(await tryToOpen((options) => ({ ...options, readable: ['/no/such/folder'] }))).toEqual(
      refusal(/^\/no\/such\/folder is no folder/, /create it/),
    );
    expect(await tryToOpen((options) => ({ ...options, readable: ['/'] }))).toEqual(
      refusal(/^\/ cannot be shown/, /below/),
    );
  });

  test('a readable folder is shown at its own path, and only for reading', async () => {
    await using workplace = await makeWorkplace(mode, attackLimits);
    const readable = join(workplace.folder, 'deep/er/toolchain');
    await mkdir(join(readable, 'bin'), { recursive: true });
    await symlink('/usr/bin/env', join(readable, 'bin/my-tool'));
    await using driver = await Driver.start({ as: mode.worker, env: {} });
    const sandbox = await driver.open({ options: { ...workplace.options, readable: [readable] }, ...request });
    if ('outcome' in sandbox) throw new Error(sandbox.reason);
    const script = `type -p my-tool; touch ${readable}/x || ls ${workplace.folder} && ls ${workplace.folder}/deep/er`;
    const { output } = await sandbox.run(
      { argv: ['bash', '-c', script], timeoutMs: 5000, network: [], maxOutputBytes: 4096 },
      { signal: never },
    );
    expect(output).toBe(
      `${readable}/bin/my-tool\ntouch: cannot touch '${readable}/x': Read-only file system\ndeep\ntoolchain\n`,
    );
  });

  test('when the worker crashes, nothing of its command is left', async () => {
    await using workplace = await makeWorkplace(mode, attackLimits);
    await using driver = await Driver.start({ as: mode.worker, env: {} });
    const sandbox = await driver.open({ options: workplace.options, ...request });
    if ('outcome' in sandbox) throw new Error(sandbox.reason);
    const watcher = watch(workplace.options.workspace);
    const began = once(watcher, 'change');
    const script = `(setsid sleep 601.${process.pid} &); touch began; sleep 601.${process.pid}`;
    const run = sandbox.run(
      { argv: ['bash', '-c', script], timeoutMs: 60_000, network: [], maxOutputBytes: 4096 },
      { signal: never },
    );
    const lost = run.then(
      () => 'a result',
      (error: unknown) => String(error),
    );
    await began;
    watcher.close();
    await driver.crash();
    expect(await lost).toContain('SIGKILL');
    await expect.poll(() => sleepers(`601.${process.pid}`), { timeout: 60_000, interval: 10 }).toEqual([]);
  });
});

/** Only root can be kept out of a folder by a user of its own choice. */
describe.each(modes.filter(({ commands }) => commands !== null))('with $name', (mode) => {
  test('a workspace below a closed folder is a refusal that says what to open', async () => {
    await using workplace = await makeWorkplace(mode, attackLimits);
    await chmod(workplace.folder, 0o700);
    await using driver = await Driver.start({ as: mode.worker, env: {} });
    expect(await driver.open({ options: workplace.options, ...request })).toEqual({
      outcome: 'refused',
      reason: expect.stringMatching(/^the user that commands run as cannot enter /) as string,
      remedy: expect.stringContaining('chmod') as string,
    });
  });
});

async function sleepers(argument: string): Promise<readonly string[]> {
  const lines = await Promise.all(
    (await readdir('/proc')).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.split('\0').includes(argument) && line.includes('sleep'));
}
