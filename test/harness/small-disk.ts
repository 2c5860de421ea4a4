import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Rig, RigOptions } from './rig.ts';

/** Room for a runner, its search program (6 MB) and a few runs. */
const bytes = 32 * 1024 * 1024;

/** Starts the runner with a home on a disk of its own, in memory, which is there for it and what it starts alone. */
export const onSmallDisk: NonNullable<RigOptions['inside']> = (folder) => {
  // As root bubblewrap takes rights away that a runner of root has.
  const rights = process.getuid?.() === 0 ? ['--cap-add', 'ALL'] : [];
  const disk = ['--perms', '0711', '--size', String(bytes), '--tmpfs', path.join(folder, 'home')];
  return ['bwrap', '--die-with-parent', '--dev-bind', '/', '/', ...rights, ...disk, '--'];
};

const fillerOf = (rig: Rig): string => path.join(rig.seenHome, 'filler');

/** Leaves not a byte free on the disk of a runner's home. */
export const fillDisk = async (rig: Rig): Promise<void> => {
  await using filler = await open(fillerOf(rig), 'w');
  for (let size = 1024 * 1024; size >= 1; size = size === 1 ? 0 : Math.floor(size / 4)) {
    const chunk = Buffer.alloc(size, 'x');
    while (await hasRoomFor(() => filler.appendFile(chunk)));
  }
};

export const freeDisk = (rig: Rig): Promise<void> => rm(fillerOf(rig));

const hasRoomFor = (write: () => Promise<void>): Promise<boolean> =>
  write().then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
      throw error;
    },
  );
