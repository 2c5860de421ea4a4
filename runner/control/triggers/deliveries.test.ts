import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { hooksOf, type Hook } from '../../../test/fakes/gitlab/hooks.ts';
import type { Issue } from '../../../test/fakes/gitlab/world.ts';
import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { openRemotes } from '../remotes/remotes.ts';
import { fromGitLab } from './deliveries.ts';

const signing = `whsec_${Buffer.from('a signing token of GitLab’s').toString('base64')}`;
const env = { ACME: 'the secret of acme', OTHER: 'secret of another', SIGNED: signing, HUB: 'the secret of GitHub' };
const gitlab = (match: string, webhookSecretVariable: string | null) => ({
  match,
  username: 'x',
  passwordVariable: null,
  publish: false,
  github: null,
  gitlab: { tokenVariable: 'T', readTokenVariable: null, apiUrl: null, webhookSecretVariable },
});
const github = { tokenVariable: 'T', apiUrl: 'https://api.github.com', webhookSecretVariable: 'HUB' };
const remotes = openRemotes(
  [
    gitlab('https://gitlab.com/acme/*', 'ACME'),
    gitlab('https://gitlab.com/other/*', 'OTHER'),
    gitlab('https://gitlab.com/signed/*', 'SIGNED'),
    { ...gitlab('https://gitlab.com/*', null), github, gitlab: null },
  ],
  env,
);
const ada = { id: 2, username: 'ada' };
const at = Date.parse('2026-01-31T12:00:00Z');
const issueOf = (webUrl: string, labels: string[] = []): Hook => {
  const issue: Issue = {
    kind: 'issue',
    iid: 12,
    author: ada,
    title: 'Wrong',
    description: '',
    state: 'opened',
    labels,
    assignees: [],
    notes: [],
    createdAt: new Date(at).toISOString(),
    updatedAt: new Date(at).toISOString(),
  };
  const action = labels.length === 0 ? 'open' : 'update';
  return hooksOf(webUrl).issue(issue, { by: ada, action, before: { labels: [], assignees: [] } });
};
const opened = issueOf('https://gitlab.com/acme/tools/shop');

/** Where each delivery and each body is known once. */
const hearing = (now = at + 60_000) => {
  const kept: { readonly id: string; readonly digest: string; readonly event: OutsideEvent }[] = [];
  const news: string[] = [];
  const tell = ({ name, payload }: Hook, headers: Readonly<Record<string, string>>, text = JSON.stringify(payload)) =>
    fromGitLab(
      {
        remotes,
        store: {
          recordEvent: async (told) => {
            if (kept.some(({ id, digest }) => id === told.id || digest === told.digest)) return 'known';
            kept.push(told);
            return 'new';
          },
        },
        onKept: () => {},
        onNews: ({ repository }) => void news.push(repository),
        now: () => now,
      },
      { headers: { 'x-gitlab-event': name, ...headers }, body: Buffer.from(text) },
    );
  return { kept, news, tell };
};
const by = (token: string, id = 'one') => ({ 'x-gitlab-token': token, 'idempotency-key': id });

test('a delivery that carries the secret token of its project is kept by its key, once, whatever is sent again', async () => {
  const { kept, news, tell } = hearing();
  expect(await tell(opened, by(env.ACME))).toMatchObject({ status: 202, said: /was kept/ });
  expect(kept.map(({ id, event }) => [id, event.kind])).toEqual([['gitlab one', 'issue-opened']]);
  // The same delivery, and its words under another key.
  expect(await tell(opened, by(env.ACME))).toMatchObject({ status: 202, said: 'It was told before.' });
  expect(await tell(opened, by(env.ACME, 'two'))).toMatchObject({ status: 202, said: 'It was told before.' });
  expect(kept).toHaveLength(1);
  // An issue is no news of a merge request.
  expect(news).toEqual([]);
});

test.each([
  ['no token', {}],
  ['a wrong one', { 'x-gitlab-token': 'the secret of acme ' }],
  ['an empty one', { 'x-gitlab-token': '' }],
  ['GitHub’s', { 'x-gitlab-token': env.HUB }],
  ['a signing token sent as it is', { 'x-gitlab-token': signing }],
])('with %s it is refused', async (_, headers) => {
  const { kept, news, tell } = hearing();
  expect(await tell(opened, { 'idempotency-key': 'one', ...headers })).toMatchObject({ status: 401 });
  expect([kept, news]).toEqual([[], []]);
});

test('who knows the secret of one project speaks for no other, and not for what is GitHub’s', async () => {
  const { kept, news, tell } = hearing();
  expect(await tell(opened, by(env.OTHER))).toMatchObject({ status: 403 });
  expect(await tell(issueOf('https://gitlab.com/hub/shop'), by(env.ACME))).toMatchObject({ status: 403 });
  expect(await tell(issueOf('https://elsewhere.example.org/acme/shop'), by(env.ACME))).toMatchObject({ status: 403 });
  expect([kept, news]).toEqual([[], []]);
});

test('one that is signed as standardwebhooks.com says is heard, unless a byte or its time is another', async () => {
  const signed = issueOf('https://gitlab.com/signed/shop');
  const text = JSON.stringify(signed.payload);
  // The library that verifies looks at the clock itself.
  const now = new Date();
  const headers = {
    'webhook-id': 'one',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(signing).sign('one', now, text),
    'idempotency-key': 'one',
  };
  const { kept, tell } = hearing();
  expect(await tell(signed, headers, `${text} `)).toMatchObject({ status: 401 });
  expect(await tell(signed, { ...headers, 'webhook-timestamp': '1700000000' })).toMatchObject({ status: 401 });
  expect(await tell(signed, { ...headers, 'webhook-id': 'two' })).toMatchObject({ status: 401 });
  expect(await tell(signed, headers)).toMatchObject({ status: 202 });
  expect(kept.map(({ id }) => id)).toEqual(['gitlab one']);
});

test('what a delivery tells of several things is kept each by itself, and known again', async () => {
  const { kept, tell } = hearing();
  const labelled = issueOf('https://gitlab.com/acme/tools/shop', ['agent', 'bug']);
  expect(await tell(labelled, by(env.ACME))).toMatchObject({ status: 202 });
  expect(await tell(labelled, by(env.ACME, 'two'))).toMatchObject({ said: 'It was told before.' });
  expect(kept.map(({ id, event }) => [id, event.value])).toEqual([
    ['gitlab one', 'agent'],
    ['gitlab one issue-labeled bug', 'bug'],
  ]);
});

test('what happened long ago, or is to happen, is no news; what is no delivery of GitLab’s is told as such', async () => {
  expect(await hearing(at + 6 * 60_000).tell(opened, by(env.ACME))).toMatchObject({
    status: 400,
    said: /five minutes ago/,
  });
  expect(await hearing(at - 6 * 60_000).tell(opened, by(env.ACME))).toMatchObject({ status: 400, said: /whose clock/ });
  const { tell } = hearing();
  expect(await tell(opened, { 'x-gitlab-token': env.ACME })).toMatchObject({ status: 400 });
  expect(await tell(opened, { 'x-gitlab-token': env.ACME, 'x-gitlab-event-uuid': 'one' })).toMatchObject({
    status: 202,
  });
  expect(await tell(opened, by(env.ACME, 'x'.repeat(101)))).toMatchObject({ status: 400 });
  expect(await tell(opened, by(env.ACME), '{')).toMatchObject({ status: 400 });
  const mr = { name: 'Merge Request Hook', payload: opened.payload };
  expect(await tell(mr, by(env.ACME))).toEqual({ status: 202, said: 'Nothing here waits for that.' });
});
