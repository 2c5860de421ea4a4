import { expect, test } from 'vitest';
import { duration, money, percent } from './words.ts';

test('what is unknown is neither 0 nor exact', () => {
  expect([money(1.5, true), money(1.5, false), money(0, false), money(0, true)]).toEqual([
    '$1.50',
    '≥ $1.50',
    'unknown',
    '$0.00',
  ]);
  expect([percent({ count: 1, of: 3 }), percent({ count: 0, of: 0 })]).toEqual(['33 %', '–']);
});

test('times are short to read', () => {
  expect([0, 59_400, 90_000, 5_400_000, 200_000_000].map(duration)).toEqual([
    '0 s',
    '59 s',
    '2 min',
    '1.5 h',
    '2.3 days',
  ]);
});
