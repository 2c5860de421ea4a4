import { copyFile, stat, utimes } from 'node:fs/promises';

/**
 * Copies a git index so that its cached file times stay trustworthy. git looks again at each file that is not older than
 * the index itself; a copy with a later time would hide an edit made in the instant the index was written. So the copy is
 * dated two milliseconds before the original (the resolution that utimes gives us, and a margin), which only makes git look more often.
 * False if there is no index (a repository in which nothing was ever added).
 */
export const copyIndex = async (from: string, to: string): Promise<boolean> => {
  const original = await stat(from).catch(() => null);
  if (original === null) return false;
  await copyFile(from, to);
  const seconds = (Math.floor(original.mtimeMs) - 2) / 1000;
  await utimes(to, seconds, seconds);
  return true;
};
