import { expect, test } from 'vitest';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { successorOf, supersededText } from './successor.ts';

const said = (round: number, latest: number, state?: Pick<RunSummary, 'round' | 'status'>): string | null => {
  const successor = successorOf(round, latest, state);
  return successor && supersededText(round, successor);
};

test('a round is superseded from the moment that changes are requested, and says by what', () => {
  expect(said(1, 1, { round: 1, status: 'reviewing' })).toBeNull();
  for (const status of ['queued', 'working', 'waiting'] as const)
    expect(said(1, 1, { round: 2, status })).toBe(
      'Round 1 is superseded: changes were requested, and round 2 is under way.',
    );
  const placed = 'Round 1 is superseded: changes were requested, and round 2 takes its place.';
  expect(said(1, 1, { round: 2, status: 'reviewing' })).toBe(placed);
  expect(said(1, 2, { round: 2, status: 'accepted' })).toBe(placed);
  expect(said(1, 2, { round: 3, status: 'working' })).toBe(placed);
  expect(said(1, 2)).toBe(placed);
});

test('a round whose successor failed, was cancelled or changed nothing is the one to decide about', () => {
  for (const status of ['failed', 'cancelled', 'completed'] as const)
    expect(said(1, 1, { round: 2, status })).toBeNull();
  expect(said(2, 2, { round: 2, status: 'accepted' })).toBeNull();
  expect(said(1, 1)).toBeNull();
});
