import { expect, test } from 'vitest';
import { percent } from './words.ts';

test('a share of nothing is no share', () => {
  expect([percent({ count: 1, of: 3 }), percent({ count: 0, of: 0 })]).toEqual(['33 %', '–']);
});
