import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { headAndTail, headOf } from './output.ts';

test('a text that fits is left alone', () => {
  expect(headAndTail('a\nb\n', 1024)).toEqual({ output: 'a\nb\n', full: null });
});

test('of a longer one whole lines of its beginning and its end are kept', () => {
  const text = Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join('');
  expect(headAndTail(text, 120)).toEqual({
    output: 'line 0\nline 1\n[760 bytes left out]\nline 98\nline 99\n',
    full: text,
  });
});

test('no text passes the limit, and no character is cut in half', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 2000 }),
      fc.integer({ min: 100, max: 1500 }),
      (text, bytes) => {
        const { output, full } = headAndTail(text, bytes);
        const head = headOf(text, bytes);
        expect(Buffer.byteLength(output)).toBeLessThanOrEqual(bytes);
        expect(full).toBe(output === text ? null : text);
        expect(text.startsWith(head)).toBe(true);
        expect(output.isWellFormed()).toBe(true);
      },
    ),
  );
});
