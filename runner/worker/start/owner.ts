import type { Owner } from '../workspace/tree-files.ts';

/** As root, each run's commands run as a user of their own; else all run as ours. */
export const userOf = (number: number, base: number): Owner | null => {
  if (process.getuid?.() !== 0) return null;
  // Far more than there are runs at once; a number that comes round again belongs to a run that is long over.
  const id = base + (number % 60_000);
  return { uid: id, gid: id };
};
