import type { Applied } from './runner-api.ts';

/** Whether an application may have changed a file: a conflict can be marked in one. If not, there is nothing of it to take back. */
export const mayHaveWritten = ({ dryRun, files }: Applied): boolean =>
  !dryRun && files.some(({ outcome }) => outcome !== 'already' && outcome !== 'refused');
