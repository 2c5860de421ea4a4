import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined, linesOf, usualEnd, withEndsOf } from './line-ends.ts';

test('lines and their ends make up the text', () => {
  expect(linesOf('a\r\nb\n\n\r\nc')).toEqual({
    texts: ['a', 'b', '', '', 'c'],
    ends: ['\r\n', '\n', '\n', '\r\n', ''],
  });
  const text = fc.array(fc.constantFrom('a', '\r', '\n', '\r\n')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (given) => {
      expect(joined(linesOf(given))).toBe(given);
    }),
  );
});

test.each([
  ['', '\n'],
  ['a', '\n'],
  ['a\r\n', '\r\n'],
  ['a\r\nb\n', '\n'],
  ['a\r\nb\r\nc\n', '\r\n'],
])('the usual line end of %j', (text, end) => {
  expect(usualEnd(linesOf(text))).toBe(end);
});

test.each([
  ['lines that stay', 'a\r\nb\nc\r\n', 'a\nb\nc\n', 'a\r\nb\nc\r\n'],
  ['a line between them that goes', 'a\r\nb\nc\r\n', 'a\nc\n', 'a\r\nc\r\n'],
  ['lines in place of others', 'a\r\nb\n', 'x\ny\n', 'x\r\ny\n'],
  ['a line more than before', 'a\r\nb\r\n', 'a\nx\ny\nb\n', 'a\r\nx\r\ny\r\nb\r\n'],
  ['text without a line end', 'a', 'x\ny', 'x\ny'],
])('line ends are those of before: %s', (...[, old, replacement, expected]) => {
  expect(withEndsOf(old, replacement, '\n')).toBe(expected);
});
