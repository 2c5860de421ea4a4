import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LineChange } from '../../../shared/review/patch.ts';
import { afterEdit, appliedLines } from './applied-lines.ts';

const stretch = (at: number, ...lines: readonly string[]): LineChange['after'] => ({
  at,
  lines: lines.map((text) => `${text}\n`),
});
const change = (...lines: readonly string[]): LineChange => ({ before: stretch(0), after: stretch(0, ...lines) });

test('of what is not committed those lines are marked that the run has, too, wherever they stand by now', () => {
  const run = [change('sum(cart);', '}', 'return sum;'), change('export { sum };')];
  expect(appliedLines([stretch(7, 'sum(cart);', '}', 'return sum;')], run)).toEqual([7, 8, 9]);
  expect(appliedLines([stretch(7, 'sum(cart);', '}', 'return total;'), stretch(20, 'export { sum };')], run)).toEqual([
    7, 8, 20,
  ]);
  expect(appliedLines([stretch(3, 'mine', '}', '')], run)).toEqual([]);
  expect(appliedLines([], run)).toEqual([]);
});

test('lines that were written on another system are the same', () => {
  expect(appliedLines([{ at: 0, lines: ['sum(cart);\r\n'] }], [change('sum(cart);')])).toEqual([0]);
});

test('a line that is written twice by a person, and once by the run, is marked once', () => {
  expect(appliedLines([stretch(0, 'a1', 'b', 'a1')], [change('a1')])).toEqual([0]);
});

test.each([
  ['a letter within a line', { first: 4, last: 4, breaks: 0 }, [2, 9]],
  ['a line before all', { first: 0, last: 0, breaks: 1 }, [3, 5, 10]],
  ['two lines taken out', { first: 3, last: 5, breaks: 0 }, [2, 7]],
  ['behind all', { first: 20, last: 20, breaks: 3 }, [2, 4, 9]],
])('an edit takes its own marks away and moves those below: %s', (_, edit, expected) => {
  expect(afterEdit([2, 4, 9], edit)).toEqual(expected);
});

test('whatever the edit, a mark stays at the text that it had', () => {
  const text = fc.array(fc.stringMatching(/^[a-z]{0,3}$/), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(text, text, fc.tuple(fc.nat(7), fc.nat(7)), (before, put, ends) => {
      const [first = 0, last = 0] = ends.map((end) => Math.min(end, before.length - 1)).toSorted((a, b) => a - b);
      const after = before.toSpliced(first, last - first + 1, ...put);
      const lines = afterEdit([...before.keys()], { first, last, breaks: put.length - 1 });
      const kept = before.filter((_, line) => line < first || line > last);
      expect(lines.map((line) => after[line])).toEqual(kept);
    }),
  );
});
