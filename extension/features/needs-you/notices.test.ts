import { expect, test } from 'vitest';
import type { EventBody } from '../../../shared/run/events.ts';
import { decisionSummaries } from '../../../shared/run/summary.ts';
import { began, created, followed } from '../../../shared/run/story/fixture.ts';
import { unseenEnds } from '../../ground/runs/ends.ts';
import { noticesOf } from './notices.ts';

const told = (bodies: readonly EventBody[]) => {
  const { state } = followed([created('Mend it'), ...bodies]);
  return noticesOf({
    decisions: decisionSummaries(state),
    keyless: new Set(),
    reviews: [],
    ends: unseenEnds([state], { since: state.createdAt, ends: {} }, began + 60_000),
  });
};

const failed: EventBody = { type: 'run.failed', v: 1, class: 'model', message: 'The key was refused.' };

test('a run that failed is news, with whose fault it was, why, and the way on', () => {
  const [notice, ...rest] = told([failed]);
  expect(rest).toEqual([]);
  expect(notice).toMatchObject({ kind: 'trouble', text: '#7 Mend it: failed (model): The key was refused.' });
  expect(notice?.actions.map(({ command }) => command)).toEqual([
    'longhaul.resumeRun',
    'longhaul.delegateAgain',
    'longhaul.openRun',
  ]);
});

test('a run that ended without changes is news, and trouble where a check failed', () => {
  const completed: EventBody = { type: 'run.completed', v: 1 };
  const check: EventBody = {
    type: 'verification.finished',
    v: 2,
    index: 0,
    command: 'npm test',
    outcome: 'exited',
    exitCode: 1,
    output: '',
    outputBlob: null,
    durationMs: 1,
    refusedHosts: [],
    reachedHosts: [],
    setup: 'base',
  };
  expect(told([completed])).toMatchObject([{ kind: 'news', text: '#7 Mend it: finished without changes' }]);
  expect(told([check, completed])).toMatchObject([
    { kind: 'trouble', text: '#7 Mend it: 1 of 1 check failed; finished without changes' },
  ]);
});

test('what a person ended and what is under way is no news', () => {
  expect(told([])).toEqual([]);
  expect(told([{ type: 'run.cancelled', v: 1, by: 'person:ada', reason: '' }])).toEqual([]);
});

test('each end is another one: a run that was resumed and failed again is news again', () => {
  const again = told([failed, { type: 'run.resumed', v: 1, by: 'person:ada' }, failed]);
  expect(again.map(({ key }) => key)).not.toEqual(told([failed]).map(({ key }) => key));
});

test('what waits to be published is asked, and is published from no notification', () => {
  const head = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
  const blobs = { changes: 'c'.repeat(64), patch: 'd'.repeat(64) };
  const notices = told([
    { type: 'round.finished', v: 1, head, ...blobs, files: 1, additions: 1, deletions: 0 },
    {
      type: 'decision.requested',
      v: 3,
      request: {
        id: 'dec_1',
        kind: 'publish',
        requester: { turn: 1, call: null },
        action: 'Publish round 1 as a draft pull request to acme/shop',
        tool: null,
        arguments: {},
        tree: null,
        hash: 'ab'.repeat(32),
        reason: '',
        consequence: '',
        expiresAt: '2026-01-04T00:00:00.000Z',
        onExpiry: '',
        choices: [],
      },
    },
  ]);
  expect(notices.map(({ text, actions }) => [text, actions.map(({ title, command }) => [title, command])])).toEqual([
    [
      '#7 Mend it: Publish round 1 as a draft pull request to acme/shop?',
      [
        ['Look and Decide', 'longhaul.openDecision'],
        ['Do Not Publish…', 'longhaul.reject'],
        ['Show', 'longhaul.focusNeedsYou'],
      ],
    ],
  ]);
});
