import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Of one report, or of what one process of Node counted. */
const mostBytes = 32 * 1024 * 1024;

/**
 * A file that commands left, which are no more: an ordinary one, no link and nothing else that waits or leads elsewhere. Null: it is none, or
 * larger than 32 MB. Throws on broken I/O.
 */
export const readLeft = async (file: string): Promise<string | null> => {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => null,
  );
  const stats = await handle?.stat();
  if (handle === null || stats?.isFile() !== true || stats.size > mostBytes) return null;
  return handle.readFile('utf8');
};

/** Whether it is an ordinary file, written at or after that time, ms since the epoch. */
export const isWrittenSince = async (file: string, since: number): Promise<boolean> => {
  const stats = await lstat(file).catch(() => null);
  return stats?.isFile() === true && stats.mtimeMs >= since;
};

/** What holds no report of the repository's own. */
const passedBy: ReadonlySet<string> = new Set(['node_modules', '.git', '.venv', 'venv', '.tox', 'vendor', 'target']);
const reportName =
  /lcov[^/]*\.info$|\.lcov$|cover[^/]*\.(?:out|txt|cov)$|^c\.out$|\.coverprofile$|(?:cover|cobertura)[^/]*\.xml$|cover[^/]*\.json$/i;
const mostDepth = 8;
const mostEntries = 50_000;
const mostReports = 20;

/** Reports of coverage in a tree that were written since, by their paths in it. No link is followed. */
export const reportsIn = async (tree: string, since: number): Promise<readonly string[]> => {
  const found: string[] = [];
  const folders: { readonly folder: string; readonly depth: number }[] = [{ folder: '', depth: 0 }];
  let left = mostEntries;
  for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
    const { folder, depth } = next;
    const entries = await readdir(path.join(tree, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if ((left -= 1) < 0 || found.length >= mostReports) return found;
      const inside = path.posix.join(folder, entry.name);
      if (entry.isDirectory() && depth < mostDepth && !passedBy.has(entry.name))
        folders.push({ folder: inside, depth: depth + 1 });
      if (entry.isFile() && reportName.test(entry.name) && (await isWrittenSince(path.join(tree, inside), since)))
        found.push(inside);
    }
  }
  return found;
};
