import type { ChangeSet, FileVersion } from '../../../shared/run/artifacts.ts';

/** How one file differs between the results of two rounds. */
export interface RoundDifference {
  readonly path: string;
  readonly before: FileVersion | null;
  readonly after: FileVersion | null;
  readonly binary: boolean;
}

interface Side {
  readonly version: FileVersion | null;
  readonly binary: boolean;
}

/** What a result has at each path that it touches; null: nothing any more. */
const resultAt = ({ files }: ChangeSet): ReadonlyMap<string, Side> => {
  const at = new Map<string, Side>();
  for (const { before, binary } of files) if (before !== null) at.set(before.path, { version: null, binary });
  for (const { after, binary } of files) if (after !== null) at.set(after.path, { version: after, binary });
  return at;
};

/** What was at each touched path before the run. */
const baseAt = ({ files }: ChangeSet): ReadonlyMap<string, Side> => {
  const at = new Map<string, Side>();
  for (const { before, binary } of files) if (before !== null) at.set(before.path, { version: before, binary });
  return at;
};

const same = (one: FileVersion | null, other: FileVersion | null): boolean =>
  one?.blob === other?.blob && one?.mode === other?.mode;

/**
 * What changed from the result of an earlier round to that of a later one of the same run. A file that only one of them touches is as it
 * was before the run in the other. In the order of the paths.
 */
export const compareRounds = (earlier: ChangeSet, later: ChangeSet): readonly RoundDifference[] => {
  const [one, other] = [resultAt(earlier), resultAt(later)];
  const base = new Map([...baseAt(earlier), ...baseAt(later)]);
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  return paths.flatMap((path) => {
    const before = one.get(path) ?? base.get(path);
    const after = other.get(path) ?? base.get(path);
    if (same(before?.version ?? null, after?.version ?? null)) return [];
    return [
      {
        path,
        before: before?.version ?? null,
        after: after?.version ?? null,
        binary: before?.binary === true || after?.binary === true,
      },
    ];
  });
};
