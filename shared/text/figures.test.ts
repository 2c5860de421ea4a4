import { expect, test } from 'vitest';
import { clock, cost, count, duration, plural, span, utc, utcSeconds } from './figures.ts';

test.each([
  [0, '0 ms'],
  [340, '340 ms'],
  [1_000, '1.0 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 00 s'],
  [84_000, '1 min 24 s'],
  [3_599_600, '1 h 00 min'],
  [11_100_000, '3 h 05 min'],
  [187_200_000, '2 d 4 h'],
])('%i ms lasted %s', (ms, expected) => {
  expect(duration(ms)).toBe(expected);
});

test.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [7_500_000, '2 h 05 min'],
  [172_800_000, '2 d'],
])('%i ms ago is %s ago', (ms, expected) => {
  expect(span(ms)).toBe(expected);
});

test.each([
  [3_000, '0:03'],
  [761_000, '12:41'],
  [3_753_000, '1:02:33'],
  [273_600_000, '3d 04:00'],
])('%i ms into a run it is %s', (ms, expected) => {
  expect(clock(ms)).toBe(expected);
});

test.each([
  [999, '999'],
  [12_340, '12.3k'],
  [999_949, '999.9k'],
  [999_950, '1.0M'],
])('%i tokens are %s', (value, expected) => {
  expect(count(value)).toBe(expected);
});

test.each([
  [0, true, '$0'],
  [0, false, 'unknown'],
  [0.004_23, true, '$0.0042'],
  [0.12, true, '$0.12'],
  [0.12, false, '≥ $0.12'],
  [12.345, true, '$12.35'],
])('a cost of %d, known: %s, is %s', (usd, known, expected) => {
  expect(cost(usd, known)).toBe(expected);
});

test('one file is no files', () => {
  expect([plural(0, 'file'), plural(1, 'file'), plural(2, 'file'), plural(2, 'run waits', 'runs wait')]).toEqual([
    '0 files',
    '1 file',
    '2 files',
    '2 runs wait',
  ]);
});

test('times are said with their zone', () => {
  const at = '2026-03-04T12:01:05.123Z';
  expect([utc(at), utcSeconds(at)]).toEqual(['2026-03-04 12:01 UTC', '2026-03-04 12:01:05 UTC']);
});
