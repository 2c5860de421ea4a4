import { chmod, chown, constants, lstat, mkdir, open, access } from 'node:fs/promises';
import path from 'node:path';
import { decode, type Encoding } from './encoding.ts';
import { findInside, isRepositoryData } from './inside.ts';
import { codeOf, refused, type Refused, type ToolContext } from './tool.ts';

/** Larger files are for search and for commands: reading one whole would only fill memory. */
const largestBytes = 20 * 1024 * 1024;
/** Of every file system that matters, bytes. */
const longestName = 255;

type ReadText =
  | {
      readonly outcome: 'ok';
      readonly text: string;
      readonly encoding: Encoding;
      readonly path: string;
      readonly shown: string;
      readonly mode: number;
    }
  | { readonly outcome: 'missing'; readonly shown: string; readonly path: string }
  | Refused;

/** Reads a text file of the tree, in whatever encoding it is stored. The text is without the byte order mark; line ends are kept. */
export const readText = async ({ root }: Pick<ToolContext, 'root'>, given: string): Promise<ReadText> => {
  const inside = await findInside({ root, path: given });
  if (inside.outcome !== 'found') return inside;
  const { shown, stats } = inside;
  if (stats.isDirectory()) return refused(`${shown} is a folder; use list to see what it holds.`);
  if (!stats.isFile()) return refused(`${shown} is no ordinary file.`);
  if (stats.size > largestBytes)
    return refused(
      `${shown} has ${stats.size} bytes, more than can be read at once; use search, or bash with sed or head.`,
    );
  const content = await readBytes(inside.path);
  if (content === null) return refused(`${shown} must not be read: its permissions say so.`);
  const decoded = decode(content);
  if (decoded === null)
    return refused(
      `${shown} is binary (${stats.size} bytes), no text in UTF-8, UTF-16 with its mark, or Windows-1252.`,
    );
  return { outcome: 'ok', ...decoded, path: inside.path, shown, mode: stats.mode & 0o777 };
};

const readBytes = async (file: string): Promise<Buffer | null> => {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return await handle.readFile();
  } catch (error) {
    if (codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM') return null;
    throw error;
  }
};

type Place =
  /** Where a file may be written; `mode` is that of the file that is there, null where none is. */
  { readonly outcome: 'ok'; readonly path: string; readonly shown: string; readonly mode: number | null } | Refused;

/** Whether and where a file may be written, so that writing it can be expected to work. */
export const placeFor = async ({ root }: Pick<ToolContext, 'root'>, given: string): Promise<Place> => {
  const inside = await findInside({ root, path: given });
  if (inside.outcome === 'refused') return inside;
  const { shown } = inside;
  if (isRepositoryData(root, inside.path))
    return refused(`${shown} belongs to the repository data of git, which is not for editing.`);
  const exists = inside.outcome === 'found';
  if (exists && inside.stats.isDirectory()) return refused(`${shown} is a folder.`);
  if (exists && !inside.stats.isFile()) return refused(`${shown} is no ordinary file.`);
  if (shown.split('/').some((name) => Buffer.byteLength(name) > longestName))
    return refused(`${shown}: the name is too long.`);
  if (!(await isWritable(exists ? inside.path : await nearestFolder(inside.path))))
    return refused(`${shown} cannot be written: its permissions forbid it. Change them with bash (chmod) first.`);
  return { outcome: 'ok', path: inside.path, shown, mode: exists ? inside.stats.mode & 0o777 : null };
};

/** Whether the worker's permissions let it write a file, or change what a folder holds. */
export const isWritable = (file: string): Promise<boolean> =>
  access(file, constants.W_OK).then(
    () => true,
    () => false,
  );

const nearestFolder = async (file: string): Promise<string> => {
  const folder = path.dirname(file);
  const found = await lstat(folder).catch(() => null);
  return found === null ? nearestFolder(folder) : folder;
};

export interface Writing {
  /** As `placeFor` found it. */
  readonly path: string;
  readonly content: Buffer;
  /** Permission bits; for a file that is there already, its own. */
  readonly mode: number;
}

/**
 * Writes a whole file, with the folders above it where they are missing. What is new belongs to the tree's owner.
 * Not atomic: after a crash in its middle the tree is taken back to the checkpoint before the call.
 */
export const writeText = async (
  { root, owner }: Pick<ToolContext, 'root' | 'owner'>,
  writing: Writing,
): Promise<void> => {
  await makeFolders({ root, owner }, path.dirname(writing.path));
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  await using handle = await open(writing.path, flags, writing.mode);
  await handle.writeFile(writing.content);
  // The umask took bits away when it was created; and writing as root takes set-id bits, which stay away.
  await handle.chmod(writing.mode);
  if (owner !== null) await handle.chown(owner.uid, owner.gid);
};

const makeFolders = async ({ root, owner }: Pick<ToolContext, 'root' | 'owner'>, folder: string): Promise<void> => {
  if (folder === root || (await lstat(folder).catch(() => null)) !== null) return;
  await makeFolders({ root, owner }, path.dirname(folder));
  await mkdir(folder, 0o755);
  await chmod(folder, 0o755);
  if (owner !== null) await chown(folder, owner.uid, owner.gid);
};
