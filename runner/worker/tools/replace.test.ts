import { expect, test } from 'vitest';
import { replaceOnce } from './replace.ts';

const ok = (text: string, firstLine: number, lastLine = firstLine) => ({ outcome: 'ok', text, firstLine, lastLine });
const refused = (message: string) => ({ outcome: 'refused', message });

test.each([
  ['one line', 'a\nb\nc\n', 'b', 'x', ok('a\nx\nc\n', 2)],
  ['several lines', 'a\nb\nc\n', 'b\nc', 'x\ny\nz', ok('a\nx\ny\nz\n', 2, 4)],
  ['nothing in its place', 'a\nb\nc\n', 'b\n', '', ok('a\nc\n', 2)],
  ['line ends of Windows stay', 'a\r\nb\r\nc\r\n', 'a\nb', 'x\ny', ok('x\r\ny\r\nc\r\n', 1, 2)],
  ['mixed line ends stay as they are', 'a\r\nb\nc\n', 'b\nc', 'x', ok('a\r\nx\n', 2)],
  ['dollars stand for themselves', 'a\n', 'a', '$&$1', ok('$&$1\n', 1)],
  ['the same text', 'a\n', 'a', 'a', refused('Old and new text are the same; nothing was changed.')],
  [
    'two places',
    'a\nb\na\n',
    'a',
    'x',
    refused(
      'The old text occurs 2 times, beginning in lines 1, 3. Give more of the lines around the one that is meant.',
    ),
  ],
  [
    'overlapping places',
    'aaa',
    'aa',
    'x',
    refused(
      'The old text occurs 2 times, beginning in lines 1, 1. Give more of the lines around the one that is meant.',
    ),
  ],
  [
    'other indentation',
    'if (a) {\n    b();\n    c();\n}\n',
    '  b();\n  c();',
    'x',
    refused('The old text does not occur. The nearest text begins in line 2:\n2\t    b();\n3\t    c();'),
  ],
  [
    'nothing like it',
    'a\n',
    'zzz',
    'x',
    refused('The old text does not occur. No line of it does. Read the file again.'),
  ],
])('replacing: %s', (...[, text, old, replacement, expected]) => {
  expect(replaceOnce(text, { old, new: replacement })).toEqual(expected);
});
