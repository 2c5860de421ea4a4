import { expect, test } from 'vitest';
import { parsePatch } from '../../../shared/review/patch.ts';
import type { ReviewFile } from '../../../shared/review/review-file.ts';
import type { FileVersion } from '../../../shared/run/artifacts.ts';
import { contentFromPatch, contentOf, shownAs } from './content.ts';

const version = (bytes: number): FileVersion => ({ path: 'x', mode: '100644', blob: 'a'.repeat(64), bytes });
type Two = Pick<ReviewFile, 'file' | 'changes'>;
const fileOf = (lines: string, sides: Pick<ReviewFile['file'], 'before' | 'after'>): Two => ({
  file: { status: 'added', binary: false, additions: 0, deletions: 0, ...sides },
  changes: parsePatch(`diff --git a/x b/x\n${lines}`)[0]?.changes ?? [],
});
const read = (file: Two): string | null => {
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

const shown = (version: FileVersion | null, how: Partial<Parameters<typeof shownAs>[1]> = {}): string =>
  shownAs(version, { same: false, binary: false, alone: false, ...how }).as;

test('an image is one in an editor of its own, what has no text is a notice, and a side without a file is nothing', () => {
  const picture = { ...version(3), path: 'docs/Logo.PNG' };
  expect([
    shown(version(3)),
    shown(version(3), { binary: true }),
    shown(version(3), { binary: true, alone: true }),
    shown(picture, { binary: true }),
    shown(picture, { binary: true, alone: true }),
    shown(picture, { alone: true }),
    shown(null, { binary: true, alone: true }),
  ]).toEqual(['text', 'notice', 'notice', 'notice', 'image', 'text', 'nothing']);
});

test('two sides with one content show in a list what they differ in, and in an editor of their own what is in them', () => {
  expect([shown(version(3), { same: true }), shown(version(3), { same: true, alone: true })]).toEqual([
    'notice',
    'text',
  ]);
  const said = (mode: FileVersion['mode']): string =>
    new TextDecoder().decode(contentOf({ as: 'notice', blob: 'a'.repeat(64), bytes: 1234, mode }, 'bin/\u202erun'));
  expect(said('100755')).toBe(
    `bin/<U+202E>run\nExecutable file (mode 100755)\n1,234 bytes\nSHA-256 ${'a'.repeat(64)}\n`,
  );
  expect(said('100644')).toContain('\nFile (mode 100644)\n');
});

test('nothing is an empty text, and among images one pixel that is none', () => {
  expect(contentOf({ as: 'nothing' }, 'a.txt')).toEqual(new Uint8Array());
  expect(new TextDecoder('latin1').decode(contentOf({ as: 'nothing' }, 'a.png'))).toMatch(/^.PNG\r\n/);
});
