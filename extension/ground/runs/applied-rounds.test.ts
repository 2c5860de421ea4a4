import { expect, test } from 'vitest';
import { withApplied } from './applied-rounds.ts';

test('of each run the last round that was applied is kept, and of runs the last five hundred', () => {
  expect(withApplied({ run_a: 1, run_b: 1 }, { run: 'run_a', round: 2 })).toEqual({ run_b: 1, run_a: 2 });
  let all: Readonly<Record<string, number>> = {};
  for (let number = 1; number <= 501; number += 1) all = withApplied(all, { run: `run_${number}`, round: 1 });
  expect([Object.keys(all).length, 'run_1' in all, 'run_501' in all]).toEqual([500, false, true]);
});
