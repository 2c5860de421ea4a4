import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { deliveredBy } from './webhook.ts';

/**
 * Payloads as GitHub sends them: those of github.com/octokit/webhooks (MIT), which were recorded on api.github.com, where they are not said to be changed here.
 */
const payload = async (file: string): Promise<Record<string, unknown>> => {
  const text = await readFile(new URL(`../../../test/fixtures/github-webhooks/${file}.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as Record<string, unknown>; // safe: each is an object
};

/** What a recorded payload comes to, with some of it changed: GitHub tells of one thing at a time. */
const told = async (name: string, file: string, changed: object = {}) => {
  const delivered = deliveredBy(name, { ...(await payload(file)), ...changed });
  if (delivered.outcome !== 'events') return delivered;
  const { events, ...rest } = delivered;
  expect(events).toHaveLength(1);
  return { ...rest, event: events[0]! };
};

const shop = 'https://github.com/Codertocat/Hello-World';

test.each([
  ['issues', 'issues-opened', 'issue-opened', null, 'issue 1'],
  ['issues', 'issues-labeled', 'issue-labeled', 'bug', 'issue 1'],
  ['issues', 'issues-assigned', 'issue-assigned', 'Codertocat', 'issue 1'],
  ['push', 'push', 'push', 'main', 'a push to main'],
  ['release', 'release-published', 'release-published', null, 'release 0.0.1'],
])('%s (%s) is %s', async (...[name, file, kind, value, subject]) => {
  const changed = name === 'push' ? { ref: 'refs/heads/main', deleted: false } : {};
  expect(await told(name, file, changed)).toMatchObject({
    outcome: 'events',
    event: { source: 'github', kind, value, subject, repository: shop, actor: { login: 'Codertocat', isBot: false } },
  });
});

test('what a run has said itself begins no other, though it is a person’s by the token', async () => {
  const body = '/longhaul fix it\n\n<!-- Longhaul-Run: run_1, 1 answer -->';
  const { issue } = await payload('issues-opened');
  expect(await told('issues', 'issues-opened', { issue: { ...(issue as object), body } })).toMatchObject({
    outcome: 'nothing',
  }); // safe: it has one
  const { comment } = await payload('issue_comment-created');
  expect(
    await told('issue_comment', 'issue_comment-created', { comment: { ...(comment as object), body } }),
  ).toMatchObject({ outcome: 'nothing' }); // safe: it has one
});

test('an issue tells its title, its text, where it is, and when', async () => {
  expect(await told('issues', 'issues-opened')).toMatchObject({
    happenedAt: Date.parse('2019-05-15T15:20:18Z'),
    event: {
      url: `${shop}/issues/1`,
      title: 'Spelling error in the README file',
      text: "It looks like you accidently spelled 'commit' with two 't's.",
      branch: null,
    },
  });
});

test.each([
  ['issue_comment', 'issue_comment-created', 'a comment on issue 1', null],
  ['pull_request_review_comment', 'pull_request_review_comment-created', 'a comment on pull request 2', 2],
])('%s is one that begins with a command, and no other', async (...[name, file, subject, pullRequest]) => {
  expect(await told(name, file)).toMatchObject({ outcome: 'nothing' });
  const { comment } = await payload(file);
  const saying = (body: string, action = 'created') =>
    told(name, file, { action, comment: { ...(comment as object), body } }); // safe: it has one
  expect(await saying('/longhaul fix the README\nand all else')).toMatchObject({
    outcome: 'events',
    event: {
      kind: 'comment',
      value: 'fix',
      subject,
      pullRequest,
      text: expect.stringContaining('the README\nand all'),
    },
  });
  expect(await saying('/longhaul Fix')).toMatchObject({ event: { value: 'fix' } });
  for (const body of [
    '/longhaul',
    '/longhaulfix',
    'please /longhaul fix',
    '/longhaul-fix it',
    '/longhaul fix_it',
    '/longhaul ../x',
  ])
    expect([body, await saying(body)]).toMatchObject([body, { outcome: 'nothing' }]);
  for (const action of ['edited', 'deleted'])
    expect([action, await saying('/longhaul fix', action)]).toMatchObject([action, { outcome: 'nothing' }]);
});

test('a comment on a line tells which, and what is there', async () => {
  const { comment } = await payload('pull_request_review_comment-created');
  const changed = { comment: { ...(comment as object), body: '/longhaul fix' } }; // safe: it has one
  const delivered = await told('pull_request_review_comment', 'pull_request_review_comment-created', changed);
  expect(delivered).toMatchObject({ event: { text: expect.stringMatching(/^On README\.md:265:\n[^]*# Hello-World/) } });
});

/** As docs.github.com/webhooks has one of a review: the recorded pull request, and what is told of the review beside it. */
const reviewed = (changed: object = {}, action = 'submitted') =>
  told('pull_request_review', 'pull_request_review_comment-created', {
    action,
    comment: undefined,
    review: {
      id: 237_895_671,
      user: { login: 'Codertocat', id: 21_031_067, type: 'User' },
      body: 'Say what it is for.',
      commit_id: 'ec26c3e57ca3a959ca5aad62de7213c562f8c821',
      submitted_at: '2019-05-15T15:20:38Z',
      state: 'changes_requested',
      html_url: `${shop}/pull/2#pullrequestreview-237895671`,
      author_association: 'OWNER',
      ...changed,
    },
  });

test('a review that asks for changes tells what it says, and which it is', async () => {
  expect(await reviewed()).toEqual({
    outcome: 'events',
    happenedAt: Date.parse('2019-05-15T15:20:38Z'),
    news: { repository: shop, pullRequests: [2] },
    event: {
      source: 'github',
      kind: 'review-submitted',
      value: 'changes-requested',
      repository: shop,
      tenant: null,
      actor: { login: 'Codertocat', isBot: false },
      subject: 'a review of pull request 2',
      url: `${shop}/pull/2#pullrequestreview-237895671`,
      title: 'Update the README with new information.',
      text: 'Say what it is for.\n\nThe pull request says:\nThis is a pretty simple change that we need to pull into master.',
      branch: null,
      commit: null,
      pullRequest: 2,
      issue: null,
      review: 237_895_671,
    },
  });
  expect(await reviewed({ body: null })).toMatchObject({
    event: { text: expect.stringMatching(/^The review asks for changes\.\n/) },
  });
});

test.each<[string, object, string?]>([
  ['that only remarks, as each answer to a remark does', { state: 'commented', body: null }],
  ['that approves', { state: 'approved' }],
  ['that is dismissed', { state: 'dismissed' }, 'dismissed'],
  ['that is edited', {}, 'edited'],
  ['that a run has said itself', { body: 'No.\n\n<!-- Longhaul-Run: run_1, 1 comment -->' }],
  ['that cannot be read', { id: 'x' }],
])('a review %s begins nothing', async (_, changed, action) => {
  expect(await reviewed(changed, action)).toEqual({
    outcome: 'nothing',
    news: { repository: shop, pullRequests: [2] },
  });
});

test.each([
  ['check_suite', 'check_suite-completed', 'checks-failed', 'changes'],
  ['workflow_run', 'workflow_run-completed', 'workflow-failed', 'master'],
] as const)('%s is one that failed, of the repository itself', async (...[name, file, kind, branch]) => {
  expect(await told(name, file)).toMatchObject({
    outcome: 'nothing',
    news: { repository: expect.stringContaining('https://') },
  });
  const { [name]: whole } = await payload(file);
  const with_ = (changed: object) => told(name, file, { [name]: { ...(whole as object), ...changed } }); // safe: it has one
  expect(await with_({ conclusion: 'failure' })).toMatchObject({
    event: { kind, value: branch, branch, commit: expect.stringMatching(/^[0-9a-f]{40}$/) },
  });
  expect(await with_({ conclusion: 'cancelled' })).toMatchObject({ outcome: 'nothing' });
  expect(await with_({ conclusion: 'failure', head_branch: null })).toMatchObject({ outcome: 'nothing' });
  const fork = { head_repository: { full_name: 'mallory/Hello-World' } };
  expect(await with_({ conclusion: 'failure', ...fork })).toMatchObject({ outcome: 'nothing' });
});

test.each([
  [
    'dependabot_alert',
    'dependabot_alert-created',
    'dependabot-alert',
    'dependabot alert 20',
    /^Severity: \w+\nPackage: /,
  ],
  ['code_scanning_alert', 'code_scanning_alert-created', 'code-scanning-alert', 'code scanning alert 10', /Tool: /],
  [
    'secret_scanning_alert',
    'secret_scanning_alert-reopened',
    'secret-scanning-alert',
    'secret scanning alert 191',
    /Kind of secret: adafruit_io_key/,
  ],
])('%s is told by GitHub itself', async (...[name, file, kind, subject, text]) => {
  expect(await told(name, file)).toMatchObject({
    event: { kind, subject, actor: null, text: expect.stringMatching(text) },
  });
  expect(await told(name, file, { action: 'dismissed' })).toMatchObject({ outcome: 'nothing' });
});

test('a push tells its commits', async () => {
  const commits = [{ id: '1'.repeat(40), message: 'Mend the sum\n\nIt was wrong.' }];
  expect(await told('push', 'push', { ref: 'refs/heads/main', deleted: false, commits })).toMatchObject({
    happenedAt: 1_557_933_657_000,
    event: { title: 'Mend the sum', text: '111111111111 Mend the sum', branch: 'main' },
  });
});

test('what is pushed to no branch, or takes one away, is nothing', async () => {
  expect(await told('push', 'push', { ref: 'refs/tags/v1', deleted: false })).toMatchObject({ outcome: 'nothing' });
  expect(await told('push', 'push', { ref: 'refs/heads/main', deleted: true })).toMatchObject({ outcome: 'nothing' });
});

test.each([
  [{ login: 'renovate[bot]', type: 'Bot' }, true],
  [{ login: 'renovate[bot]', type: 'User' }, true],
  [{ login: 'acme', type: 'Organization' }, true],
  [{ login: 'ada', type: 'User' }, false],
])('%j is a bot: %j', async (sender, isBot) => {
  expect(await told('issues', 'issues-opened', { sender })).toMatchObject({ event: { actor: { isBot } } });
});

test.each([
  ['nobody', { sender: null }],
  ['somebody without a name', { sender: { login: '', type: 'User' } }],
])('what %s did is refused, however it is signed', async (_, changed) => {
  expect(await told('issues', 'issues-labeled', changed)).toMatchObject({
    outcome: 'unreadable',
    why: expect.stringMatching(/who did it/),
  });
});

test('what does not say when it happened is refused, but for an alert', async () => {
  const { issue } = await payload('issues-labeled');
  for (const updated_at of [null, 'soon'])
    expect(
      await told('issues', 'issues-labeled', { issue: { ...(issue as object), updated_at } }), // safe: it has one
    ).toMatchObject({ outcome: 'unreadable', why: expect.stringMatching(/when it happened/) });
  expect(await told('secret_scanning_alert', 'secret_scanning_alert-reopened')).toMatchObject({ happenedAt: null });
});

test('an unknown event is nothing; a payload that is none is said', async () => {
  expect(await told('star', 'issues-opened')).toEqual({ outcome: 'nothing', news: null });
  expect(deliveredBy('issues', 'x')).toMatchObject({ outcome: 'unreadable', why: expect.stringContaining('issues') });
  expect(
    await told('issues', 'issues-opened', { repository: { html_url: 'javascript:x', full_name: 'a/b' } }),
  ).toMatchObject({ outcome: 'unreadable' });
  expect(await told('issues', 'issues-opened', { issue: { number: 'x' } })).toMatchObject({ outcome: 'nothing' });
});

test('texts are bounded, and cannot steer a terminal', async () => {
  const { issue } = await payload('issues-opened');
  const wrong = { ...(issue as object), title: '\u001b[2Ja\nb', body: 'x'.repeat(50_000), html_url: 'javascript:x' }; // safe: it has one
  const delivered = await told('issues', 'issues-opened', { issue: wrong });
  expect(delivered).toMatchObject({ event: { title: 'a b', url: null } });
  expect('event' in delivered && delivered.event.text.length).toBe(20_000);
});

test('of which pull requests something may be otherwise is told where GitHub says it', async () => {
  expect(await told('check_suite', 'check_suite-completed')).toMatchObject({ news: { pullRequests: [2] } });
  expect(await told('workflow_run', 'workflow_run-completed')).toMatchObject({ news: { pullRequests: [] } });
});
