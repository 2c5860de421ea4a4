import { expect, test } from 'vitest';
import type { HistoryRow } from '../../../shared/run/statistics.ts';
import { defaultListing, listed, type Listing } from './listing.ts';

const row = (number: number, rest: Partial<HistoryRow>): HistoryRow => ({
  id: `run_abcd${number}`,
  number,
  title: 'Fix it',
  repository: '/shop',
  recipe: null,
  requester: 'person:ada',
  status: 'accepted',
  failure: null,
  reason: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  rounds: 1,
  turns: 3,
  tokens: 100,
  activeMs: 1000,
  usd: 1,
  costKnown: true,
  files: null,
  additions: null,
  deletions: null,
  checksRan: 1,
  checksFailed: 0,
  reviewMs: null,
  ...rest,
});
const rows = [
  row(1, { title: 'Repair the cart', usd: 2, reviewMs: 5 }),
  row(2, { title: 'repair receipts', status: 'working' }),
  row(3, { status: 'failed', failure: 'model', reason: 'rate limit', usd: 3, reviewMs: 9 }),
];
const numbers = (listing: Partial<Listing>): number[] =>
  listed(rows, { ...defaultListing, ...listing }).map(({ number }) => number);

test('runs are found by words and by status', () => {
  expect([
    numbers({}),
    numbers({ search: ' REPAIR ' }),
    numbers({ search: 'repair cart' }),
    numbers({ search: '#3' }),
    numbers({ search: 'model rate' }),
    numbers({ status: 'open' }),
    numbers({ status: 'failed' }),
    numbers({ search: 'nothing' }),
  ]).toEqual([[3, 2, 1], [2, 1], [1], [3], [3], [2], [3], []]);
});

test('runs are sorted either way, and what is unknown comes last', () => {
  expect([
    numbers({ sort: 'usd' }),
    numbers({ sort: 'usd', descending: false }),
    numbers({ sort: 'reviewMs' }),
    numbers({ sort: 'reviewMs', descending: false }),
    numbers({ sort: 'title', descending: false }),
  ]).toEqual([
    [3, 1, 2],
    [2, 1, 3],
    [3, 1, 2],
    [1, 3, 2],
    [3, 2, 1],
  ]);
});
