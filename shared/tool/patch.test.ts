import { expect, test } from 'vitest';
import { parsePatch } from './patch.ts';

const patch = (...lines: string[]) => ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
const context = (text: string) => ({ kind: 'context', text });
const removed = (text: string) => ({ kind: 'removed', text });
const added = (text: string) => ({ kind: 'added', text });

test('a patch is read into changes of files', () => {
  expect(
    parsePatch(
      patch(
        '*** Add File: a b.ts',
        '+one',
        '+',
        '*** Delete File: c.ts',
        '*** Update File: d.ts',
        '*** Move to: e.ts',
        '@@ class A',
        '@@ f() {',
        ' x',
        '-y',
        '+z',
        '',
        '@@',
        '+end',
        '*** End of File',
      ),
    ),
  ).toEqual({
    outcome: 'ok',
    changes: [
      { kind: 'add', path: 'a b.ts', lines: ['one', ''] },
      { kind: 'delete', path: 'c.ts' },
      {
        kind: 'update',
        path: 'd.ts',
        moveTo: 'e.ts',
        hunks: [
          { anchors: ['class A', 'f() {'], lines: [context('x'), removed('y'), added('z'), context('')], atEnd: false },
          { anchors: [], lines: [added('end')], atEnd: true },
        ],
      },
    ],
  });
});

test('line ends of Windows and blank lines around a patch are no matter', () => {
  const expected = { outcome: 'ok', changes: [{ kind: 'add', path: 'a', lines: ['x'] }] };
  expect(parsePatch(`\n${patch('*** Add File: a', '+x')}\n\n`)).toEqual(expected);
  expect(parsePatch(patch('*** Add File: a', '+x').replaceAll('\n', '\r\n'))).toEqual(expected);
});

test('a file may be added empty, or moved as it is', () => {
  expect(parsePatch(patch('*** Add File: a', '*** Update File: b', '*** Move to: c'))).toEqual({
    outcome: 'ok',
    changes: [
      { kind: 'add', path: 'a', lines: [] },
      { kind: 'update', path: 'b', moveTo: 'c', hunks: [] },
    ],
  });
});

test.each([
  ['no beginning', 'diff --git a b', 'The patch must begin with a line *** Begin Patch.'],
  ['no end', '*** Begin Patch\n*** Delete File: a', 'The patch must end with a line *** End Patch.'],
  ['no file', patch(), 'The patch names no file.'],
  ['no path', patch('*** Delete File: '), 'Line 3 of the patch: the path is missing.'],
  [
    'no section',
    patch('+x'),
    'Line 2 of the patch: expected "*** Add File: ", "*** Update File: " or "*** Delete File: " and a path.',
  ],
  [
    'a section that is unknown',
    patch('*** Rename File: a'),
    'Line 2 of the patch: expected "*** Add File: ", "*** Update File: " or "*** Delete File: " and a path.',
  ],
  ['no hunk', patch('*** Update File: a'), 'Line 3 of the patch: the update of a has no hunk.'],
  ['an empty hunk', patch('*** Update File: a', '@@ f', '@@'), 'Line 5 of the patch: the hunk has no lines.'],
  [
    'a line of a hunk without a sign',
    patch('*** Update File: a', '-x', 'y'),
    'Line 4 of the patch: a line of a hunk must begin with a blank, "-" or "+".',
  ],
  [
    'a line of a new file without a sign',
    patch('*** Add File: a', 'y'),
    'Line 4 of the patch: each line of an added file must begin with "+".',
  ],
  [
    'a move away from a hunk',
    patch('*** Update File: a', '-x', '*** Move to: b'),
    'Line 4 of the patch: expected "*** Add File: ", "*** Update File: " or "*** Delete File: " and a path.',
  ],
  ['a NUL in a path', patch('*** Delete File: a\0'), 'Line 3 of the patch: a path has no NUL character.'],
])('%s is refused, with the line', (_name, text, message) => {
  expect(parsePatch(text)).toEqual({ outcome: 'invalid', message });
});
