import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
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

function du(words: readonly string[], user: SandboxOptions['user']): Promise<number> {
  return new Promise((resolve) => {
    const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/', ...user };
    // Its exit code tells of entries that vanished meanwhile; the sum is printed all the same.
    execFile('du', ['--summarize', '--one-file-system', ...words], options, (_error, stdout) =>
      resolve(Number.parseInt(stdout, 10) || 0),
    );
  });
}

/**
 * Bytes of files that have no name any more and stay on disk because a process of the sandbox holds them open: `du` cannot see them.
 * `init` is the first process of the sandbox's namespace, through whose process list the others are found. Processes that end meanwhile count nothing.
 */
export async function namelessUse(workspace: string, init: number): Promise<number> {
  const processes = `/proc/${init}/root/proc`;
  const { dev } = await stat(workspace);
  const sizes = new Map<number, number>();
  for (const pid of (await list(processes)).filter((name) => /^\d+$/.test(name))) {
    const folder = `${processes}/${pid}/fd`;
    const files = await Promise.all(
      (await list(folder)).map((descriptor) => stat(`${folder}/${descriptor}`).catch(() => null)),
    );
    for (const file of files) {
      if (file?.isFile() && file.nlink === 0 && file.dev === dev) sizes.set(file.ino, file.blocks * BYTES_PER_BLOCK);
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** stat(2): st_blocks counts these, whatever the file system's own block is. */
const BYTES_PER_BLOCK = 512;

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
