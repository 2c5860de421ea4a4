import type { RestEntries } from './rest-journal.ts';
import { foldersOf, type Listed } from './tree-listing.ts';

/** What may be kept beside a checkpoint. */
export interface RestLimits {
  readonly bytes: number;
  readonly files: number;
}

/** A dependency folder of a large project has 1 GB and 100,000 files. */
export const usualLimits: RestLimits = { bytes: 2 * 1024 ** 3, files: 200_000 };
/**
 * What of `candidates` is to be kept, and the paths of what is left because it is too much: whole folders that hold nothing of git's, the largest
 * first. What was left `before` is left first: else each saving might copy another gigabyte.
 */
export const within = (
  limits: RestLimits,
  candidates: readonly Listed[],
  { covered, before }: { readonly covered: ReadonlySet<string>; readonly before: RestEntries },
): { readonly kept: readonly Listed[]; readonly left: readonly string[] } => {
  const files = candidates.flatMap((entry) => (entry.kind === 'file' && !covered.has(entry.path) ? [entry] : []));
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let count = files.length;
  const fits = (): boolean => bytes <= limits.bytes && count <= limits.files;
  if (fits()) return { kept: candidates, left: [] };
  const holding = foldersOf(covered);
  const groups = Array.from(
    Map.groupBy(files, ({ path }) => groupOf(path, holding)),
    ([path, held]) => ({ path, bytes: held.reduce((sum, file) => sum + file.bytes, 0), count: held.length }),
  );
  const left = new Set<string>();
  for (const group of groups.sort(
    (one, other) => rank(before, other.path) - rank(before, one.path) || size(other) - size(one),
  )) {
    if (fits()) break;
    left.add(group.path);
    bytes -= group.bytes;
    count -= group.count;
  }
  return { kept: candidates.filter(({ path }) => !left.has(groupOf(path, holding))), left: [...left] };
};

/** The outermost folder of a path that holds nothing of git's. */
const groupOf = (path: string, holding: ReadonlySet<string>): string => {
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1))
    if (!holding.has(path.slice(0, end))) return path.slice(0, end);
  return path;
};

/** A file costs more than what is in it. */
const size = ({ bytes, count }: { readonly bytes: number; readonly count: number }): number => bytes + count * 4096;

const rank = (before: RestEntries, path: string): number => (before.get(path)?.k === 'left' ? 1 : 0);
