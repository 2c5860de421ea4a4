import { execFile } from 'node:child_process';
import type { SandboxOptions } from '../sandbox.ts';

/**
 * Sockets in a workspace before its first command, as paths relative to it: whoever listens on them is a process of the host, and a socket in the file system
 * is reached across network namespaces. Read as the user of the commands; what that user cannot enter, commands cannot either.
 */
export function findSockets({
  workspace,
  user,
}: Pick<SandboxOptions, 'workspace' | 'user'>): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/', ...user };
    const list = [workspace, '-xdev', '-type', 's', '-printf', '%P\\0'];
    // Entries that cannot be read make it fail after it has printed the others.
    execFile('find', list, options, (_error, stdout) => resolve(stdout.split('\0').filter(Boolean)));
  });
}
