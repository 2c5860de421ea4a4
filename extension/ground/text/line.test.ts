import { expect, test } from 'vitest';
import { callLine, clock, exactArguments, line, output, took, visible } from './line.ts';

test('what shows nothing, or turns what follows, is shown by its name', () => {
  expect(visible('a\u202eb\u0000\u200b')).toBe('a<U+202E>b<U+0000><U+200B>');
  expect(output('\u001b[31mred\u001b[0m\r\nnext')).toBe('red\nnext');
  expect(line(' a\n\tb ')).toBe('a b');
});

test('arguments are shown whole, and no text can look like another field', () => {
  expect(exactArguments({ command: 'a\n"network": null\n', timeout: 3 })).toBe(
    '"command": 2 lines\n  | a\n  | "network": null\n"timeout": 3',
  );
  expect(exactArguments('text')).toBe('"text"');
});

test.for([
  ['bash', { command: 'npm i', timeoutSeconds: null, network: ['a.org'] }, 'bash npm i (network: a.org)'],
  ['edit', { path: 'a.ts', old: 'x', new: 'y' }, 'edit a.ts'],
  ['search', { pattern: 'x', path: null, glob: null }, 'search x .'],
  ['ask', { question: 'Which one?', choices: [] }, 'ask Which one?'],
  ['edit', { path: 3 }, 'edit'],
] as const)('a call in one line: %s', ([tool, value, expected]) => {
  expect(callLine(tool, value)).toBe(expected);
});

test('times are short', () => {
  expect([clock(0), clock(62_000), clock(3_723_000)]).toEqual(['0:00', '1:02', '1:02:03']);
  expect([took(12), took(2_340), took(61_000)]).toEqual(['12 ms', '2.3 s', '1:01']);
});
