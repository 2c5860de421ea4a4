import { expect, test } from 'vitest';
import { lookAgainAt, presence } from './idle.ts';

const idleMs = 1_000;

test.each([
  ['somebody is there', { busy: true, lastAt: 0 }, 10_000, 11_000],
  ['somebody was there just now', { busy: false, lastAt: 9_400 }, 10_000, 10_400],
  ['the time is not quite over', { busy: false, lastAt: 9_001 }, 10_000, 10_001],
  ['the time is over to the millisecond', { busy: false, lastAt: 9_000 }, 10_000, null],
  ['nobody was there for long', { busy: false, lastAt: 0 }, 10_000, null],
  ['the clock was set back', { busy: false, lastAt: 20_000 }, 10_000, 21_000],
])('while %s', (...[, signs, now, expected]) => {
  expect(lookAgainAt(signs, { now, idleMs })).toBe(expected);
});

test('somebody is there from the first of their requests to the end of the last', () => {
  let now = 1;
  const there = presence(() => now);
  expect({ ...there, came: null }).toEqual({ open: 0, lastAt: 1, came: null });
  const [first, second] = [there.came(), there.came()];
  now = 2;
  first();
  expect([there.open, there.lastAt]).toEqual([1, 2]);
  now = 3;
  second();
  expect([there.open, there.lastAt]).toEqual([0, 3]);
});
