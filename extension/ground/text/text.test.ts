import { expect, test } from 'vitest';
import { oneLine } from './one-line.ts';
import { costFact, costText, evidence, expiry } from './text.ts';

test.each([
  [{ usd: 0, unpriced: 0 }, '$0', '$0'],
  [{ usd: 1.5, unpriced: 2 }, '≥ $1.50', '≥ $1.50'],
  [{ usd: 0, unpriced: 1 }, 'unknown', 'cost unknown'],
])('%j costs %s under a label, and %s without', (spent, fact, text) => {
  expect([costFact(spent), costText(spent)]).toEqual([fact, text]);
});

test('a decision says how long it waits, and when it no longer does', () => {
  const now = Date.parse('2026-03-04T12:00:00.000Z');
  expect(expiry('2026-03-04T15:30:00.000Z', now)).toBe('3 h 30 min left');
  expect(expiry('2026-03-04T12:00:00.000Z', now)).toBe('expired');
});

test('evidence counts what passed of what ran, and is none where nothing ran', () => {
  const record = (exitCode: number) =>
    ({ index: 0, command: 'npm test', outcome: 'exited', exitCode, durationMs: 1, coverage: null }) as const;
  expect(evidence({ verification: [] })).toBeNull();
  expect(evidence({ verification: [record(0)] })).toBe('1 of 1 checks pass');
  expect(evidence({ verification: [record(0), record(1)] })).toBe('1 of 2 checks failed');
});

test('a line is one line, and says where it was cut', () => {
  expect(oneLine(' a\n\tb ', 10)).toBe('a b');
  expect(oneLine('abcdef', 4)).toBe('abc…');
  expect(oneLine('a\u202eb', 20)).toBe('a<U+202E>b');
});
