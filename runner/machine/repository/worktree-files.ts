import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Stats } from 'node:fs';

/** What exactly is at a path: enough to put it back. `permissions` are the mode's lower 9 bits. */
export type FileState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly content: Buffer; readonly permissions: number }
  | { readonly kind: 'link'; readonly target: Buffer };

/** `blocked`: a folder, a device, or something on the way that is not a folder. `by` is that thing's path below the root, `folder` whether it is a plain folder. */
export type Found =
  | FileState
  | { readonly kind: 'blocked'; readonly by: string; readonly folder: boolean; readonly reason: string };

const look = (path: string): Promise<Stats | null> =>
  lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });

/** Every path from the first folder down to the one that holds `path`. */
const foldersOf = (path: string): string[] => {
  const names = path.split('/').slice(0, -1);
  return names.map((_, depth) => names.slice(0, depth + 1).join('/'));
};

/** Looks at a path below the root and follows no link, neither at its end nor on the way. */
export const readState = async (root: string, path: string): Promise<Found> => {
  for (const folder of foldersOf(path)) {
    const found = await look(join(root, folder));
    if (found === null) return { kind: 'absent' };
    if (found.isSymbolicLink())
      return {
        kind: 'blocked',
        by: folder,
        folder: false,
        reason: `The path leads through a symbolic link, ${folder}.`,
      };
    if (!found.isDirectory())
      return { kind: 'blocked', by: folder, folder: false, reason: `${folder} is a file here.` };
    if ((await look(join(root, folder, '.git'))) !== null) {
      return { kind: 'blocked', by: folder, folder: false, reason: `${folder} is a git repository of its own.` };
    }
  }
  const place = join(root, path);
  const found = await look(place);
  if (found === null) return { kind: 'absent' };
  if (found.isSymbolicLink()) return { kind: 'link', target: await readlink(place, { encoding: 'buffer' }) };
  if (found.isFile()) return { kind: 'file', content: await readFile(place), permissions: found.mode & 0o777 };
  return {
    kind: 'blocked',
    by: path,
    folder: found.isDirectory(),
    reason: found.isDirectory() ? 'A folder is in its place.' : 'A special file is in its place.',
  };
};

/** All files below a folder, as paths below the root; a folder that holds nothing has none. */
export const filesBelow = async (root: string, folder: string): Promise<string[]> => {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries.map((entry) =>
      entry.isDirectory() ? filesBelow(root, `${folder}/${entry.name}`) : Promise.resolve([`${folder}/${entry.name}`]),
    ),
  );
  return found.flat();
};

/** A short value that two states share only if they are the same. */
export const fingerprint = (state: Found): string => {
  switch (state.kind) {
    case 'absent':
      return 'absent';
    case 'blocked':
      return `blocked ${state.reason}`;
    case 'file': {
      const executable = (state.permissions & 0o100) === 0 ? 'file' : 'executable';
      return `${executable} ${createHash('sha256').update(state.content).digest('hex')}`;
    }
    case 'link':
      return `link ${state.target.toString('base64')}`;
  }
};

/** Who a file that root writes should belong to: whoever owns what it replaces, or the repository. */
const giveLikeNeighbours = async (temporary: string, place: string, root: string): Promise<void> => {
  if (process.getuid?.() !== 0) return;
  const model = (await look(place)) ?? (await look(root));
  if (model !== null) await lchown(temporary, model.uid, model.gid);
};

const makeFolders = async (root: string, path: string): Promise<void> => {
  for (const folder of foldersOf(path)) {
    const place = join(root, folder);
    if ((await look(place)) !== null) continue;
    await mkdir(place);
    await giveLikeNeighbours(place, dirname(place), root);
  }
};

/** Deletes the folders that lead to `path` as far as they are empty. The root stays. */
export const pruneFolders = async (root: string, path: string): Promise<void> => {
  for (const folder of foldersOf(path).reverse()) {
    try {
      await rmdir(join(root, folder));
    } catch {
      return;
    }
  }
};

/** Replaces a path by `state` in one step (a temporary file beside it, then a rename). The caller has looked with `readState` just before. */
export const writeState = async (root: string, path: string, state: FileState): Promise<void> => {
  const place = join(root, path);
  if (state.kind === 'absent') {
    await unlink(place);
    await pruneFolders(root, path);
    return;
  }
  await makeFolders(root, path);
  // An empty folder may be left where files below it were just deleted.
  if ((await look(place))?.isDirectory() === true) await rmdir(place);
  const temporary = join(dirname(place), `.longhaul-${randomBytes(6).toString('hex')}`);
  try {
    if (state.kind === 'link') await symlink(state.target, temporary);
    else {
      await writeFile(temporary, state.content, { flag: 'wx', mode: 0o600 });
      await chmod(temporary, state.permissions);
    }
    await giveLikeNeighbours(temporary, place, root);
    await rename(temporary, place);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};
