import { expect, test } from 'vitest';
import type { ChangedFile, ChangeSet, FileVersion } from '../run/artifacts.ts';
import { parsePatch } from './patch.ts';
import { reviewFiles, unseenOf } from './review-file.ts';

const version = (path: string, mode: FileVersion['mode'], digit: string): FileVersion => ({
  path,
  mode,
  blob: digit.repeat(64),
  bytes: 10,
});
const changed = (before: FileVersion | null, after: FileVersion | null, binary = false): ChangedFile => ({
  status: before === null ? 'added' : after === null ? 'deleted' : before.path === after.path ? 'modified' : 'renamed',
  before,
  after,
  binary,
  additions: 0,
  deletions: 0,
});
const commit = { commit: '1'.repeat(40), tree: '2'.repeat(40) };
const changes = (files: ChangedFile[]): ChangeSet => ({ base: commit, head: commit, patch: '3'.repeat(64), files });

const [plain, executable, link] = ['100644', '100755', '120000'] as const;
/** Of one line, as git writes it of a link: without a line break. */
const patchOf = (path: string, before: string | null, after: string | null): string =>
  [
    `diff --git a/${path} b/${path}`,
    ...(before === null ? ['new file mode 120000'] : []),
    ...(after === null ? ['deleted file mode 120000'] : []),
    `@@ -${before === null ? '0,0' : 1} +${after === null ? '0,0' : 1} @@`,
    ...(before === null ? [] : [`-${before}`, '\\ No newline at end of file']),
    ...(after === null ? [] : [`+${after}`, '\\ No newline at end of file']),
    '',
  ].join('\n');

const told = (files: ChangedFile[], patch: string) =>
  reviewFiles(changes(files), parsePatch(patch)).map((file) => [file.units.map(({ id }) => id), unseenOf(file)]);

test('what two texts do not show is said in words, and is a unit of its own where it can be decided alone', () => {
  const files = [
    changed(version('tool', plain, 'a'), version('tool', executable, 'a')),
    changed(version('script', executable, 'a'), version('script', plain, 'b')),
    changed(version('old name', plain, 'a'), version('new\nname', executable, 'b')),
    changed(version('picture', plain, 'a'), version('picture', executable, 'b'), true),
    changed(version('text', plain, 'a'), version('text', plain, 'b')),
    changed(null, version('fresh', plain, 'b')),
    changed(null, version('fresh tool', executable, 'b')),
    changed(version('gone', executable, 'a'), null),
  ];
  const patch = `diff --git a/script b/script
@@ -1,3 +1,3 @@
-one
+ONE
 two
-three
+THREE
diff --git a/text b/text
@@ -1 +1 @@
-a
+b
diff --git a/fresh b/fresh
@@ -0,0 +1 @@
+b
`;
  expect(told(files, patch)).toEqual([
    [['mode'], 'now executable (mode 100644 → 100755)'],
    [['mode', '-1,1 +1,1', '-3,1 +3,1'], 'no longer executable (mode 100755 → 100644)'],
    [['name', 'mode', 'content'], 'renamed: old name → "new\\nname", now executable (mode 100644 → 100755)'],
    [['mode', 'content'], 'now executable (mode 100644 → 100755)'],
    [['-1,1 +1,1'], ''],
    [['whole'], ''],
    [['whole'], 'executable (mode 100755)'],
    [['whole'], ''],
  ]);
});

test('a link is taken whole, with where it led and leads', () => {
  const files = [
    changed(version('moved', link, 'a'), version('moved', link, 'b')),
    changed(version('becomes', plain, 'a'), version('becomes', link, 'b')),
    changed(version('ends', link, 'a'), version('ends', executable, 'b')),
    changed(version('here', link, 'a'), version('there', link, 'a')),
    changed(null, version('fresh', link, 'b')),
    changed(version('gone', link, 'a'), null),
  ];
  const patch = [
    patchOf('moved', 'docs', '../../etc'),
    patchOf('becomes', 'text', null),
    patchOf('becomes', null, 'docs'),
    patchOf('ends', 'docs', null),
    patchOf('ends', null, 'text'),
    patchOf('fresh', null, '\u202eevil'),
    patchOf('gone', 'docs', null),
  ].join('');
  expect(told(files, patch)).toEqual([
    [['whole'], 'was a link to docs, is a link to ../../etc'],
    [['whole'], 'was a file, is a link to docs'],
    [['whole'], 'was a link to docs, is a file, executable (mode 100755)'],
    [['whole'], 'link renamed: here → there'],
    [['whole'], 'a link to "<U+202E>evil"'],
    [['whole'], 'was a link to docs'],
  ]);
  // A list of files has no patch.
  expect(told(files.slice(0, 2), '').map(([, words]) => words)).toEqual([
    'link that leads elsewhere',
    'was a file, is a link',
  ]);
});
