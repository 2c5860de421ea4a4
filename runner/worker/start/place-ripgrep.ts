import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Copies the search program to where the sandbox's user can reach it: where npm put it, that user may not enter. The copy's folder is named by which file it was, so
 * that a newer program gets a place of its own, and a command that runs the older one keeps it.
 */
export const placeRipgrep = async (program: string, folder: string): Promise<string> => {
  const place = path.join(folder, await markOf(program));
  const copy = path.join(place, 'rg');
  const present = await stat(copy).catch(() => null);
  if (present !== null) return copy;
  for (const made of [folder, place]) await mkdir(made, { recursive: true, mode: 0o755 });
  const draft = `${copy}.${randomBytes(4).toString('hex')}`;
  await copyFile(program, draft);
  await rename(draft, copy);
  return copy;
};

/** Reading all of it would be in the way of a run that was just woken. */
const markOf = async (program: string): Promise<string> => {
  const { size, mtimeNs, ino } = await stat(program, { bigint: true });
  return createHash('sha256').update(`${program} ${size} ${mtimeNs} ${ino}`).digest('hex').slice(0, 16);
};
