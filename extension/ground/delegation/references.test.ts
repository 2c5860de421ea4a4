import { expect, test } from 'vitest';
import { referencesOf, referencesText } from './references.ts';

test.each([
  ['Fix #file:src/cart.js, and #file:test/cart.test.js.', ['src/cart.js', 'test/cart.test.js'], []],
  ['(#file:a.ts) #file:a.ts "#file:b.ts"', ['a.ts', 'b.ts'], []],
  ['#file:`my notes/to do.md`', ['my notes/to do.md'], []],
  ['Round @total and #sym:Cart.add once; @total', [], ['total', 'Cart.add']],
  ['mail ada@example.org, use @scope/name, a.@b, ##file: and @', [], []],
  ['#file: alone, @param-like', [], []],
])('%s names the files %j and the symbols %j', (text, files, symbols) => {
  expect(referencesOf(text)).toEqual({ files, symbols });
});

test('where they are is told below the goal', () => {
  expect(referencesText([])).toBe('');
  expect(
    referencesText([
      { name: '#file:cart.js', places: ['src/cart.js'] },
      { name: '@total', places: ['src/cart.js:12', 'src/sum.js:3'] },
    ]),
  ).toBe('Named in the goal:\n- #file:cart.js is src/cart.js\n- @total is src/cart.js:12 or src/sum.js:3');
});
