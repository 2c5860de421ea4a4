import { expect, test } from 'vitest';
import { parsePatch } from '../../../shared/review/patch.ts';
import { reviewFiles, type ReviewFile, type Unit } from '../../../shared/review/review-file.ts';
import type { ChangedFile, ChangeSet, FileVersion } from '../../../shared/run/artifacts.ts';
import { acceptedFiles, choicesOf, choose, choiceOf, keepOnly, markReviewed, tallyOf, toggled } from './choices.ts';

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
@@ -1,5 +1,5 @@
 one
-two
+TWO
+too
 three
-four
 five
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

const [first, second] = two.units as [Unit, Unit]; // safe: a line that stays is between them

test('only what was accepted is applied: nothing undecided, nothing rejected, and of two near changes the one alone', () => {
  expect(acceptedFiles({}, files)).toEqual([]);
  let choices = choose({}, [two], { unit: second, verdict: 'accepted' });
  choices = choose(choices, [two], { unit: first, verdict: 'rejected' });
  choices = choose(choices, [gone], { unit: 'all', verdict: 'accepted' });
  choices = choose(choices, [picture], { unit: 'all', verdict: 'rejected' });
  expect(acceptedFiles(choices, files)).toEqual([
    { path: 'two', units: ['-4,1 +5,0'] },
    { path: 'gone', units: null },
  ]);
  expect(tallyOf(choices, files)).toEqual({ accepted: 2, rejected: 2, undecided: 1 });
  expect(acceptedFiles(choose(choices, files, { unit: 'rest', verdict: 'accepted' }), files)).toEqual([
    { path: 'two', units: ['-4,1 +5,0'] },
    { path: 'gone', units: null },
    { path: '__proto__', units: null },
  ]);
  expect(acceptedFiles(choose(choices, [two], { unit: first, verdict: 'accepted' }), files)[0]).toEqual({
    path: 'two',
    units: null,
  });
});

test('a half-decided round is there again in another window, change by change', () => {
  let choices = choose({}, [two], { unit: first, verdict: 'rejected' });
  choices = markReviewed(choices, gone, true);
  const kept: unknown = JSON.parse(JSON.stringify(keepOnly(choices, files)));
  expect(choicesOf(kept)).toEqual({ choices, forgotten: false });
  expect(choicesOf(undefined)).toEqual({ choices: {}, forgotten: false });
  // The same result, read anew.
  const again = reviewFiles(changes, parsePatch(patch));
  expect(tallyOf(choicesOf(kept).choices, again)).toEqual({ accepted: 0, rejected: 1, undecided: 4 });
});

test('what an earlier version kept by hunk is forgotten, and is taken for no change', () => {
  const { of } = choiceOf({}, two);
  const kept = { two: { of, verdicts: ['accepted', 'undecided'], reviewed: false } };
  expect(choicesOf(kept)).toEqual({ choices: {}, forgotten: true });
});

test('a file is reviewed when all of it is decided, or by a mark; another change of it begins anew', () => {
  let choices = choose({}, [two], { unit: first, verdict: 'accepted' });
  expect(choiceOf(choices, two).reviewed).toBe(false);
  choices = choose(choices, [two], { unit: second, verdict: 'rejected' });
  expect(choiceOf(choices, two).reviewed).toBe('decided');
  expect(choiceOf(choose(choices, [two], { unit: first, verdict: 'undecided' }), two)).toMatchObject({
    units: { [second.id]: 'rejected' },
    reviewed: false,
  });
  expect(choiceOf(markReviewed({}, gone, true), gone).reviewed).toBe(true);
  const next: ReviewFile = { ...two, file: changed('two', { after: version('two', 'c') }) };
  expect(choiceOf(choices, next)).toMatchObject({ units: {}, reviewed: false });
  expect(acceptedFiles(choices, [next])).toEqual([]);
  expect(keepOnly(choices, [next, gone])).toMatchObject({ two: { units: {} } });
  expect(keepOnly(choices, [gone])).toEqual({});
});

test('the key for reviewed confirms what counts so because all of it is decided, and takes a mark away only when it is one', () => {
  const decided = choose({}, [gone], { unit: 'all', verdict: 'accepted' });
  expect(choiceOf(decided, gone).reviewed).toBe('decided');
  expect(toggled(choiceOf(decided, gone))).toBe(true);
  const marked = markReviewed(decided, gone, true);
  expect([choiceOf(marked, gone).reviewed, toggled(choiceOf(marked, gone))]).toEqual([true, false]);
  expect(toggled(choiceOf({}, gone))).toBe(true);
  // Deciding it again leaves the mark, and undoing a decision takes it away.
  expect(choiceOf(choose(marked, [gone], { unit: 'all', verdict: 'rejected' }), gone).reviewed).toBe(true);
  expect(choiceOf(choose(marked, [gone], { unit: 'all', verdict: 'undecided' }), gone).reviewed).toBe(false);
});
