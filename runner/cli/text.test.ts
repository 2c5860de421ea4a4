import { expect, test } from 'vitest';
import { fit, width } from './text.ts';

test.each([
  ['abc', 3],
  ['世界', 4],
  ['e\u0301', 1],
  ['\u001b[31mred\u001b[39m', 3],
  ['👋', 2],
])('%j takes %i columns', (text, columns) => {
  expect(width(text)).toBe(columns);
});

test.each([
  ['short', 10, 'short'],
  ['exactly 10', 10, 'exactly 10'],
  ['one too long', 11, 'one too lo…'],
  ['世界世界', 6, '世界…'],
])('%j fits into %i columns as %j', (text, columns, expected) => {
  expect(fit(text, columns)).toBe(expected);
});
