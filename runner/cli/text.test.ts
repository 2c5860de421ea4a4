import { expect, test } from 'vitest';
import { clean, cleanLine, fit, safeJson, visible, width } from './text.ts';

test.each([
  ['colours', 'a\u001b[31mred\u001b[0m', 'ared'],
  ['moving the cursor up and wiping a line', 'safe\n\u001b[1A\u001b[2Kevil', 'safe\nevil'],
  ['setting the clipboard', 'a\u001b]52;c;ZXZpbA==\u0007b', 'ab'],
  ['a title that ends with a string terminator', 'a\u001b]0;title\u001b\\b', 'ab'],
  ['an unfinished sequence does not swallow what follows', 'a\u001b]0;title\nb', 'a0;title\nb'],
  ['the 8-bit forms', 'a\u009b31mb\u009d0;x\u009cc', 'abc'],
  ['asking the terminal to answer', 'a\u001b[6n\u001b[cb', 'ab'],
  ['a lone escape', 'a\u001b', 'a'],
  ['backspaces and bells', 'rm\b\b\u0007ls', 'rmls'],
  ['a line that is written over', 'evil\rgood', 'evil\ngood'],
  ['line ends of Windows', 'a\r\nb', 'a\nb'],
  ['tabs stay', 'a\tb', 'a\tb'],
  ['turned direction', 'a\u202eb', 'a<U+202E>b'],
  ['invisible letters', 'a\u200b\u{e0041}b', 'a<U+200B><U+E0041>b'],
  ['other scripts stay', 'Grüße, 世界 👋', 'Grüße, 世界 👋'],
])('clean takes out %s', (_, text, expected) => {
  expect(clean(text)).toBe(expected);
});

test('a line is one line', () => {
  expect(cleanLine('  a\n\tb \u001b[1mc ')).toBe('a b c');
});

test('what is judged shows its control characters and loses nothing', () => {
  expect(visible('rm -rf x\u001b[2K\rls\u202e\n\tok')).toBe('rm -rf x<U+001B>[2K<U+000D>ls<U+202E>\n\tok');
});

test('JSON escapes the control characters that JSON itself leaves', () => {
  const value = { text: 'a\u009b31m\u001b[0m\u007f' };
  expect(safeJson(value)).toBe('{"text":"a\\u009b31m\\u001b[0m\\u007f"}');
  expect(JSON.parse(safeJson(value))).toEqual(value);
});

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
