import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import type { SandboxOptions } from './sandbox.ts';

/** An inode without contents still costs the file system; ext4 has one per 16 KiB by default, and the smallest block is 4 KiB. */
const BYTES_PER_INODE = 4096;

/**
 * Bytes that a tree uses on disk, hard links once, links not followed, other file systems left out. `du` reads as the user of the commands, so that
 * a root worker opens nothing on the agent's behalf. A tree that changes under it gives what was readable.
 */
export async function diskUse(folder: string, user: SandboxOptions['user']): Promise<number> {
  const [bytes, inodes] = await Promise.all([du(['--block-size=1', folder], user), du(['--inodes', folder], user)]);
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
 * `processes` are the sandbox's own, as folders of /proc. Those that end meanwhile count nothing.
 */
export async function namelessUse(workspace: string, processes: readonly string[]): Promise<number> {
  const { dev } = await stat(workspace);
  const sizes = new Map<number, number>();
  for (const process of processes) {
    const folder = `${process}/fd`;
    const files = await Promise.all(
      (await list(folder)).map((descriptor) => stat(`${folder}/${descriptor}`).catch(() => null)),
    );
    for (const file of files) {
      if (file?.isFile() && file.nlink === 0 && file.dev === dev) sizes.set(file.ino, file.blocks * BYTES_PER_BLOCK);
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** The same of all processes of a user, whose own eyes are needed where this process may not look into them. */
export async function namelessUseOf(user: NonNullable<SandboxOptions['user']>, workspace: string): Promise<number> {
  const { dev } = await stat(workspace);
  const lines = await new Promise<string[]>((resolve) => {
    const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/', ...user };
    const script = String.raw`find -L /proc/[0-9]*/fd -maxdepth 1 -type f -links 0 -printf '%D %i %b\n'`;
    // It fails at every process that is not the user's, and prints the others.
    execFile('/bin/sh', ['-c', script], options, (_error, stdout) => resolve(stdout.split('\n')));
  });
  const sizes = new Map(lines.map((line) => line.split(' ')).map(([on, inode, blocks]) => [`${on} ${inode}`, blocks]));
  return [...sizes]
    .filter(([file]) => file.startsWith(`${dev} `))
    .reduce((sum, [, blocks]) => sum + Number(blocks) * BYTES_PER_BLOCK, 0);
}

/** The folders of all processes that a /proc lists. */
export async function processFolders(proc: string): Promise<string[]> {
  return (await list(proc)).filter((name) => /^\d+$/.test(name)).map((pid) => `${proc}/${pid}`);
}

/** stat(2): st_blocks counts these, whatever the file system's own block is. */
const BYTES_PER_BLOCK = 512;

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
