import type { Applied, AppliedFile } from './runner-api.ts';

/** Whether the file is now as the run made it, and was not before: contents written or merged, or the file removed. */
export const isDone = ({ outcome }: AppliedFile): boolean =>
  outcome === 'written' || outcome === 'merged' || outcome === 'removed';

/** Whether an application may have changed a file: a conflict can be marked in one. If not, there is nothing of it to take back. */
export const mayHaveWritten = ({ dryRun, files }: Applied): boolean =>
  !dryRun && files.some(({ outcome }) => outcome !== 'already' && outcome !== 'refused');
