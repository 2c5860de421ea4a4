import { expect, test } from 'vitest';
import { parsePatch } from '../../../shared/review/patch.ts';
import type { ReviewFile } from '../../../shared/review/review-file.ts';
import type { FileVersion } from '../../../shared/run/artifacts.ts';
import { contentFromPatch } from './content.ts';

const version = (bytes: number): FileVersion => ({ path: 'x', mode: '100644', blob: 'a'.repeat(64), bytes });
const fileOf = (lines: string, sides: Pick<ReviewFile['file'], 'before' | 'after'>): ReviewFile => ({
  path: 'x',
  file: { status: 'added', binary: false, additions: 0, deletions: 0, ...sides },
  hunks: parsePatch(`diff --git a/x b/x\n${lines}`)[0]?.hunks ?? [],
});
const read = (file: ReviewFile): string | null => {
  const content = contentFromPatch(file);
  return content === null ? null : new TextDecoder().decode(content);
};

test('an added and a deleted file are read from their patch, to the last byte', () => {
  const added = '@@ -0,0 +1,2 @@\n+één\r\n+two\n\\ No newline at end of file\n';
  expect(read(fileOf(added, { before: null, after: version(10) }))).toBe('één\r\ntwo');
  expect(read(fileOf('@@ -1 +0,0 @@\n-one\n', { before: version(4), after: null }))).toBe('one\n');
});

test('what the patch does not hold for sure is read as a blob', () => {
  const one = '@@ -0,0 +1 @@\n+one\n';
  expect([
    read(fileOf(one, { before: null, after: version(5) })),
    read(fileOf('@@ -0,0 +1 @@\n+\uFFFD\n', { before: null, after: version(4) })),
    read(fileOf('@@ -1 +1 @@\n-one\n+two\n', { before: version(4), after: version(4) })),
    read(fileOf('', { before: null, after: version(0) })),
  ]).toEqual([null, null, null, null]);
});
