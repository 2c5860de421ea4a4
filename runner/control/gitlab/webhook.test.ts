import { expect, test } from 'vitest';
import { hooksOf, type Hook } from '../../../test/fakes/gitlab/hooks.ts';
import type { Issue, MergeRequest, Note } from '../../../test/fakes/gitlab/world.ts';
import { deliveredBy } from './webhook.ts';

/** Payloads as docs.gitlab.com/user/project/integrations/webhook_events has them. */
const shop = 'https://gitlab.com/acme/tools/shop';
const hooks = hooksOf(shop);
const ada = { id: 2, username: 'ada' };
const bot = { id: 1, username: 'project_1_bot_0123456789abcdef' };
const at = '2026-01-31T12:00:00.000Z';
const nobody = { labels: [], assignees: [] };
const issue: Issue = {
  kind: 'issue',
  iid: 12,
  author: ada,
  title: 'The sum is wrong',
  description: 'It subtracts.',
  state: 'opened',
  labels: [],
  assignees: [],
  notes: [],
  createdAt: at,
  updatedAt: at,
};
// safe: what a hook tells of it
const mr = { kind: 'merge request', iid: 3, title: 'Mend', description: 'Adds.' } as MergeRequest;
const note = (body: string, different: Partial<Note> = {}): Note => ({
  id: 7,
  author: ada,
  body,
  system: false,
  at,
  on: null,
  ...different,
});
const told = ({ name, payload }: Hook, changed: object = {}) => deliveredBy(name, { ...payload, ...changed });
const kinds = (hook: Hook): readonly (readonly [string, string | null])[] => {
  const delivered = told(hook);
  return delivered.outcome === 'events' ? delivered.events.map(({ kind, value }) => [kind, value] as const) : [];
};

test('an issue that was opened tells its title, its text, where it is, and when', () => {
  expect(told(hooks.issue(issue, { by: ada, action: 'open', before: nobody }))).toEqual({
    outcome: 'events',
    happenedAt: Date.parse(at),
    news: null,
    events: [
      {
        source: 'github',
        kind: 'issue-opened',
        value: null,
        repository: shop,
        tenant: null,
        actor: { login: 'ada', isBot: false },
        subject: 'issue 12',
        url: `${shop}/-/issues/12`,
        title: 'The sum is wrong',
        text: 'It subtracts.',
        branch: null,
        commit: null,
        pullRequest: null,
        issue: 12,
        review: null,
      },
    ],
  });
});

test('one edit of an issue can be several events: each label and each assignee that is new', () => {
  const edited = { ...issue, labels: ['bug', 'agent', 'now'], assignees: [ada, bot] };
  const before = { labels: ['bug'], assignees: [ada] };
  expect(kinds(hooks.issue(edited, { by: ada, action: 'update', before }))).toEqual([
    ['issue-labeled', 'agent'],
    ['issue-labeled', 'now'],
    ['issue-assigned', bot.username],
  ]);
  expect(kinds(hooks.issue(edited, { by: ada, action: 'open', before: nobody })).map(([kind]) => kind)).toEqual([
    'issue-opened',
    ...Array.from({ length: 3 }, () => 'issue-labeled'),
    ...Array.from({ length: 2 }, () => 'issue-assigned'),
  ]);
  expect(kinds(hooks.issue(issue, { by: ada, action: 'update', before: edited }))).toEqual([]);
});

test.each([
  ['an issue', issue, { subject: 'a comment on issue 12', issue: 12, pullRequest: null }],
  ['a merge request', mr, { subject: 'a comment on merge request 3', issue: null, pullRequest: 3 }],
])('a note on %s is one that begins with a command, and no other', (...[, on, about]) => {
  const said = told(hooks.note(on, note('/longhaul Fix the rest')));
  expect(said).toMatchObject({ events: [{ kind: 'comment', value: 'fix', ...about }] });
  expect(said).toMatchObject({ events: [{ text: expect.stringMatching(/^the rest\n\nThe .* says:\n/) }] });
  const line = note('/longhaul fix', { on: { path: 'sum.js', line: 4 } });
  expect(told(hooks.note(on, line))).toMatchObject({ events: [{ text: expect.stringMatching(/^On sum\.js:4:\n/) }] });
  for (const each of [
    'Fix it.',
    'see /longhaul fix',
    '/longhaul',
    '/longhaul fix\n<!-- Longhaul-Run: run_1, 1 answer -->',
  ])
    expect(told(hooks.note(on, note(each)))).toEqual({
      outcome: 'nothing',
      news: { repository: shop, pullRequests: expect.any(Array) },
    });
  expect(told(hooks.note(on, note('/longhaul fix', { system: true })))).toMatchObject({ outcome: 'nothing' });
});

test('what was edited is no new comment, and what is said of a commit none that counts', () => {
  const { name, payload } = hooks.note(mr, note('/longhaul fix'));
  const { object_attributes: attributes } = payload as { object_attributes: object }; // safe: it has them
  const changed = (different: object) =>
    deliveredBy(name, { ...payload, object_attributes: { ...attributes, ...different } });
  expect(changed({ action: 'update' })).toMatchObject({ outcome: 'nothing' });
  expect(changed({ noteable_type: 'Commit' })).toMatchObject({ outcome: 'nothing' });
  expect(changed({ action: undefined })).toMatchObject({ outcome: 'events' });
});

test('a pipeline that failed on a branch is both what checks and what a workflow are; a fork’s, a tag’s and a good one are nothing', () => {
  const failed = { sha: 'a'.repeat(40), status: 'failed' };
  expect(told(hooks.pipeline(failed, { ref: 'main', by: ada }))).toMatchObject({
    events: ['checks-failed', 'workflow-failed'].map((kind) => ({
      kind,
      value: 'main',
      branch: 'main',
      commit: failed.sha,
    })),
  });
  for (const hook of [
    hooks.pipeline({ ...failed, status: 'success' }, { ref: 'main', by: ada }),
    hooks.pipeline(failed, { ref: 'main', by: ada, forks: true }),
    hooks.pipeline(failed, { ref: 'refs/merge-requests/1/head', by: ada }),
  ])
    expect(told(hook)).toEqual({ outcome: 'nothing', news: { repository: shop, pullRequests: expect.any(Array) } });
});

test('a push tells its branch and what it brings, and not when; one that deletes is none', () => {
  const commits = [{ id: '1'.repeat(40), message: 'Mend the sum\n\nAnd more.' }];
  expect(told(hooks.push('refs/heads/main', ada, commits))).toMatchObject({
    happenedAt: null,
    events: [{ kind: 'push', value: 'main', title: 'Mend the sum', text: '111111111111 Mend the sum', branch: 'main' }],
  });
  expect(told(hooks.push('refs/heads/main', ada, []))).toEqual({ outcome: 'nothing', news: null });
  expect(told(hooks.push('refs/tags/v1', ada, commits))).toMatchObject({ outcome: 'nothing' });
});

test('what a run has opened itself begins no other, and a token’s user is a bot', () => {
  const own = { ...issue, description: 'x\n\n<!-- Longhaul-Run: run_1, 1 issue -->' };
  expect(kinds(hooks.issue(own, { by: ada, action: 'open', before: nobody }))).toEqual([]);
  expect(told(hooks.issue(issue, { by: bot, action: 'open', before: nobody }))).toMatchObject({
    events: [{ actor: { login: bot.username, isBot: true } }],
  });
});

test('a merge request’s own events are a reason to look; what is confidential, and anything else, is not heard', () => {
  expect(told(hooks.mergeRequest(mr, ada))).toEqual({
    outcome: 'nothing',
    news: { repository: shop, pullRequests: expect.any(Array) },
  });
  const { payload } = hooks.issue(issue, { by: ada, action: 'open', before: nobody });
  for (const name of ['Confidential Issue Hook', 'System Hook', 'Release Hook'])
    expect(deliveredBy(name, payload)).toEqual({ outcome: 'nothing', news: null });
});

test('what cannot be read, or does not say who or when, is refused', () => {
  const opened = hooks.issue(issue, { by: ada, action: 'open', before: nobody });
  expect(deliveredBy('Issue Hook', 'x')).toMatchObject({ outcome: 'unreadable' });
  expect(told(opened, { project: { web_url: 'javascript:x' } })).toMatchObject({ outcome: 'unreadable' });
  expect(told(opened, { user: null })).toMatchObject({ why: expect.stringContaining('who did it') });
  const { object_attributes: attributes } = opened.payload as { object_attributes: object }; // safe: it has them
  expect(told(opened, { object_attributes: { ...attributes, updated_at: 'soon' } })).toMatchObject({
    why: expect.stringContaining('when it happened'),
  });
  const wrong = { ...attributes, title: '\u001b[2Ja\nb', description: 'x'.repeat(50_000), url: 'javascript:x' };
  const delivered = told(opened, { object_attributes: wrong });
  expect(delivered).toMatchObject({ events: [{ title: 'a b', url: null }] });
  expect(delivered.outcome === 'events' && delivered.events[0]?.text.length).toBe(20_000);
});
