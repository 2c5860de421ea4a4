import { expect, test } from 'vitest';
import { readKept, withRow } from './kept.ts';

test('what a page kept is read back; what is none of it is nothing', () => {
  const kept = { draft: 'a', open: { 'timeline call 3': true }, place: { row: 'x', offset: -3, end: false } };
  expect(readKept({ run: 'run_1', ...kept })).toEqual(kept);
  const nothing = { draft: '', open: {}, place: null };
  for (const value of [undefined, null, [], 'x', { draft: 3, open: { a: 1 }, place: { row: 'x' } }])
    expect(readKept(value)).toEqual(nothing);
});

test('the latest rows are kept, each as it was left', () => {
  expect(Object.entries(withRow({ a: true, b: true }, 'a', false))).toEqual([
    ['b', true],
    ['a', false],
  ]);
  const many = Array.from({ length: 600 }, (_, row) => `row ${row}`);
  expect(Object.keys(many.reduce((open, row) => withRow(open, row, true), {}))).toEqual(many.slice(100));
});
