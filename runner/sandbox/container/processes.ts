import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { killQuietly } from '../../machine/processes/process-start.ts';
import { processFolders } from '../disk-use.ts';
import type { SandboxOptions } from '../sandbox.ts';

type User = NonNullable<SandboxOptions['user']>;

/** A process that waits for a device ends when that answers; a container where one does not is broken. */
const endMs = 10_000;

/** The folders in /proc of all processes that run as this user and are not dead. */
export async function processesOf({ uid }: User): Promise<string[]> {
  const folders = await processFolders('/proc');
  const found = await Promise.all(
    folders.map(async (folder) => {
      const status = await readFile(`${folder}/status`, 'utf8').catch(() => '');
      const own = Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? -1) === uid;
      return own && !/^State:\t[ZX]/m.test(status) ? [folder] : [];
    }),
  );
  return found.flat();
}

/** Ends every process of a user who has no others than a sandbox's. Throws when one cannot be ended. */
export async function endProcessesOf(user: User): Promise<void> {
  const deadline = performance.now() + endMs;
  for (let left = await processesOf(user); left.length > 0; left = await processesOf(user)) {
    if (performance.now() > deadline) throw new Error(`processes of user ${user.uid} do not end: ${left.join(', ')}`);
    await killAll(user);
    // Where no process can be started any more.
    for (const folder of left) killQuietly(Number(folder.slice('/proc/'.length)));
  }
}

/** The kernel does it in one go, so that no process can escape by forking. */
async function killAll(user: User): Promise<void> {
  const child = spawn('/bin/sh', ['-c', 'kill -9 -1'], { ...user, env: {}, cwd: '/', stdio: 'ignore' });
  child.on('error', () => {});
  if (child.pid !== undefined) await once(child, 'close');
}
