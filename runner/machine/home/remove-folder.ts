import { randomBytes } from 'node:crypto';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from './home.ts';

/** In the name of what is on its way out. */
export const asideSuffix = '.leaving-';

/**
 * Takes something out of everybody's way at once, before it is removed, which may take long. It is next to where it was then.
 * Null: it is not there.
 */
export const moveAside = async (
  path: string,
): Promise<{ readonly path: string; readonly putBack: () => Promise<void> } | null> => {
  if (path.includes(asideSuffix)) return { path, putBack: async () => {} };
  const aside = `${path}${asideSuffix}${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return null;
    throw error;
  }
  return { path: aside, putBack: () => rename(aside, path) };
};

/** Removes a folder, even one with folders in it that a command made unreadable. */
export const removeFolder = async (path: string): Promise<void> => {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!isSystemError(error) || (error.code !== 'EACCES' && error.code !== 'EPERM')) throw error;
    await makeReachable(path);
    await rm(path, { recursive: true, force: true });
  }
};

/** Follows no link: what is behind one is not ours. */
const makeReachable = async (path: string): Promise<void> => {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await makeReachable(join(path, entry.name));
};
