import { GitError } from './git.ts';

/** Whether an error says that a disk, or somebody's share of it, is full: the system's own, or git's words for it. */
export const isFullDisk = (error: unknown): boolean => {
  if (error instanceof GitError) return /No space left on device|Disk quota exceeded/.test(error.message);
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
};
