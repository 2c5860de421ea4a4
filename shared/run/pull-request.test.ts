import { expect, test } from 'vitest';
import { pullRequestText, type PullRequest } from './pull-request.ts';

const opened = (url: string | null): PullRequest => ({
  effect: '1 pull request',
  remote: 'https://gitlab.com/acme/shop',
  number: '12',
  url,
  ciRepairs: 0,
  seen: null,
  unseen: null,
});
const seen: PullRequest['seen'] = {
  state: 'merged',
  by: 'gitlab:ada',
  head: 'a'.repeat(40),
  checks: { passed: 0, failed: 0, pending: 0, failing: [] },
  approvedBy: [],
  changesRequestedBy: [],
  reviewed: 0,
  ciRepaired: 0,
  conflictsWith: null,
  baseMerged: 0,
};

test('it is called as it is called where it is', () => {
  const there = opened('https://gitlab.com/acme/shop/-/merge_requests/12');
  expect(pullRequestText(there)).toBe('merge request 12 is open');
  expect(pullRequestText({ ...there, seen })).toBe('merge request 12 was merged by ada on GitLab');
  expect(pullRequestText(opened('https://github.com/acme/shop/pull/12'))).toBe('pull request 12 is open');
  expect(pullRequestText(opened(null))).toBe('pull request 12 is open');
});
