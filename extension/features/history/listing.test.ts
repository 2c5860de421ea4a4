import { expect, test } from 'vitest';
import type { HistoryRow } from '../../../shared/run/statistics.ts';
import { defaultListing, listed, valuesOf, type Listing } from './listing.ts';

const row = (number: number, rest: Partial<HistoryRow>): HistoryRow => ({
  id: `run_abcd${number}`,
  number,
  title: 'Fix it',
  repository: '/shop',
  recipe: null,
  model: 'm',
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
  listed(rows, { ...defaultListing, ...listing }, Date.parse('2026-01-08T00:00:00.000Z')).map(({ number }) => number);

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

test('the history is narrowed to a repository, a recipe or none, a model, and the last days', () => {
  const of = (chosen: Partial<Listing['of']>) => ({ of: { ...defaultListing.of, ...chosen } });
  const mixed = [
    row(1, { recipe: 'add-tests', model: 'small' }),
    row(2, { repository: '/bakery', model: null, createdAt: '2026-01-07T00:00:00.000Z' }),
    row(3, {}),
  ];
  const narrowed = (listing: Partial<Listing>): number[] =>
    listed(mixed, { ...defaultListing, ...listing }, Date.parse('2026-01-08T12:00:00.000Z')).map(
      ({ number }) => number,
    );
  expect([
    narrowed(of({ repository: '/bakery' })),
    narrowed(of({ recipe: 'add-tests' })),
    narrowed(of({ recipe: '' })),
    narrowed(of({ model: 'small', recipe: '' })),
    narrowed({ days: 7 }),
    narrowed({ days: 8 }),
  ]).toEqual([[2], [1], [3, 2], [], [2], [3, 2, 1]]);
  expect([valuesOf(mixed, 'repository'), valuesOf(mixed, 'recipe'), valuesOf(mixed, 'model')]).toEqual([
    ['/bakery', '/shop'],
    ['', 'add-tests'],
    ['', 'm', 'small'],
  ]);
});
