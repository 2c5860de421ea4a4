import { expect, test } from 'vitest';
import { parsePatch } from '../../../shared/review/patch.ts';
import { reviewFiles, type ReviewFile } from '../../../shared/review/review-file.ts';
import type { ChangedFile, ChangeSet, FileVersion } from '../../../shared/run/artifacts.ts';
import {
  acceptedFiles,
  choose,
  choiceOf,
  Choices,
  keepOnly,
  markReviewed,
  neighbour,
  placeOf,
  tallyOf,
  unitAt,
} from './choices.ts';

const version = (path: string, digit: string): FileVersion => ({
  path,
  mode: '100644',
  blob: digit.repeat(64),
  bytes: 10,
});
const changed = (path: string, rest: Partial<ChangedFile> = {}): ChangedFile => ({
  status: 'modified',
  before: version(path, 'a'),
  after: version(path, 'b'),
  binary: false,
  additions: 2,
  deletions: 2,
  ...rest,
});
const patch = `diff --git a/two b/two
--- a/two
+++ b/two
@@ -1,4 +1,5 @@
 one
-two
+TWO
+too
 three
 four
@@ -20,4 +21,3 @@ section
 20
-21
 22
 23
diff --git a/gone b/gone
deleted file mode 100644
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-gone
diff --git a/picture b/picture
GIT binary patch
`;
const commit = { commit: '1'.repeat(40), tree: '2'.repeat(40) };
const changes: ChangeSet = {
  base: commit,
  head: commit,
  patch: '3'.repeat(64),
  files: [
    changed('two'),
    changed('gone', { status: 'deleted', after: null }),
    changed('picture', { binary: true }),
    changed('__proto__', { status: 'added', before: null }),
  ],
};
const files = reviewFiles(changes, parsePatch(patch));
const [two, gone, picture] = files as [ReviewFile, ReviewFile, ReviewFile]; // safe: four files were given

test('only what was accepted is applied: nothing undecided, nothing rejected', () => {
  expect(acceptedFiles({}, files)).toEqual([]);
  let choices = choose({}, [two], { unit: 1, verdict: 'accepted' });
  choices = choose(choices, [two], { unit: 0, verdict: 'rejected' });
  choices = choose(choices, [gone], { unit: 'all', verdict: 'accepted' });
  choices = choose(choices, [picture], { unit: 0, verdict: 'rejected' });
  expect(acceptedFiles(choices, files)).toEqual([
    { path: 'two', hunks: [1] },
    { path: 'gone', hunks: null },
  ]);
  expect(tallyOf(choices, files)).toEqual({ accepted: 2, rejected: 2, undecided: 1 });
  expect(acceptedFiles(choose(choices, files, { unit: 'rest', verdict: 'accepted' }), files)).toEqual([
    { path: 'two', hunks: [1] },
    { path: 'gone', hunks: null },
    { path: '__proto__', hunks: null },
  ]);
  expect(acceptedFiles(choose(choices, [two], { unit: 0, verdict: 'accepted' }), files)[0]).toEqual({
    path: 'two',
    hunks: null,
  });
  expect(Choices.parse(JSON.parse(JSON.stringify(choices)))).toEqual(choices);
});

test('a file is reviewed when all of it is decided, or by a mark; another change of it begins anew', () => {
  let choices = choose({}, [two], { unit: 0, verdict: 'accepted' });
  expect(choiceOf(choices, two).reviewed).toBe(false);
  choices = choose(choices, [two], { unit: 1, verdict: 'rejected' });
  expect(choiceOf(choices, two).reviewed).toBe(true);
  expect(choiceOf(markReviewed({}, gone, true), gone).reviewed).toBe(true);
  const next: ReviewFile = { ...two, file: changed('two', { after: version('two', 'c') }) };
  expect(choiceOf(choices, next)).toMatchObject({ verdicts: ['undecided', 'undecided'], reviewed: false });
  expect(acceptedFiles(choices, [next])).toEqual([]);
  expect(keepOnly(choices, [next, gone])).toMatchObject({ two: { verdicts: ['undecided', 'undecided'] } });
  expect(keepOnly(choices, [gone])).toEqual({});
});

test('hunks are found at their lines on either side, and from one another', () => {
  expect(two.hunks.map((hunk) => placeOf(hunk, 'after'))).toEqual([
    { first: 0, changed: 1, last: 4 },
    { first: 20, changed: 21, last: 22 },
  ]);
  expect(gone.hunks.map((hunk) => [placeOf(hunk, 'before'), placeOf(hunk, 'after')])).toEqual([
    [
      { first: 0, changed: 0, last: 0 },
      { first: 0, changed: 0, last: 0 },
    ],
  ]);
  expect([0, 4, 5, 22, 23].map((line) => unitAt(two, 'after', line))).toEqual([0, 0, null, 1, null]);
  expect(unitAt(picture, 'after', 7)).toBe(0);
  const go = (line: number, step: 1 | -1): number | null => neighbour(two, 'after', { line, step });
  expect([go(0, 1), go(1, 1), go(21, 1), go(21, -1), go(1, -1)]).toEqual([1, 21, null, 1, null]);
});
