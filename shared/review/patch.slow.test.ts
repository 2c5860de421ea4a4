import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempDisposableSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyChanges, parsePatch, type LineChange } from './patch.ts';

const env = {
  PATH: process.env['PATH'],
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  HOME: '/nonexistent',
};

/** The changes that git itself finds between two contents; `latin1`, so that any bytes are kept. */
const changesBetween = (before: string, after: string, context = 3): readonly LineChange[] => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'patch-'));
  for (const [name, text] of Object.entries({ before, after }))
    writeFileSync(join(folder.path, name), text, { encoding: 'latin1' });
  const args = ['diff', '--no-index', '--no-color', '--text', `-U${context}`, 'before', 'after'];
  const { status, stdout } = spawnSync('git', args, { cwd: folder.path, env, encoding: 'latin1' });
  if (status !== 0 && status !== 1) throw new Error(`git diff ended with ${status}`);
  return parsePatch(stdout)[0]?.changes ?? [];
};

const line = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', 'b', 'c', '', ' ', '-', '+', '@@ -1 +1 @@', 'diff --git a/x b/x') },
  fc.string({ maxLength: 5 }).map((text) => text.replaceAll(/[\n\0]|[^\0-\u00ff]/g, '?')),
);
const text = fc
  .tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n')), { maxLength: 60 }), line)
  .map(([lines, last]) => lines.map(([content, end]) => content + end).join('') + last);
/** A text and what some edits made of it, so that there are several changes, near to one another and far. */
const edited = fc
  .tuple(text, fc.array(fc.tuple(fc.nat(80), fc.option(line)), { maxLength: 8 }), fc.boolean())
  .map(([before, edits, newline]) => {
    const lines = before.split('\n');
    for (const [place, replacement] of edits)
      lines.splice(place % lines.length, replacement === null ? 1 : 0, ...(replacement === null ? [] : [replacement]));
    return { before, after: lines.join('\n') + (newline ? '\n' : '') };
  });

/** Lines as git takes them; a last one without a line break is one. */
const linesOf = (content: string): readonly string[] => content.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** What a text is with some of its changes, told from the lines of both texts and from nothing that a patch says. */
const withSome = (
  { before, after }: { readonly before: string; readonly after: string },
  changes: readonly LineChange[],
  accepted: ReadonlySet<LineChange>,
): string => {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const ends = [...changes, { before: { at: old.length, lines: [] }, after: { at: fresh.length, lines: [] } }];
  let [at, to] = [0, 0];
  const made: string[] = [];
  for (const change of ends) {
    const stays = old.slice(at, change.before.at);
    expect(fresh.slice(to, change.after.at)).toEqual(stays);
    at = change.before.at + change.before.lines.length;
    to = change.after.at + change.after.lines.length;
    made.push(...stays, ...(accepted.has(change) ? fresh.slice(change.after.at, to) : old.slice(change.before.at, at)));
  }
  return made.join('');
};

test('any of the changes of a file make exactly the text that has these lines and no others; all of them make the file after', () => {
  fc.assert(
    fc.property(edited, fc.infiniteStream(fc.boolean()), (both, coin) => {
      const changes = changesBetween(both.before, both.after);
      expect(applyChanges(both.before, changes, new Set(changes))).toBe(both.after);
      expect(applyChanges(both.before, changes, new Set())).toBe(both.before);
      const accepted = new Set(changes.filter(() => coin.next().value));
      expect(applyChanges(both.before, changes, accepted)).toBe(withSome(both, changes, accepted));
      // What was left out is exactly what is still to do.
      let moved = 0;
      const rest = changes.flatMap((change) => {
        const { before, after } = change;
        if (!accepted.has(change)) return [{ after, before: { ...before, at: before.at + moved } }];
        moved += after.lines.length - before.lines.length;
        return [];
      });
      expect(applyChanges(applyChanges(both.before, changes, accepted), rest, new Set(rest))).toBe(both.after);
    }),
    { numRuns: 150 },
  );
});

test('changes are the same however many lines a patch shows around them, and a line that stays parts two', () => {
  fc.assert(
    fc.property(edited, ({ before, after }) => {
      const changes = changesBetween(before, after);
      expect(changesBetween(before, after, 1)).toEqual(changes);
      expect(changesBetween(before, after, 100)).toEqual(changes);
      let end = -1;
      for (const { at, lines } of changes.map((change) => change.before)) {
        expect(at).toBeGreaterThan(end);
        end = at + lines.length;
      }
    }),
    { numRuns: 50 },
  );
});

test('two changes with a line between them are two, at the start, at the end, with carriage returns and without a last newline', () => {
  const before = 'one\r\ntwo\r\nthree\r\nfour\r\nfive';
  const after = 'zero\r\none\r\nTWO\r\nthree\r\nFOUR\r\nfive\r\nsix';
  const changes = changesBetween(before, after);
  expect(changes).toEqual([
    { before: { at: 0, lines: [] }, after: { at: 0, lines: ['zero\r\n'] } },
    { before: { at: 1, lines: ['two\r\n'] }, after: { at: 2, lines: ['TWO\r\n'] } },
    { before: { at: 3, lines: ['four\r\n', 'five'] }, after: { at: 4, lines: ['FOUR\r\n', 'five\r\n', 'six'] } },
  ]);
  const only = (...indexes: number[]): string =>
    applyChanges(before, changes, new Set(changes.filter((_, index) => indexes.includes(index))));
  expect(only(0)).toBe(`zero\r\n${before}`);
  expect(only(1)).toBe(before.replace('two', 'TWO'));
  expect(only(2)).toBe('one\r\ntwo\r\nthree\r\nFOUR\r\nfive\r\nsix');
});

test('changes of another file are an error and not a guess', () => {
  const changes = changesBetween('a\nb\n', 'a\nc\n');
  expect(() => applyChanges('a\nx\n', changes, new Set(changes))).toThrow('change 1 does not belong to this file');
  expect(() => applyChanges('a\nx\n', changes, new Set())).toThrow('change 1 does not belong to this file');
  const added = changesBetween('a\nb\n', 'a\nb\nc\n');
  expect(() => applyChanges('a\n', added, new Set(added))).toThrow('change 1 does not belong to this file');
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
  const told = files.map(({ before, after, modes, binary, changes }) => [
    before,
    after,
    `${modes.before ?? ''}→${modes.after ?? ''}`,
    binary ? 'binary' : changes.length,
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
  expect(files[6]?.changes).toEqual([{ before: { at: 0, lines: [] }, after: { at: 0, lines: ['x'] } }]);
});
