import { expect, test } from 'vitest';
import type { EventBody, RunEvent } from './events.ts';
import { someTask } from '../../test/fakes/task.ts';
import { fold } from './reduce.ts';
import { historyRow, statistics, trend, type HistoryRow } from './statistics.ts';

const row = (status: HistoryRow['status'], rest: Partial<HistoryRow> = {}): HistoryRow => ({
  id: 'run_abcd',
  number: 1,
  title: 'Fix it',
  repository: '/repository',
  recipe: null,
  model: 'm',
  requester: 'person:ada',
  status,
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

test('every share says what it is a share of: open and withdrawn runs are in none, failures of all kinds are', () => {
  const rows = [
    row('accepted', { usd: 2, reviewMs: 1000 }),
    row('accepted', { usd: 1, reviewMs: 3000 }),
    row('completed', { usd: 50 }),
    row('completed', { checksFailed: 1, checksRan: 3 }),
    row('accepted', { usd: 1, checksFailed: 1, reviewMs: 2000 }),
    row('accepted', { usd: 0, checksRan: 0, reviewMs: 2000 }),
    row('rejected', { usd: 3 }),
    row('cancelled', { usd: 0.5 }),
    row('cancelled', { turns: 0, usd: 0 }),
    row('failed', { failure: 'infrastructure', usd: 0, turns: 0 }),
    row('failed', { failure: 'task', usd: 1.5, costKnown: false }),
    row('working', { usd: 9 }),
    row('reviewing', { usd: 9 }),
  ];
  expect(statistics(rows)).toEqual({
    runs: 13,
    open: 2,
    withdrawn: 1,
    succeeded: { count: 5, of: 10 },
    failedChecks: { count: 2, of: 5 },
    outcomes: { accepted: 4, completed: 1, unmended: 1, rejected: 1, cancelled: 1, failed: 2 },
    failures: { infrastructure: 1, model: 0, budget: 0, policy: 0, task: 1 },
    takeovers: { count: 2, of: 10 },
    costPerAccepted: { usd: 2.25, total: 9, unknown: 1 },
    review: { medianMs: 2000, measured: 4, of: 5 },
  });
});

test('of nothing there is no share, no cost and no median', () => {
  expect(statistics([])).toMatchObject({
    succeeded: { count: 0, of: 0 },
    costPerAccepted: { usd: null, total: 0, unknown: 0 },
    review: { medianMs: null, measured: 0, of: 0 },
  });
});

test.each([
  [[5], 5],
  [[1, 9, 2], 2],
  [[4, 2], 3],
])('of the waits %j the median is %d', (waits, medianMs) => {
  const rows = waits.map((reviewMs) => row('accepted', { reviewMs }));
  expect(statistics(rows).review).toMatchObject({ medianMs });
});

test('the time to review is from each hand-over to its verdict; what the agent did between rounds is not in it', () => {
  const at = (minute: number, body: EventBody): RunEvent => ({
    run: 'run_abcd',
    seq: minute + 1,
    position: minute + 1,
    at: new Date(minute * 60_000).toISOString(),
    activation: null,
    body,
  });
  const finished: EventBody = {
    type: 'round.finished',
    v: 1,
    head: { commit: '1'.repeat(40), tree: '2'.repeat(40) },
    changes: '3'.repeat(64),
    patch: '4'.repeat(64),
    files: 1,
    additions: 1,
    deletions: 0,
  };
  const verdict = (given: 'accepted' | 'changes'): EventBody => ({
    type: 'review.decided',
    v: 3,
    merge: null,
    from: 'person',
    by: 'person:ada',
    verdict: given,
    reason: 'x',
    comments: [],
  });
  const created: EventBody = { type: 'run.created', v: 5, number: 1, task: someTask() };
  const judged = [at(1, finished), at(3, verdict('changes')), at(10, finished), at(15, verdict('accepted'))];
  const reviewMs = (events: readonly RunEvent[]): number | null =>
    historyRow(fold([at(0, created), ...events])!).reviewMs;
  expect(reviewMs(judged)).toBe(7 * 60_000);
  expect(reviewMs(judged.slice(0, 3))).toBe(2 * 60_000);
  expect(reviewMs(judged.slice(0, 1))).toBeNull();
});

test('the trend has each run in the week in which it was over, and what is open or withdrawn in none', () => {
  const ended = (endedAt: string | null, rest: Partial<HistoryRow> = {}) => row('accepted', { endedAt, ...rest });
  const rows = [
    ended('2026-01-01T00:00:00.000Z'),
    ended('2026-01-08T00:00:00.000Z'),
    ended('2026-01-08T00:00:00.001Z', { status: 'failed', failure: 'task' }),
    ended('2026-01-15T00:00:00.000Z'),
    ended('2026-01-15T00:00:00.000Z', { status: 'cancelled', turns: 0 }),
    ended(null, { status: 'working' }),
  ];
  expect(trend(rows, { weeks: 2, now: Date.parse('2026-01-15T00:00:00.000Z') })).toEqual([
    { from: '2026-01-01T00:00:00.000Z', succeeded: { count: 1, of: 1 } },
    { from: '2026-01-08T00:00:00.000Z', succeeded: { count: 1, of: 2 } },
  ]);
});
