import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FileVersion } from '../run/artifacts.ts';
import { movedIn, movedText } from './moved.ts';
import type { LineChange } from './patch.ts';
import { reviewFiles, type ReviewFile, type Unit } from './review-file.ts';

const version = (path: string, digit: string, mode: FileVersion['mode'] = '100644'): FileVersion => ({
  path,
  mode,
  blob: digit.repeat(64),
  bytes: 10,
});
const commit = { commit: '1'.repeat(40), tree: '2'.repeat(40) };
const stretch = (at: number, lines: readonly string[]): LineChange['before'] => ({
  at,
  lines: lines.map((text) => `${text}\n`),
});
const change = (at: number, before: readonly string[], after: readonly string[]): LineChange => ({
  before: stretch(at, before),
  after: stretch(at, after),
});

/** A file with these changes; `sides`: whether it is there before and afterwards. */
const file = (
  path: string,
  changes: readonly LineChange[],
  sides: readonly [boolean, boolean] = [true, true],
): ReviewFile => {
  const before = sides[0] ? version(path, 'a') : null;
  const after = sides[1] ? version(path, 'b') : null;
  const status = before === null ? 'added' : after === null ? 'deleted' : 'modified';
  const changed = { status, before, after, binary: false, additions: 0, deletions: 0 } as const;
  const [made] = reviewFiles({ base: commit, head: commit, patch: '3'.repeat(64), files: [changed] }, [
    { before: path, after: path, modes: { before: null, after: null }, binary: false, changes },
  ]);
  if (made === undefined) throw new Error('no file');
  return made;
};

const changesOf = (one: ReviewFile, unit: Unit): readonly LineChange[] =>
  unit.kind === 'lines' ? [unit.change] : one.changes;
const told = (...files: readonly ReviewFile[]): readonly (readonly [string, string])[] => {
  const moves = movedIn(files);
  return files.flatMap((one) =>
    one.units.map((unit) => [`${one.path} ${unit.id}`, movedText(changesOf(one, unit), moves.get(unit))] as const),
  );
};

const total = ['export const total = (items) =>', '  items.reduce((sum, { price }) => sum + price, 0);', ''];

test('a block that goes from one file to another is told of both', () => {
  const from = file('src/cart.js', [change(4, total, [])]);
  const to = file('src/total.js', [change(0, [], total)], [false, true]);
  expect(told(from, to)).toEqual([
    ['src/cart.js -5,3 +5,0', 'moved to src/total.js:1'],
    ['src/total.js whole', 'moved from src/cart.js:5'],
  ]);
});

test('within a file, and with lines besides it, it says how many of them', () => {
  const one = file('a.js', [change(0, total, []), change(40, [], ['// Adds up.', ...total])]);
  expect(told(one)).toEqual([
    ['a.js -1,3 +1,0', 'moved to a.js:42'],
    ['a.js -41,0 +41,4', '3 of 4 lines moved from a.js:1'],
  ]);
});

test('what is short, is deleted and added by one change, or differs in a blank is not moved', () => {
  expect(told(file('a.js', [change(0, ['}', '', 'done();'], []), change(9, [], ['}', '', 'done();'])]))).toEqual([
    ['a.js -1,3 +1,0', ''],
    ['a.js -10,0 +10,3', ''],
  ]);
  expect(told(file('b.js', [change(0, total, ['//', ...total])]))).toEqual([['b.js -1,3 +1,4', '']]);
  const indented = total.map((line) => ` ${line}`);
  expect(told(file('c.js', [change(0, total, []), change(9, [], indented)])).map(([, text]) => text)).toEqual(['', '']);
});

test('a second copy is new: one line that was deleted is moved once', () => {
  const from = file('a.js', [change(0, total, [])]);
  const copies = ['b.js', 'c.js'].map((path) => file(path, [change(0, [], total)], [false, true]));
  expect(told(from, ...copies).map(([, text]) => text)).toEqual(['moved to b.js:1', 'moved from a.js:1', '']);
});

test('where a link leads is no code', () => {
  const target = 'a/place/with/a/name/that/is/long.txt';
  const linked = (path: string, from: boolean): ReviewFile => {
    const side = version(path, 'a', '120000');
    const [before, after] = from ? [side, null] : [null, side];
    const made = file(path, [from ? change(0, [target], []) : change(0, [], [target])], [from, !from]);
    return { ...made, file: { ...made.file, before, after } };
  };
  expect(told(linked('old', true), linked('new', false)).map(([, text]) => text)).toEqual(['', '']);
});

const code = fc.constantFrom(...total, 'const price = 25 * count + shipping;', '}', 'a', '  return sum - discount;');
const lines = fc.array(code, { maxLength: 8 });
const someFiles = fc
  .array(fc.array(fc.tuple(lines, lines), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  .map((files) =>
    files.map((changes, index) =>
      file(
        `${index}.js`,
        changes.map(([before, after], at) => change(at * 50, before, after)),
      ),
    ),
  );

test('whatever the changes: each block is there on both sides, no line is moved twice, and both sides agree', () => {
  fc.assert(
    fc.property(someFiles, (files) => {
      const moves = movedIn(files);
      const all = files.flatMap((one) => one.units.map((unit) => ({ one, unit, ...moves.get(unit) })));
      const text = (path: string, side: 'before' | 'after', line: number): string | undefined =>
        files
          .find((one) => one.path === path)
          ?.changes.flatMap((one) =>
            one[side].lines.map((content, index) => [one[side].at + index + 1, content] as const),
          )
          .find(([number]) => number === line)?.[1];
      const wanted = (side: 'before' | 'after'): string[] =>
        all
          .flatMap(({ from = [], to = [] }) => (side === 'before' ? from : to))
          .flatMap(({ path, line, lines }) =>
            Array.from(
              { length: lines },
              (_, index) => `${path}:${line + index} ${text(path, side, line + index) ?? 'nothing'}`,
            ),
          );
      const [removed, added] = [wanted('before'), wanted('after')];
      const bare = (places: readonly string[]): string[] =>
        places.map((place) => place.replace(/^\S+ /, '')).toSorted();
      expect([...removed, ...added].filter((place) => place.endsWith(' nothing'))).toEqual([]);
      expect([new Set(removed).size, new Set(added).size]).toEqual([removed.length, added.length]);
      expect(bare(removed)).toEqual(bare(added));
    }),
    { numRuns: 500 },
  );
});
