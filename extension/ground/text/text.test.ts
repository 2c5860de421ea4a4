import { expect, test } from 'vitest';
import { cost, duration, evidence, expiry, oneLine } from './text.ts';

test.each([
  [-5, '0 s'],
  [42_000, '42 s'],
  [59_700, '1 min'],
  [3 * 60_000, '3 min'],
  [125 * 60_000, '2 h 05 min'],
  [72 * 3_600_000, '3 d'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [{ usd: 0, unpriced: 0 }, '$0.000'],
  [{ usd: 0.0123, unpriced: 0 }, '$0.012'],
  [{ usd: 1.5, unpriced: 0 }, '$1.50'],
  [{ usd: 1.5, unpriced: 2 }, 'at least $1.50'],
  [{ usd: 0, unpriced: 1 }, 'cost unknown'],
])('%j costs %s', (spent, text) => {
  expect(cost(spent)).toBe(text);
});

test('a decision says how long it waits, and when it no longer does', () => {
  const now = Date.parse('2026-03-04T12:00:00.000Z');
  expect(expiry('2026-03-04T15:30:00.000Z', now)).toBe('3 h 30 min left');
  expect(expiry('2026-03-04T12:00:00.000Z', now)).toBe('expired');
});

test('evidence counts what passed of what ran, and is none where nothing ran', () => {
  const record = (exitCode: number) =>
    ({ index: 0, command: 'npm test', outcome: 'exited', exitCode, durationMs: 1 }) as const;
  expect(evidence({ verification: [] })).toBeNull();
  expect(evidence({ verification: [record(0)] })).toBe('1 of 1 checks pass');
  expect(evidence({ verification: [record(0), record(1)] })).toBe('1 of 2 checks failed');
});

test('a line is one line, and says where it was cut', () => {
  expect(oneLine(' a\n\tb ', 10)).toBe('a b');
  expect(oneLine('abcdef', 4)).toBe('abc…');
});
