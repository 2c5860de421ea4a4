import { join } from 'node:path';
import { gitOrThrow, joinNul, pathBytes, splitNul, type GitOptions } from '../git/git.ts';
import { refused, type Refusal } from './user-repository.ts';

interface LeaveOut {
  /** Files, or folders with all that is in them, from the root of the repository, as UTF-8. */
  readonly without: readonly string[];
  /** The last commit; null: there is none. */
  readonly head: string | null;
  /** Of the repository, absolute. */
  readonly root: string;
}

const unknownObject = (head: string | null): string => '0'.repeat(head?.length ?? 40);

/** By path, as `update-index --index-info` takes them. */
const entriesOf = async (options: GitOptions, head: string | null): Promise<ReadonlyMap<string, string>> => {
  if (head === null) return new Map();
  const listed = splitNul(await gitOrThrow(['ls-tree', '-r', '-z', '--full-tree', head], options));
  return new Map(listed.map((entry) => [entry.slice(entry.indexOf('\t') + 1), entry.replace(/ (blob|commit) /, ' ')]));
};

/** What git takes for one file under another name: old and new, as `splitNul` gives paths. */
const renamesIn = async (
  options: GitOptions,
  head: string | null,
): Promise<readonly (readonly [before: string, after: string])[]> => {
  if (head === null) return [];
  const args = ['diff-index', '--cached', '-z', '--find-renames', '--diff-filter=R', '--name-status', head, '--'];
  const said = splitNul(await gitOrThrow(args, options));
  return Array.from({ length: Math.floor(said.length / 3) }, (_, index) => [
    said[3 * index + 1] ?? '',
    said[3 * index + 2] ?? '',
  ]);
};

/** A file that has another name is left out under both: one alone would have it twice, or not at all. */
const withOtherNames = (
  changed: readonly string[],
  named: readonly string[],
  renames: readonly (readonly [before: string, after: string])[],
): readonly string[] => {
  const all = new Set(named);
  for (const pair of renames) if (pair.some((path) => all.has(path))) for (const path of pair) all.add(path);
  return changed.filter((path) => all.has(path));
};

/**
 * Takes changes out of an index that has the whole working tree: what they are about is again as in the last commit, or not there.
 * Gives the paths that were left out, as `splitNul` does. A path that no change is about is refused: whoever misspelt one would send what they did not want to.
 */
export const leaveOut = async (
  options: GitOptions & { readonly index: string },
  { without, head, root }: LeaveOut,
): Promise<readonly string[] | Refusal> => {
  if (without.length === 0) return [];
  const listing =
    head === null
      ? ['ls-files', '-z', '--cached']
      : ['diff-index', '--cached', '-z', '--name-only', '--no-renames', '--ignore-submodules=none', head, '--'];
  const changed = splitNul(await gitOrThrow(listing, options));
  const wanted = without.map((path) => Buffer.from(path.replace(/\/+$/, '')).toString('latin1'));
  const isIn = (path: string, left: string): boolean => path === left || path.startsWith(`${left}/`);
  const missed = wanted.find((left) => !changed.some((path) => isIn(path, left)));
  if (missed !== undefined)
    return refused(
      `Nothing that is not committed lies at ${JSON.stringify(join(root, pathBytes(missed).toString()))}, so it cannot be left out.`,
      `Name what git shows there: git -C ${JSON.stringify(root)} status`,
    );
  const named = changed.filter((path) => wanted.some((each) => isIn(path, each)));
  const left = withOtherNames(changed, named, await renamesIn(options, head));
  const before = await entriesOf(options, head);
  const gone = left.map((path) => `0 ${unknownObject(head)}\t${path}`);
  const back = left.flatMap((path) => before.get(path) ?? []);
  await gitOrThrow(['update-index', '-z', '--index-info'], { ...options, input: joinNul([...gone, ...back]) });
  // git lets a folder that comes back take the place of a new file, and nobody said to leave that out.
  const along = new Set(splitNul(await gitOrThrow(listing, options)));
  const asked = new Set(left);
  const dropped = changed.find((path) => !asked.has(path) && !along.has(path));
  if (dropped === undefined) return left;
  return refused(
    `These changes cannot be left out alone: where they were there is ${JSON.stringify(pathBytes(dropped).toString())} now.`,
    'Leave out both, or neither.',
  );
};
