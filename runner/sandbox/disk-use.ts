import { readdir } from 'node:fs/promises';
import { printedBy } from './host-programs.ts';

/** An inode without contents still costs the file system; ext4 has one per 16 KiB by default, and the smallest block is 4 KiB. */
const bytesPerInode = 4096;

/**
 * Bytes that trees use together on disk, hard links once, links not followed, other file systems left out. A folder whose owner took its own rights away is
 * counted like any other: root may look into all of them, and an ordinary user's `bwrap` gives the right to read to nobody but this `du`.
 * A tree that changes under it gives what was readable.
 */
export async function diskUse(folders: readonly string[], bwrap: string | null): Promise<number> {
  const words = ['/bin/sh', '-c', du, 'sh', ...folders];
  const [program = '', ...list] = bwrap === null ? words : [bwrap, ...readsAll.split(' '), ...words];
  const [bytes = 0, inodes = 0] = (await printedBy(program, list))
    .split('\n')
    .map((line) => Number.parseInt(line, 10) || 0);
  return Math.max(bytes, inodes * bytesPerInode);
}

/** Its exit code tells of entries that vanished meanwhile; the sums are printed all the same. */
const du = ['--block-size=1', '--inodes']
  .map((unit) => `du --summarize --total --one-file-system ${unit} -- "$@" | tail -n 1`)
  .join('; ');

/** Nothing can be written there, no other process be seen; `--dev-bind` and not `--ro-bind`, as the tree may lie below a mount that forbids the latter. */
const readsAll =
  '--unshare-user --unshare-pid --unshare-net --cap-drop ALL --cap-add CAP_DAC_READ_SEARCH --dev-bind / / --die-with-parent --';

/** The folders of all processes that a /proc lists. */
export async function processFolders(proc: string): Promise<string[]> {
  const names = await readdir(proc).catch((): string[] => []);
  return names.filter((name) => /^\d+$/.test(name)).map((pid) => `${proc}/${pid}`);
}
