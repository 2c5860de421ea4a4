import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanButColours, clean } from '../../../../shared/text/clean.ts';
import { foldOf, patchSpans, spansOf, type Span } from './output.ts';

const textOf = (spans: readonly Span[]): string => spans.map(({ text }) => text).join('');

test('colours of an output become classes; a background is a frame in its colour', () => {
  expect(spansOf('a \u001b[1;31mred\u001b[22m\u001b[39m b \u001b[30;42m OK \u001b[0m\u001b[93m!\u001b[0m')).toEqual([
    { text: 'a ', look: '' },
    { text: 'red', look: 'ansi-red ansi-bold' },
    { text: ' b ', look: '' },
    { text: ' OK ', look: 'ansi-green ansi-frame' },
    { text: '!', look: 'ansi-bright-yellow' },
  ]);
});

test('a colour of no theme is none, and nothing is hidden', () => {
  expect(spansOf('\u001b[38;5;196ma\u001b[0m\u001b[38;2;1;2;3mb\u001b[0m\u001b[8mc\u001b[0m')).toEqual(
    ['a', 'b', 'c'].map((text) => ({ text, look: '' })),
  );
});

test('whatever a command prints, its text is what is left without its sequences', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.constantFrom('\u001b', '\u001b[', '31m', '\u001b[0m', ';', '\u001b]8;;https://host.test\u0007', '\r', '\n', 'm'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const printed = pieces.join('');
      expect(textOf(spansOf(cleanButColours(printed)))).toBe(clean(printed));
    }),
  );
});

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');

test('of a long output the first and the last lines are shown, and how many lie between', () => {
  const { first, left, last } = foldOf([
    { text: lines(1, 20), look: 'ansi-red' },
    { text: lines(21, 100), look: '' },
  ]);
  expect([textOf(first), textOf(left?.spans ?? []), left?.lines, textOf(last)]).toEqual([
    lines(1, 12),
    lines(13, 76),
    64,
    lines(77, 100),
  ]);
  expect(left?.spans[0]).toEqual({ text: lines(13, 20), look: 'ansi-red' });
});

test('what is hardly longer than that is shown whole', () => {
  const spans = [{ text: lines(1, 45), look: '' }];
  expect(foldOf(spans)).toEqual({ first: spans, left: null, last: [] });
  expect(foldOf([])).toEqual({ first: [], left: null, last: [] });
});

test('wherever it is folded, nothing is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.constantFrom('a', '\n'), { maxLength: 30 }), { maxLength: 12 }), (texts) => {
      const spans = texts.map((text) => ({ text: text.join(''), look: '' }));
      const { first, left, last } = foldOf(spans);
      expect(textOf(first) + textOf(left?.spans ?? []) + textOf(last)).toBe(textOf(spans));
      expect(textOf(left?.spans ?? []).split('\n')).toHaveLength((left?.lines ?? 0) + 1);
    }),
  );
});

test('lines of a patch are told apart', () => {
  expect(patchSpans('--- a/x\n@@ -1 +1 @@\n-a\n+b\n c').map(({ look }) => look)).toEqual([
    'patch-head',
    'patch-place',
    'patch-removed',
    'patch-added',
    '',
  ]);
});
