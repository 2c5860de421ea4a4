import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalSource } from '../../../shared/run/source.ts';

/**
 * Where the snapshot of a run lies: in the folder that the run has now. The log says where it was made, which is elsewhere
 * for a home that was moved, or restored from a back-up.
 */
export const sourceFolder = ({ gitDirectory }: LocalSource, runFolder: string): string => {
  const here = join(runFolder, 'source.git');
  return existsSync(here) ? here : gitDirectory;
};
