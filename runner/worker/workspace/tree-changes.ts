import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keepBlobs, readBlobs } from '../../machine/git/blobs.ts';
import { gitOrThrow, gitToFile, pathBytes, splitNul, type GitOptions } from '../../machine/git/git.ts';
import type { ChangedFile, FileVersion } from '../../../shared/run/artifacts.ts';
import type { RawChange } from './raw-change.ts';
import { checkResultSize, RESULT_LIMITS, type ResultLimits } from './result-size.ts';
import type { Changes, Differing, Keeping } from './workspace.ts';

/** Lines added and deleted; binary content has none. */
interface Counts {
  readonly binary: boolean;
  readonly additions: number;
  readonly deletions: number;
}

const ABSENT = '000000';

const parseRaw = (fields: readonly string[], start: number): { change: RawChange; next: number } => {
  const [before = '', after = '', from = '', to = '', letter = ''] = (fields[start] ?? '').slice(1).split(' ');
  const first = fields[start + 1] ?? '';
  const moved = letter.startsWith('R');
  const second = moved ? (fields[start + 2] ?? '') : first;
  return {
    change: {
      status: letter.slice(0, 1),
      before: before === ABSENT ? null : { path: first, mode: before, object: from },
      after: after === ABSENT ? null : { path: second, mode: after, object: to },
    },
    next: start + (moved ? 3 : 2),
  };
};

const parseCounts = (fields: readonly string[], start: number): { counts: Counts; next: number } => {
  const [added = '', deleted = '', path = ''] = (fields[start] ?? '').split('\t');
  const binary = added === '-';
  return {
    counts: { binary, additions: binary ? 0 : Number(added), deletions: binary ? 0 : Number(deleted) },
    next: start + (path === '' ? 3 : 1),
  };
};

/** Parses `diff-tree -z --raw [--numstat]`: all raw entries come first, then their counts in the same order. */
export const parseDiff = (output: Buffer): { changes: RawChange[]; counts: Counts[] } => {
  const fields = splitNul(output);
  const changes: RawChange[] = [];
  const counts: Counts[] = [];
  let at = 0;
  while (at < fields.length && (fields[at] ?? '').startsWith(':')) {
    const { change, next } = parseRaw(fields, at);
    changes.push(change);
    at = next;
  }
  while (at < fields.length) {
    const parsed = parseCounts(fields, at);
    counts.push(parsed.counts);
    at = parsed.next;
  }
  return { changes, counts };
};

const MODES = { '100644': '100644', '100755': '100755', '120000': '120000' } as const;

const modeOf = (mode: string): FileVersion['mode'] => {
  if (mode !== '100644' && mode !== '100755' && mode !== '120000') throw new Error(`unexpected file mode ${mode}`);
  return MODES[mode];
};

const statusOf = ({ before, after }: RawChange): ChangedFile['status'] => {
  if (before === null) return 'added';
  if (after === null) return 'deleted';
  return before.path === after.path ? 'modified' : 'renamed';
};

interface Range {
  readonly from: string;
  readonly to: string;
}

const LINK = '120000';

/** The files that differ, without their contents, and where links lead. */
export const readDifference = async (repository: GitOptions, { from, to }: Range): Promise<readonly Differing[]> => {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', from, to];
  const { changes } = parseDiff(await gitOrThrow(args, repository));
  const links = changes.flatMap(({ after }) => (after?.mode === LINK ? [after.object] : []));
  const targets: string[] = [];
  for await (const content of readBlobs(repository, links)) targets.push(content.toString());
  let next = 0;
  return changes.map(({ before, after }) => ({
    path: pathBytes((after ?? before)?.path ?? '').toString(),
    target: after?.mode === LINK ? (targets[next++] ?? '') : null,
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
  const names = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', range.from, range.to];
  await checkResultSize(
    repository,
    parseDiff(await gitOrThrow(names, repository)).changes,
    range.limits ?? RESULT_LIMITS,
  );
  const common = ['diff-tree', '-r', '-M50%', '--no-ext-diff', '--no-textconv', '--no-color', '--full-index'];
  const summary = await gitOrThrow(
    [...common, '-z', '--raw', '--numstat', '--no-abbrev', range.from, range.to],
    repository,
  );
  const { changes, counts } = parseDiff(summary);
  const objects = [
    ...new Set(changes.flatMap(({ before, after }) => [before?.object ?? [], after?.object ?? []].flat())),
  ];
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
    await gitToFile(args, repository, file);
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
