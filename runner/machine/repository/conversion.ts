import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobId, readBlobs } from '../git/blobs.ts';
import { git, gitOrThrow, line, type GitOptions } from '../git/git.ts';
import { labels } from './conflict-markers.ts';
import { userOptions, type UserRepository } from './user-repository.ts';

/** A content as the repository stores it, and the path whose line endings and encoding it gets on disk. */
interface Stored {
  readonly path: string;
  readonly content: Buffer;
}

type Versions = Readonly<Record<'ours' | 'before' | 'after', Buffer>>;
type Merge = { readonly clean: boolean; readonly content: Buffer } | null;

/** The names of the filter programs in the person's configuration. */
const filterDrivers = async (options: GitOptions): Promise<string[]> => {
  const found = await git(
    ['config', '-z', '--name-only', '--get-regexp', String.raw`^filter\..*\.(clean|smudge|process)$`],
    options,
  );
  const keys = found.output.toString().split('\0');
  return [...new Set(keys.flatMap((key) => /^filter\.(.*)\.[a-z]+$/s.exec(key)?.[1] ?? []))];
};

const switchedOff = (drivers: readonly string[]): string[] =>
  drivers.flatMap((name) => [
    `filter.${name}.clean=`,
    `filter.${name}.smudge=`,
    `filter.${name}.process=`,
    `filter.${name}.required=false`,
  ]);

/** Settings with which git starts none of the person's filter programs. */
export const withoutFilters = async (repository: UserRepository): Promise<readonly string[]> =>
  switchedOff(await filterDrivers(userOptions(repository)));

/**
 * Turns contents between the form on disk and the form in the repository, as the person's git does it (line endings,
 * working-tree-encoding, ident), in a scratch folder, without writing to their repository and without starting a filter program:
 * what a filter does to content that an agent wrote is not ours to find out. `scratch` is an empty folder that the caller
 * removes.
 */
export const openConversion = async (repository: UserRepository, scratch: string) => {
  const drivers = await filterDrivers(userOptions(repository));
  const objects = join(scratch, 'objects');
  await mkdir(objects);
  const options = {
    ...userOptions(repository),
    objects,
    alternates: [repository.objects],
    config: switchedOff(drivers),
  };
  const like = repository.format === 'sha256' ? '0'.repeat(64) : '0'.repeat(40);
  let counter = 0;
  const fresh = (): string => {
    counter += 1;
    return join(scratch, String(counter));
  };

  const storeRaw = async (contents: readonly Buffer[]): Promise<string[]> => {
    if (contents.length === 0) return [];
    const folder = fresh();
    await mkdir(folder);
    const files = contents.map((_, position) => join(folder, String(position)));
    for (const [position, file] of files.entries()) await writeFile(file, contents[position] ?? '');
    const args = ['hash-object', '-w', '--no-filters', '--stdin-paths'];
    const ids = await gitOrThrow(args, { ...options, input: files.map((file) => `${file}\n`).join('') });
    return line(ids).split('\n');
  };

  return {
    /** Paths that one of the person's filter programs (LFS, git-crypt) handles. */
    filtered: async (paths: readonly string[]): Promise<ReadonlySet<string>> => {
      const args = ['check-attr', '-z', '--stdin', 'filter'];
      const fields = (await gitOrThrow(args, { ...options, input: paths.map((path) => `${path}\0`).join('') }))
        .toString()
        .split('\0');
      return new Set(paths.filter((_, position) => drivers.includes(fields[position * 3 + 2] ?? '')));
    },
    /** Disk to repository, for regular files of the work tree; `content` is what was read from there. */
    toStored: async (files: readonly Stored[]): Promise<Buffer[]> => {
      const ids = [];
      for (const { path, content } of files) {
        ids.push(
          line(await gitOrThrow(['hash-object', '-w', '--stdin', `--path=${path}`], { ...options, input: content })),
        );
      }
      const contents: Buffer[] = [];
      for await (const content of readBlobs(options, ids)) contents.push(content);
      return contents;
    },
    /** Repository to disk. No two paths may be the same or lie below each other. */
    toDisk: async (files: readonly Stored[]): Promise<Buffer[]> => {
      if (files.length === 0) return [];
      const ids = await storeRaw(files.map(({ content }) => content));
      const temporary = { ...options, index: fresh() };
      const entries = files.map(({ path }, position) => `100644 ${ids[position] ?? ''}\t${path}\0`).join('');
      await gitOrThrow(['update-index', '-z', '--index-info'], { ...temporary, input: entries });
      const folder = fresh();
      await gitOrThrow(['checkout-index', '--all', `--prefix=${folder}/`], temporary);
      return Promise.all(files.map(({ path }) => readFile(join(folder, path))));
    },
    /** Merges texts; conflicts are marked in the content. Null if git cannot merge them. */
    merge: async (versions: Versions): Promise<Merge> => {
      const folder = fresh();
      await mkdir(folder);
      for (const [name, content] of Object.entries(versions)) await writeFile(join(folder, name), content);
      const names = ['-L', labels.ours, '-L', labels.before, '-L', labels.after];
      const result = await git(['merge-file', '-p', '-q', '--diff3', ...names, 'ours', 'before', 'after'], {
        folder,
        gitDirectory: repository.gitDirectory,
        workTree: folder,
      });
      if (result.ok) return { clean: true, content: result.output };
      // The exit code is the number of conflicts, at most 127; above, git failed.
      return result.code !== null && result.code <= 127 ? { clean: false, content: result.output } : null;
    },
    idOf: (content: Buffer): string => blobId(content, like),
  };
};
export type Conversion = Awaited<ReturnType<typeof openConversion>>;
