import type { Checkpoint } from '../../../shared/run/artifacts.ts';
import { readBlobs } from '../../machine/git/blobs.ts';
import { gitOrThrow, splitNul, type GitOptions } from '../../machine/git/git.ts';
import type { TreeEntry } from './tree-files.ts';
import type { FileRead } from './workspace.ts';

const pathIn = (entry: string): string => entry.slice(entry.indexOf('\t') + 1);

/** The files of a checkpoint. */
export const entriesOf = async (repository: GitOptions, { commit }: Checkpoint): Promise<readonly TreeEntry[]> => {
  const output = await gitOrThrow(['ls-tree', '-r', '-z', '--full-tree', commit], repository);
  return splitNul(output).map((entry) => {
    const [mode = '', , object = ''] = entry.split(/[ \t]/, 3);
    return { mode, object, path: pathIn(entry) };
  });
};

/** What an index has, submodules too. */
export const indexedIn = async (options: GitOptions): Promise<readonly TreeEntry[]> =>
  splitNul(await gitOrThrow(['ls-files', '-s', '-z'], options)).map((entry) => {
    const [mode = '', object = ''] = entry.split(' ', 2);
    return { mode, object, path: pathIn(entry) };
  });

/** Those of these paths that are files of the checkpoint, in that order: no links, none above `most` bytes. */
export const readFilesOf = async (
  repository: GitOptions,
  { commit }: Checkpoint,
  { paths, most }: { readonly paths: readonly string[]; readonly most: number },
): Promise<readonly FileRead[]> => {
  const listed = await gitOrThrow(['ls-tree', '-l', '-z', '--full-tree', commit, '--', ...paths], repository);
  const objects = new Map(
    splitNul(listed).flatMap((entry) => {
      const [, object, bytes] = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t/.exec(entry) ?? [];
      return object === undefined || Number(bytes) > most ? [] : [[pathIn(entry), object] as const];
    }),
  );
  const there = paths.filter((path) => objects.has(path));
  const wanted = there.map((path) => objects.get(path) ?? '');
  const files: FileRead[] = [];
  for await (const content of readBlobs(repository, wanted)) files.push({ path: there[files.length] ?? '', content });
  return files;
};
