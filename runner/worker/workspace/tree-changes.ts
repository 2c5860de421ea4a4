import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keepBlobs, readBlobs } from '../../machine/git/blobs.ts';
import { gitOrThrow, gitToFile, pathBytes, splitNul, type GitOptions } from '../../machine/git/git.ts';
import type { ChangedFile, FileVersion } from '../../../shared/run/artifacts.ts';
import { checkResultSize, resultLimits, type ResultLimits } from './result-size.ts';
import type { TreeEntry } from './tree-files.ts';
import type { Changes, Differing, Keeping } from './workspace.ts';

/** Lines added and deleted; binary content has none. */
interface Counts {
  readonly binary: boolean;
  readonly additions: number;
  readonly deletions: number;
}

const absent = '000000';

/** One line of `git diff-tree --raw`. Paths hold one byte per character. Null stands for a side that does not exist. */
interface RawChange {
  readonly before: TreeEntry | null;
  readonly after: TreeEntry | null;
}

const rawOf = (line: string, take: () => string): RawChange => {
  const [before = '', after = '', from = '', to = '', letter = ''] = line.slice(1).split(' ');
  const first = take();
  const second = letter.startsWith('R') ? take() : first;
  return {
    before: before === absent ? null : { path: first, mode: before, object: from },
    after: after === absent ? null : { path: second, mode: after, object: to },
  };
};

/** Those of a file that was renamed are followed by both of its paths. */
const countsOf = (line: string, take: () => string): Counts => {
  const [added = '', deleted = '', path = ''] = line.split('\t');
  if (path === '') for (const _ of ['before', 'after']) take();
  const binary = added === '-';
  return { binary, additions: binary ? 0 : Number(added), deletions: binary ? 0 : Number(deleted) };
};

/** Parses `diff-tree -z --raw [--numstat]`: all raw entries come first, then their counts in the same order. */
const parseDiff = (output: Buffer): { readonly changes: readonly RawChange[]; readonly counts: readonly Counts[] } => {
  const fields = splitNul(output).values();
  const take = (): string => fields.next().value ?? '';
  const changes: RawChange[] = [];
  const counts: Counts[] = [];
  for (const field of fields)
    if (field.startsWith(':')) changes.push(rawOf(field, take));
    else counts.push(countsOf(field, take));
  return { changes, counts };
};

/** The files that differ between two trees; a renamed one is two. */
export const readRaw = async (repository: GitOptions, { from, to }: Range): Promise<readonly RawChange[]> => {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', from, to];
  return parseDiff(await gitOrThrow(args, repository)).changes;
};

const modeOf = (mode: string): FileVersion['mode'] => {
  if (mode !== '100644' && mode !== '100755' && mode !== '120000') throw new Error(`unexpected file mode ${mode}`);
  return mode;
};

const sidesOf = (changes: readonly RawChange[]): readonly TreeEntry[] =>
  changes.flatMap(({ before, after }) => [before, after].filter((side) => side !== null));

const statusOf = ({ before, after }: RawChange): ChangedFile['status'] => {
  if (before === null) return 'added';
  if (after === null) return 'deleted';
  return before.path === after.path ? 'modified' : 'renamed';
};

interface Range {
  readonly from: string;
  readonly to: string;
}

const link = '120000';

/** The files that differ, without their contents, and where links lead. */
export const readDifference = async (repository: GitOptions, range: Range): Promise<readonly Differing[]> => {
  const changes = await readRaw(repository, range);
  const links = changes.flatMap(({ after }) => (after?.mode === link ? [after.object] : []));
  const targets: string[] = [];
  for await (const content of readBlobs(repository, links)) targets.push(content.toString());
  let next = 0;
  return changes.map(({ before, after }) => ({
    path: pathBytes((after ?? before)?.path ?? '').toString(),
    target: after?.mode === link ? (targets[next++] ?? '') : null,
  }));
};

/** Paths that one command line takes; a person reads fewer. */
const mostPaths = 200;

export const readPatch = async (
  repository: GitOptions,
  { from, to }: Range,
  paths: readonly string[],
): Promise<string> => {
  const args = ['--literal-pathspecs', 'diff-tree', '-r', '-p', '--no-renames', '--no-ext-diff', '--no-textconv'];
  const only = ['--', ...paths.slice(0, mostPaths)];
  return (await gitOrThrow([...args, '--no-color', from, to, ...only], repository)).toString();
};

/**
 * What differs between two commits, with renames (half of the content alike), counts, contents and a patch. Contents and patch pass through, by a file in
 * the repository where they are large: none is held whole. Throws ResultTooLarge.
 */
export const readChanges = async (
  repository: GitOptions & { readonly gitDirectory: string },
  range: Range & { readonly limits?: ResultLimits },
  keeping: Keeping,
): Promise<Changes> => {
  await checkResultSize(repository, sidesOf(await readRaw(repository, range)), range.limits ?? resultLimits);
  const common = ['diff-tree', '-r', '-M50%', '--no-ext-diff', '--no-textconv', '--no-color', '--full-index'];
  const summary = await gitOrThrow(
    [...common, '-z', '--raw', '--numstat', '--no-abbrev', range.from, range.to],
    repository,
  );
  const { changes, counts } = parseDiff(summary);
  const objects = [...new Set(sidesOf(changes).map(({ object }) => object))];
  const file = join(repository.gitDirectory, 'outgoing.content');
  const kept = new Map<string, { blob: string; bytes: number }>();
  let patch;
  try {
    let position = 0;
    for await (const { name: blob, bytes } of keepBlobs(repository, objects, { file, keeping })) {
      kept.set(objects[position] ?? '', { blob, bytes });
      position += 1;
    }
    const args = [...common, '-p', '--binary', '--src-prefix=a/', '--dst-prefix=b/', range.from, range.to];
    await gitToFile(args, repository, { file });
    patch = await keeping.patch(file);
  } finally {
    await rm(file, { force: true });
  }
  const version = (side: RawChange['before']): FileVersion | null => {
    const content = side === null ? undefined : kept.get(side.object);
    return side === null || content === undefined
      ? null
      : { path: pathBytes(side.path).toString(), mode: modeOf(side.mode), ...content };
  };
  const files = changes.map((change, position) => ({
    status: statusOf(change),
    before: version(change.before),
    after: version(change.after),
    ...(counts[position] ?? { binary: false, additions: 0, deletions: 0 }),
  }));
  return { files, patch };
};
