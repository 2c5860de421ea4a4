import { expect, test } from 'vitest';
import { parsePatch } from '../../../shared/tool/patch.ts';
import { applyHunks } from './hunks.ts';

const hunksOf = (lines: readonly string[]) => {
  const parsed = parsePatch(['*** Begin Patch', '*** Update File: f', ...lines, '*** End Patch'].join('\n'));
  if (parsed.outcome !== 'ok' || parsed.changes[0]?.kind !== 'update') throw new Error('no update');
  return parsed.changes[0].hunks;
};
const classes = 'class A {\n  f() {\n    return 1;\n  }\n}\nclass B {\n  f() {\n    return 1;\n  }\n}\n';

test.each([
  ['the first place that fits', 'a\nb\na\n', ['-a', '+x'], 'x\nb\na\n'],
  ['each hunk behind the one before', 'a\nb\na\n', ['-a', '+x', '@@', '-a', '+y'], 'x\nb\ny\n'],
  [
    'an anchor',
    classes,
    ['@@ class B {', '   f() {', '-    return 1;', '+    return 2;'],
    classes.replace(/1(?=[^1]*$)/, '2'),
  ],
  [
    'anchors one after the other, without indentation',
    classes,
    ['@@ class B {', '@@ f() {', '-    return 1;', '+    return 2;'],
    classes.replace(/1(?=[^1]*$)/, '2'),
  ],
  ['the end of the file', 'a\nb\na\n', ['-a', '+x', '*** End of File'], 'a\nb\nx\n'],
  ['an insertion at the end', 'a\n', ['+b'], 'a\nb\n'],
  ['an insertion below an anchor', 'a\nb\n', ['@@ a', '+x'], 'a\nx\nb\n'],
  ['into an empty file', '', ['+a'], 'a\n'],
  ['white space at the end of lines left out of account', 'a  \nb\t\n', [' a', '-b', '+x'], 'a  \nx\n'],
  ['exact places before others', 'a \na\n', ['-a', '+x'], 'a \nx\n'],
  ['line ends of Windows', 'a\r\nb\r\n', [' a', '-b', '+x', '+y'], 'a\r\nx\r\ny\r\n'],
  ['no line end at the end', 'a\nb', ['-b', '+x'], 'a\nx'],
  ['an empty context line without its blank', 'a\n\nb\n', [' a', '', '-b', '+x'], 'a\n\nx\n'],
  ['everything removed', 'a\n', ['-a'], ''],
])('hunks find %s', (...[, text, lines, expected]) => {
  expect(applyHunks(text, hunksOf(lines))).toEqual({ outcome: 'ok', text: expected });
});

test.each([
  ['lines that are missing', 'a\n', ['-x', '+y'], 'Hunk 1: these lines do not occur in the file:\nx'],
  [
    'lines that stand above',
    'a\nb\n',
    ['-b', '+x', '@@', '-a', '+y'],
    'Hunk 2: these lines do not occur below line 2:\na',
  ],
  ['an anchor that is missing', 'a\n', ['@@ class C', '-a', '+y'], 'Hunk 1: no line "class C" below line 0.'],
  [
    'lines that are not at the end',
    'a\nb\n',
    ['-a', '+y', '*** End of File'],
    'Hunk 1: these lines do not occur at the end of the file:\na',
  ],
  ['other white space at the beginning', '  a\n', ['-a', '+y'], 'Hunk 1: these lines do not occur in the file:\na'],
])('%s are refused', (...[, text, lines, message]) => {
  expect(applyHunks(text, hunksOf(lines))).toEqual({ outcome: 'refused', message });
});
