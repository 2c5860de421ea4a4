import { readFile } from 'node:fs/promises';
import { sign } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { openRemotes } from '../remotes/remotes.ts';
import { knownWebhooks, openArrivals, type Arrivals } from './arrivals.ts';

const env = {
  ACME: 'the secret of acme',
  OTHER: 'secret of another',
  PAGER: `whsec_${Buffer.from('the long secret of the pager').toString('base64')}`,
  WEAK: 'whsec_YQ==',
};
const happened = Date.parse('2019-05-15T15:20:18Z');
const repository = 'https://github.com/Codertocat/Hello-World';
const remote = (match: string, webhookSecretVariable: string | null) => ({
  match,
  username: 'x',
  passwordVariable: null,
  publish: false,
  github: { tokenVariable: 'T', apiUrl: 'https://api.github.com', webhookSecretVariable },
  gitlab: null,
});

/** What hears of one owner's repositories and of another's, each by its own secret, a minute after the issue was opened. */
const hearing = (over: { readonly now?: number; readonly known?: 'new' | 'known' } = {}) => {
  const kept: { readonly id: string; readonly digest: string; readonly event: OutsideEvent }[] = [];
  const news: string[] = [];
  const wakes = { count: 0 };
  const unheard: object[] = [];
  const arrivals = openArrivals({
    remotes: openRemotes(
      [remote('https://github.com/Codertocat/*', 'ACME'), remote('https://github.com/other/*', 'OTHER')],
      env,
    ),
    webhooks: knownWebhooks(
      [
        { name: 'pager', tenant: 'local', secretVariable: 'PAGER' },
        { name: 'silent', tenant: 'local', secretVariable: 'NOT_SET' },
        { name: 'weak', tenant: 'local', secretVariable: 'WEAK' },
      ],
      env,
      { error: (about: object) => void unheard.push(about) },
    ),
    store: {
      recordEvent: async (told) => {
        kept.push(told);
        return over.known ?? 'new';
      },
    },
    onKept: () => {
      wakes.count += 1;
    },
    onNews: ({ repository }) => void news.push(repository),
    now: () => over.now ?? happened + 60_000,
  });
  if (arrivals === null) throw new Error('nothing is heard');
  return { arrivals, kept, news, wakes, unheard };
};

const recorded = (file: string): Promise<string> =>
  readFile(new URL(`../../../test/fixtures/github-webhooks/${file}.json`, import.meta.url), 'utf8');

interface Delivery {
  readonly event?: string;
  readonly secret?: string;
  readonly text?: string;
  readonly headers?: object;
}

const deliver = async (arrivals: Arrivals, { event = 'issues', secret = env.ACME, ...rest }: Delivery = {}) => {
  const text = rest.text ?? (await recorded('issues-opened'));
  return arrivals.github({
    headers: {
      'x-github-event': event,
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': await sign(secret, text),
      ...rest.headers,
    },
    body: Buffer.from(text),
  });
};

test('what is signed with the secret of its repository is kept, under the name of its delivery', async () => {
  const { arrivals, kept, wakes } = hearing();
  expect(await deliver(arrivals)).toMatchObject({ status: 202, said: expect.stringContaining('It was kept') });
  expect(kept).toMatchObject([
    { id: 'github 72d3162e-cc78-11e3-81ab-4c9367dc0958', event: { kind: 'issue-opened', repository } },
  ]);
  expect(wakes.count).toBe(1);
});

test('what was told before wakes nobody', async () => {
  const { arrivals, wakes } = hearing({ known: 'known' });
  expect(await deliver(arrivals)).toMatchObject({ status: 202, said: 'It was told before.' });
  expect(wakes.count).toBe(0);
});

test('a review is kept once with the number by which its remarks are read, and its pull request is looked at', async () => {
  const { arrivals, kept, news } = hearing();
  const { comment: _, ...rest } = JSON.parse(await recorded('pull_request_review_comment-created'));
  const review = { id: 7, state: 'changes_requested', body: 'No.', submitted_at: '2019-05-15T15:20:38Z' };
  const text = JSON.stringify({ ...rest, action: 'submitted', review });
  expect(await deliver(arrivals, { event: 'pull_request_review', text })).toMatchObject({ status: 202 });
  expect(kept).toMatchObject([
    { event: { kind: 'review-submitted', value: 'changes-requested', pullRequest: 2, review: 7, repository } },
  ]);
  expect(news).toEqual([repository]);
});

const refusals: readonly (readonly [string, Delivery, number])[] = [
  ['signed with a secret that nobody here knows', { secret: 'x' }, 401],
  ['whose signature is none', { headers: { 'x-hub-signature-256': 'sha256=' } }, 401],
  ['whose signature is of another kind', { headers: { 'x-hub-signature-256': 'sha1=0000' } }, 401],
  ['without a signature', { headers: { 'x-hub-signature-256': undefined } }, 400],
  ['without a name', { headers: { 'x-github-delivery': undefined } }, 400],
  ['with the secret of another repository', { secret: env.OTHER }, 403],
  ['that is no JSON', { text: 'payload=%7B%7D' }, 400],
  ['that is of no repository’s address', { text: '{"repository":{"html_url":"x","full_name":"y"}}' }, 400],
];
test.each(refusals)('a delivery %s is refused, and nothing is kept of it', async (_, delivery, status) => {
  const { arrivals, kept, news } = hearing();
  expect(await deliver(arrivals, delivery)).toMatchObject({ status });
  expect([kept, news]).toEqual([[], []]);
});

test('one that was changed on its way is refused', async () => {
  const { arrivals, kept } = hearing();
  const text = await recorded('issues-opened');
  const headers = { 'x-hub-signature-256': await sign(env.ACME, text) };
  expect(await deliver(arrivals, { text: text.replace('Spelling', 'spelling'), headers })).toMatchObject({
    status: 401,
  });
  expect(kept).toEqual([]);
});

test('what happened more than five minutes ago is refused, however well it is signed', async () => {
  const late = hearing({ now: happened + 5 * 60_000 + 1 });
  expect(await deliver(late.arrivals)).toEqual({ status: 400, said: 'It happened more than five minutes ago.' });
  expect(late.kept).toEqual([]);
  const inTime = hearing({ now: happened + 5 * 60_000 });
  expect(await deliver(inTime.arrivals)).toMatchObject({ status: 202 });
});

test('a ping is answered, and what nothing can wait for is kept by nobody', async () => {
  const { arrivals, kept, news } = hearing();
  expect(await deliver(arrivals, { event: 'ping', text: await recorded('ping-with-app_id') })).toMatchObject({
    status: 200,
  });
  expect(await deliver(arrivals, { event: 'star' })).toMatchObject({ status: 202 });
  expect([kept, news]).toEqual([[], []]);
});

test('what may be about a pull request is looked at, whether a trigger can wait for it or not', async () => {
  const { arrivals, news } = hearing();
  const text = await recorded('check_suite-completed');
  expect(await deliver(arrivals, { event: 'check_suite', text })).toMatchObject({ status: 202 });
  expect(news).toEqual([repository]);
  // An issue is no news of a pull request.
  await deliver(arrivals);
  expect(news).toEqual([repository]);
});

const signed = (name: string, body: string, { at = new Date(), id = 'msg_1', secret = env.PAGER } = {}) => {
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
  return [name, { headers, body: Buffer.from(body) }] as const;
};

test('a webhook of anybody’s is kept with its text, for one tenant', async () => {
  const { arrivals, kept } = hearing();
  const body = '{"title":"Disk full","url":"https://pager.example.org/1","more":"text"}';
  expect(await arrivals.signed(...signed('pager', body))).toMatchObject({ status: 202 });
  expect(await arrivals.signed(...signed('pager', 'no JSON', { id: 'msg_2' }))).toMatchObject({ status: 202 });
  expect(kept).toMatchObject([
    {
      id: 'webhook pager msg_1',
      event: {
        source: 'webhook',
        kind: 'pager',
        tenant: 'local',
        title: 'Disk full',
        url: 'https://pager.example.org/1',
        text: body,
      },
    },
    { id: 'webhook pager msg_2', event: { title: '', url: null, text: 'no JSON' } },
  ]);
});

test('the same words under two names are two', async () => {
  const { arrivals, kept } = hearing();
  for (const id of ['msg_1', 'msg_2']) await arrivals.signed(...signed('pager', '{}', { id }));
  expect(new Set(kept.map(({ digest }) => digest)).size).toBe(2);
});

test.each([
  ['that is not configured', 'other', {}, 404],
  ['whose secret is not set', 'silent', {}, 404],
  ['whose secret can be guessed', 'weak', { secret: env.WEAK }, 404],
  ['signed with another secret', 'pager', { secret: `whsec_${Buffer.from('another').toString('base64')}` }, 401],
  ['of six minutes ago', 'pager', { at: new Date(Date.now() - 6 * 60_000) }, 401],
  ['of six minutes from now', 'pager', { at: new Date(Date.now() + 6 * 60_000) }, 401],
  ['with a name that is too long', 'pager', { id: 'x'.repeat(201) }, 400],
] as const)('a webhook %s is refused', async (...[, name, how, status]) => {
  const { arrivals, kept } = hearing();
  expect(await arrivals.signed(...signed(name, '{}', how))).toMatchObject({ status });
  expect(kept).toEqual([]);
});

test('what is to happen later than in five minutes is refused', async () => {
  const { arrivals, kept } = hearing({ now: happened - 5 * 60_000 - 1 });
  expect(await deliver(arrivals)).toMatchObject({ status: 400, said: expect.stringContaining('from now') });
  expect(kept).toEqual([]);
});

test('where no secret is known, or none that cannot be guessed, nothing is heard, and the log says so', () => {
  expect(hearing().unheard).toEqual([
    { webhook: 'silent', secretVariable: 'NOT_SET' },
    { webhook: 'weak', secretVariable: 'WEAK' },
  ]);
  const options = { onKept: () => {}, onNews: () => {}, now: Date.now, webhooks: new Map() };
  const store = { recordEvent: async () => 'new' as const };
  const all = [remote('https://github.com/*', 'NOT_SET'), remote('https://github.com/*', null)];
  expect(openArrivals({ ...options, store, remotes: openRemotes(all, {}) })).toBeNull();
  const weak = openRemotes([remote('https://github.com/*', 'WEAK')], { WEAK: 'fifteen letters' });
  expect(openArrivals({ ...options, store, remotes: weak })).toBeNull();
});
