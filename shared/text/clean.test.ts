import { expect, test } from 'vitest';
import { actor, clean, cleanButColours, cleanLine, exactArguments, safeJson, shownPath, visible } from './clean.ts';

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

test('with its colours a text keeps nothing else that a terminal obeys', () => {
  expect(cleanButColours('a\u001b[1;31mred\u001b[0m\u001b[2K\u001b]0;t\u0007\u0008\u009b31mb\rc\u202e')).toBe(
    'a\u001b[1;31mred\u001b[0mb\nc<U+202E>',
  );
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
  ['src/a b.ts', 'src/a b.ts'],
  ['a"b', '"a\\"b"'],
  ['a\nb\u001b', '"a\\nb\\u001b"'],
  ['a\u202eb', '"a<U+202E>b"'],
])('the path %j is shown as %s', (path, shown) => {
  expect(shownPath(path)).toBe(shown);
});

test.each([
  ['one line', { command: 'ls', network: null }, '"command": "ls"\n"network": null'],
  ['several lines', { content: 'a\n  b\n' }, '"content": 2 lines\n  | a\n  |   b'],
  ['no last line end', { content: 'a\nb' }, '"content": 2 lines, no line end after the last\n  | a\n  | b'],
  ['control characters', { command: 'a\u001b[2K\u202eb' }, '"command": "a\\u001b[2K<U+202E>b"'],
  [
    'the same in several lines',
    { content: 'a\n\u001b[1Ab\r' },
    '"content": 2 lines, no line end after the last\n  | a\n  | <U+001B>[1Ab<U+000D>',
  ],
  ['what is no object', [1, 'a'], '[1,"a"]'],
  ['nothing at all', undefined, ''],
])('arguments with %s', (_, args, expected) => {
  expect(exactArguments(args)).toBe(expected);
});

test('people are called by their names, and a name is one safe line', () => {
  expect([actor('person:a\u001b[2Jda\n'), actor('supervisor')]).toEqual(['ada', 'supervisor']);
});
