import { array, assert, constantFrom, json, property } from 'fast-check';
import { expect, test } from 'vitest';
import { faultOf } from './json-fault.ts';

test.each([
  ['{', 1, 2, 'a name in double quotes'],
  ['{\n  "command": "npm test",\n}', 3, 1, 'a name in double quotes'],
  ['{\n  "command": npm\n}', 2, 14, 'a value'],
  ['{\n  "command" "npm"\n}', 2, 13, '":"'],
  ['{"a": 1 "b": 2}', 1, 9, '"," or "}"'],
  ['[1, 2', 1, 6, '"," or "]"'],
  ['{"a": "one\ntwo"}', 1, 7, 'a string that ends on its line, with its escapes'],
  ["{'a': 1}", 1, 2, 'a name in double quotes'],
  ['{} {}', 1, 4, 'nothing more'],
  ['', 1, 1, 'a value'],
])('%j goes wrong in line %i, column %i', (...[text, line, column, expected]) => {
  expect(faultOf(text)).toEqual({ line, column, expected });
});

const takes = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test('it finds a fault in exactly what JSON.parse does not take', () => {
  assert(
    property(json(), (text) => {
      expect(faultOf(text)).toBe(null);
    }),
  );
  const pieces = constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '\\',
    '\\u00',
    '-',
    '0',
    '1.5',
    'e3',
    'null',
    ' ',
    '\n',
    'x',
  );
  assert(
    property(array(pieces, { maxLength: 8 }), (parts) => {
      const text = parts.join('');
      expect(faultOf(text) === null).toBe(takes(text));
    }),
    { numRuns: 2_000 },
  );
});
