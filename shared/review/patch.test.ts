import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempDisposableSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyHunks, parsePatch, type Hunk } from './patch.ts';

const env = {
  PATH: process.env['PATH'],
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  HOME: '/nonexistent',
};

/** The hunks that git itself finds between two contents; `latin1`, so that any bytes are kept. */
const hunksBetween = (before: string, after: string): readonly Hunk[] => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'patch-'));
  for (const [name, text] of Object.entries({ before, after }))
    writeFileSync(join(folder.path, name), text, { encoding: 'latin1' });
  const args = ['diff', '--no-index', '--no-color', '--text', 'before', 'after'];
  const { status, stdout } = spawnSync('git', args, { cwd: folder.path, env, encoding: 'latin1' });
  if (status !== 0 && status !== 1) throw new Error(`git diff ended with ${status}`);
  return parsePatch(stdout)[0]?.hunks ?? [];
};

const line = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', 'b', 'c', '', ' ', '-', '+', '@@ -1 +1 @@', 'diff --git a/x b/x') },
  fc.string({ maxLength: 5 }).map((text) => text.replaceAll(/[\n\0]|[^\0-\u00ff]/g, '?')),
);
const text = fc
  .tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n')), { maxLength: 60 }), line)
  .map(([lines, last]) => lines.map(([content, end]) => content + end).join('') + last);
/** A text and what some edits made of it, so that there are several hunks. */
const edited = fc
  .tuple(text, fc.array(fc.tuple(fc.nat(80), fc.option(line)), { maxLength: 6 }), fc.boolean())
  .map(([before, edits, newline]) => {
    const lines = before.split('\n');
    for (const [place, replacement] of edits)
      lines.splice(place % lines.length, replacement === null ? 1 : 0, ...(replacement === null ? [] : [replacement]));
    return { before, after: lines.join('\n') + (newline ? '\n' : '') };
  });
const indexes = (hunks: readonly Hunk[]): number[] => hunks.map((_, index) => index);

test('all hunks of a file make the file after, none the file before, and any of them leave the places of the others alone', () => {
  fc.assert(
    fc.property(edited, fc.infiniteStream(fc.boolean()), ({ before, after }, coin) => {
      const hunks = hunksBetween(before, after);
      expect(applyHunks(before, hunks, new Set(indexes(hunks)))).toBe(after);
      expect(applyHunks(before, hunks, new Set())).toBe(before);
      const accepted = new Set(indexes(hunks).filter(() => coin.next().value));
      const part = applyHunks(before, hunks, accepted);
      // What was left out is exactly what is still to do: the rest of the hunks, moved, leads to the file after.
      let moved = 0;
      const rest = hunks.flatMap((hunk, index) => {
        const shift = { ...hunk, before: { ...hunk.before, start: hunk.before.start + moved } };
        if (accepted.has(index)) moved += hunk.after.lines - hunk.before.lines;
        return accepted.has(index) ? [] : [shift];
      });
      expect(applyHunks(part, rest, new Set(indexes(rest)))).toBe(after);
    }),
    { numRuns: 150 },
  );
});

test('one hunk of two is taken, with carriage returns and without a newline at the end', () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at}`).join('\r\n');
  const after = before.replace('line 1\r', 'one\r').replace('line 19', 'last\n');
  const hunks = hunksBetween(before, after);
  expect(hunks.map(({ before: old, after: fresh }) => [old, fresh])).toEqual([
    [
      { start: 1, lines: 5 },
      { start: 1, lines: 5 },
    ],
    [
      { start: 17, lines: 4 },
      { start: 17, lines: 4 },
    ],
  ]);
  expect(applyHunks(before, hunks, new Set([0]))).toBe(before.replace('line 1\r', 'one\r'));
  expect(applyHunks(before, hunks, new Set([1]))).toBe(before.replace('line 19', 'last\n'));
});

test('hunks of another file are an error and not a guess', () => {
  const hunks = hunksBetween('a\nb\n', 'a\nc\n');
  expect(() => applyHunks('a\nx\n', hunks, new Set([0]))).toThrow('hunk 1 does not belong to this file');
  expect(() => applyHunks('a\nx\n', hunks, new Set())).toThrow('hunk 1 does not belong to this file');
});

test.each([
  ['hello\n', 'expected the header of a file, found "hello"'],
  ['diff --git a/x b/x\n@@ -1,2 +1 @@\n-a\n', 'a hunk ends early: @@ -1,2 +1 @@'],
  ['diff --git a/x b/x\n@@ what @@\n', 'expected the header of a hunk, found "@@ what @@"'],
])('%j is no whole patch, which is an error', (broken, said) => {
  expect(() => parsePatch(broken)).toThrow(said);
});

test('of nothing there is no patch', () => {
  expect(parsePatch('')).toEqual([]);
});

test('renames, modes, links, binary and empty files, and names of every kind are read from what git writes', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'patch-'));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'core.quotePath=false', ...args], { cwd: folder.path, env, encoding: 'utf8' });
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), content);
  };
  git('init', '-q');
  const long = Array.from({ length: 9 }, (_, at) => `${at}\n`).join('');
  write('binary', new Uint8Array([0, 1]));
  write('deleted', 'gone\n');
  write('moved from here', long);
  write('same', long.repeat(2));
  write('mode only', 'x\n');
  write('turns', 'text\n');
  git('add', '.');
  git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.invalid', 'commit', '-qm', 'Begin');
  write('binary', new Uint8Array([0, 2]));
  rmSync(join(folder.path, 'deleted'));
  renameSync(join(folder.path, 'moved from here'), join(folder.path, 'moved to "there"'));
  write('moved to "there"', long.replace('4', 'four'));
  renameSync(join(folder.path, 'same'), join(folder.path, 'älter'));
  chmodSync(join(folder.path, 'mode only'), 0o755);
  rmSync(join(folder.path, 'turns'));
  symlinkSync('same', join(folder.path, 'turns'));
  write('empty', '');
  write('a b/a b', 'new\n');
  write('tab\there', 'x');
  git('add', '--all');
  const files = parsePatch(git('diff', '--cached', '-M50%', '--binary', '--full-index'));
  const told = files.map(({ before, after, modes, binary, hunks }) => [
    before,
    after,
    `${modes.before ?? ''}→${modes.after ?? ''}`,
    binary ? 'binary' : hunks.length,
  ]);
  expect(told).toEqual([
    [null, 'a b/a b', '→100644', 1],
    ['binary', 'binary', '100644→100644', 'binary'],
    ['deleted', null, '100644→', 1],
    [null, 'empty', '→100644', 0],
    ['mode only', 'mode only', '100644→100755', 0],
    ['moved from here', 'moved to "there"', '100644→100644', 1],
    [null, 'tab\there', '→100644', 1],
    ['turns', null, '100644→', 1],
    [null, 'turns', '→120000', 1],
    ['same', 'älter', '→', 0],
  ]);
  expect(files[6]?.hunks[0]?.lines).toEqual([{ kind: 'added', text: 'x' }]);
});
