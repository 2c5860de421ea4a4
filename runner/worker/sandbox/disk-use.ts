import { execFile } from 'node:child_process';
import type { SandboxOptions } from './sandbox.ts';

/** An inode without contents still costs the file system; ext4 has one per 16 KiB by default, and the smallest block is 4 KiB. */
const BYTES_PER_INODE = 4096;

/**
 * Bytes that a tree uses on disk, hard links once, links not followed, other file systems left out. `du` reads as the user of the commands, so that
 * a root worker opens nothing on the agent's behalf. A tree that changes under it gives what was readable.
 */
export async function diskUse({ workspace, user }: Pick<SandboxOptions, 'workspace' | 'user'>): Promise<number> {
  const [bytes, inodes] = await Promise.all([
    du(['--block-size=1', workspace], user),
    du(['--inodes', workspace], user),
  ]);
  return Math.max(bytes, inodes * BYTES_PER_INODE);
}

function du(list: readonly string[], user: SandboxOptions['user']): Promise<number> {
  return new Promise((resolve) => {
    const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/', ...user };
    // Its exit code tells of entries that vanished meanwhile; the sum is printed all the same.
    execFile('du', ['--summarize', '--one-file-system', ...list], options, (_error, stdout) =>
      resolve(Number.parseInt(stdout, 10) || 0),
    );
  });
}
