import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Ms. What a person has been told of and what still waits is touched whenever a window opens. */
const keptMs = 60 * 24 * 3_600_000;

/** Removes the marks of notices that nothing has been waiting behind for two months. `now` in ms since the epoch. */
export const forgetOld = async (folder: string, now: number): Promise<void> => {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const file = join(folder, name);
    const there = await stat(file).catch(() => null);
    if (there !== null && there.mtimeMs < now - keptMs) await rm(file, { force: true });
  }
};
