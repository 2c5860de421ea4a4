import { describe, expect, test } from 'vitest';
import { OutputWindow } from './output-window.ts';

function window(maxBytes: number, chunks: readonly (string | Buffer)[]): unknown {
  const output = new OutputWindow(maxBytes);
  for (const chunk of chunks) output.push(Buffer.from(chunk));
  return output.read();
}

describe('the window over an output', () => {
  test.each([
    ['nothing', 10, [], { output: '', outputBytes: 0, truncated: false }],
    ['all of what fits', 10, ['01234', '56789'], { output: '0123456789', outputBytes: 10, truncated: false }],
    [
      'a character split between chunks',
      10,
      [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)],
      { output: 'ä', outputBytes: 2, truncated: false },
    ],
    [
      'both ends of what does not',
      10,
      ['0123456789', 'abcdefghij'],
      { output: '01234\n[10 bytes cut]\nfghij', outputBytes: 20, truncated: true },
    ],
    [
      'the larger half of an odd number at the end',
      3,
      ['abcdef'],
      { output: 'a\n[3 bytes cut]\nef', outputBytes: 6, truncated: true },
    ],
    [
      'whole characters at both cuts',
      10,
      ['x', '€'.repeat(6)],
      { output: 'x€\n[12 bytes cut]\n€', outputBytes: 19, truncated: true },
    ],
    [
      'whole characters of four bytes',
      10,
      ['😀'.repeat(5)],
      { output: '😀\n[12 bytes cut]\n😀', outputBytes: 20, truncated: true },
    ],
    [
      'bytes that are no text as replacement characters',
      10,
      [Buffer.from([0xff, 0x61])],
      { output: '\uFFFDa', outputBytes: 2, truncated: false },
    ],
    ['nothing of anything', 0, ['abc'], { output: '\n[3 bytes cut]\n', outputBytes: 3, truncated: true }],
  ])('keeps %s', (...[, maxBytes, chunks, expected]) => {
    expect(window(maxBytes, chunks)).toEqual(expected);
  });

  test('is the same for every way to cut the stream into chunks', () => {
    const text = Array.from({ length: 40_000 }, (_, index) => String(index)).join('ü');
    const whole = window(1000, [text]);
    for (const size of [1, 7, 499, 500, 501, 1000, 65_536]) {
      const bytes = Buffer.from(text);
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      expect(window(1000, chunks)).toEqual(whole);
    }
  });
});

test('bytes that somebody else cut are counted where they were', () => {
  const window = new OutputWindow(8);
  window.push(Buffer.from('head'));
  window.skip(100);
  window.push(Buffer.from('tail'));
  expect(window.read()).toEqual({ output: 'head\n[100 bytes cut]\ntail', outputBytes: 108, truncated: true });
});
