import { expect, test } from 'vitest';
import type { LineChange } from '../../../shared/review/patch.ts';
import { reviewFiles, type ReviewFile } from '../../../shared/review/review-file.ts';
import type { ChangedFile, FileVersion } from '../../../shared/run/artifacts.ts';
import { lineOf, neighbour, topOf, unitsAt } from './places.ts';

const version = (rest: Partial<FileVersion>): FileVersion => ({
  path: 'a',
  mode: '100644',
  blob: 'a'.repeat(64),
  bytes: 1,
  ...rest,
});
const fileOf = (rest: Partial<ChangedFile>, changes: readonly LineChange[] = []): ReviewFile => {
  const file: ChangedFile = {
    status: 'modified',
    before: version({}),
    after: version({ blob: 'b'.repeat(64) }),
    binary: false,
    additions: 0,
    deletions: 0,
    ...rest,
  };
  const commit = { commit: '1'.repeat(40), tree: '2'.repeat(40) };
  const patch = { before: 'a', after: 'a', modes: { before: null, after: null }, binary: false, changes };
  return reviewFiles({ base: commit, head: commit, patch: '3'.repeat(64), files: [file] }, [patch])[0]!;
};
const at = (line: number, ...lines: readonly string[]): LineChange['before'] => ({ at: line, lines });

/** Executable now; line 5 becomes two, lines 9 and 10 go. */
const tool = fileOf({ after: version({ mode: '100755', blob: 'b'.repeat(64) }) }, [
  { before: at(5, 'x\n'), after: at(5, 'y\n', 'z\n') },
  { before: at(9, 'v\n', 'w\n'), after: at(10) },
]);
const ids = (file: ReviewFile, line: number): readonly string[] => unitsAt(file, 'after', line).map(({ id }) => id);

test('a change is decided where it is shown, on either side; what is said in words, on the line before the first', () => {
  expect(tool.units.map((unit) => [unit.id, lineOf(tool, unit, 'before'), lineOf(tool, unit, 'after')])).toEqual([
    ['mode', 4, 4],
    ['-6,1 +6,2', 5, 5],
    ['-10,2 +11,0', 9, 10],
  ]);
  expect([0, 4, 5, 6, 7, 9, 10, 11].map((line) => ids(tool, line))).toEqual([
    [],
    ['mode'],
    ['-6,1 +6,2'],
    ['-6,1 +6,2'],
    [],
    [],
    ['-10,2 +11,0'],
    [],
  ]);
});

test('where the first line changed, both are decided at the top; a file that is decided as one, anywhere', () => {
  const first = fileOf({ after: version({ mode: '100755', blob: 'b'.repeat(64) }) }, [
    { before: at(0, 'x\n'), after: at(0, 'y\n') },
  ]);
  expect([topOf(first, 'after'), ids(first, 0)]).toEqual([0, ['mode', '-1,1 +1,1']]);
  expect(ids(fileOf({ binary: true }), 7)).toEqual(['content']);
  expect(ids(fileOf({ before: null }, [{ before: at(0), after: at(0, 'x\n') }]), 7)).toEqual(['whole']);
  expect(ids(fileOf({ after: version({ mode: '100755' }) }), 0)).toEqual(['mode']);
});

test('from one change to the next and back, and no further', () => {
  const go = (line: number, step: 1 | -1): number | null => neighbour(tool, 'after', { line, step });
  expect([go(0, 1), go(4, 1), go(7, 1), go(10, 1)]).toEqual([4, 5, 10, null]);
  expect([go(20, -1), go(10, -1), go(5, -1), go(4, -1)]).toEqual([10, 5, 4, null]);
});
