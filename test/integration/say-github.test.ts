import { createEmulator, type Emulator } from 'emulate';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { publishComment } from '../../runner/control/github/comment.ts';
import { publishIssue } from '../../runner/control/github/issue.ts';
import { publishLabels } from '../../runner/control/github/labels.ts';
import { octokitModules, octokitOptions, type Octokit } from '../../runner/control/github/octokit.ts';
import { oursAmong } from '../../runner/control/github/ours.ts';
import { publishRelease } from '../../runner/control/github/release.ts';

/**
 * What is said on GitHub, as `emulate` has it, an independent implementation of its API: an attempt is ended at each of its requests, before GitHub
 * had it and before its answer came, and the next one leaves no second one of anything.
 */
const repository = { owner: 'acme', repo: 'shop' };
const seed = {
  tokens: {
    'token-of-acme': { login: 'acme', scopes: ['repo'] },
    'token-of-mallory': { login: 'mallory', scopes: ['repo'] },
  },
  github: {
    users: ['acme', 'mallory'].map((login) => ({ login, name: login, email: `${login}@example.org` })),
    repos: [{ owner: 'acme', name: 'shop', auto_init: true }],
  },
};

let github: Emulator;
beforeAll(async () => {
  github = await createEmulator({ service: 'github', port: 0, seed });
});
beforeEach(() => github.reset());
afterAll(() => github.close());

type Fetch = typeof fetch;

const octokitWith = async (through: Fetch = fetch): Promise<Octokit> => {
  const { Octokit } = await octokitModules();
  const options = octokitOptions({ apiUrl: github.url });
  return new Octokit({ ...options, auth: 'token-of-acme', request: { fetch: through } });
};

const issueIn = async (): Promise<number> => {
  const { rest } = await octokitWith();
  return (await rest.issues.create({ ...repository, title: 'Wrong', body: 'It subtracts.', labels: ['bug'] })).data
    .number;
};

const mark = 'Longhaul-Run: run_test, 1 answer';
const since = new Date(0).toISOString();

/** One attempt at all that can be said. */
const say = async (octokit: Octokit, number: number) => {
  const made = { octokit, appId: null, repository, mark, since, title: 'Sums', body: 'It subtracts.' };
  return {
    comment: await publishComment({ ...made, number }),
    labels: await publishLabels({ octokit, repository, number, labels: ['Bug', 'docs'] }),
    issue: await publishIssue(made),
    release: await publishRelease({ ...made, tag: 'v1.2.0' }),
  };
};

/** What is there now of what was to be there once. */
const there = async (number: number) => {
  const { rest } = await octokitWith();
  const { data: comments } = await rest.issues.listComments({ ...repository, issue_number: number });
  const { data: labels } = await rest.issues.listLabelsOnIssue({ ...repository, issue_number: number });
  const { data: issues } = await rest.issues.listForRepo({ ...repository, state: 'all' });
  const { data: releases } = await rest.repos.listReleases(repository);
  return {
    comments: comments.map(({ body }) => body),
    labels: labels.map(({ name }) => name).toSorted(),
    issues: issues.map(({ title }) => title).toSorted(),
    releases: releases.map(({ tag_name, name, draft }) => [tag_name, name, draft]),
  };
};
const once = {
  comments: [`It subtracts.\n\n<!-- ${mark} -->`],
  labels: ['bug', 'docs'],
  issues: ['Sums', 'Wrong'],
  releases: [['v1.2.0', 'Sums', true]],
};

/** Ends whoever asks at that request, counted from 1. */
const endingAt = (request: number, when: 'before' | 'after'): Fetch => {
  let asked = 0;
  return async (...given) => {
    asked += 1;
    if (asked > request || (asked === request && when === 'before')) throw new Error('killed');
    const answer = await fetch(...given);
    if (asked === request) throw new Error('killed');
    return answer;
  };
};

test('a comment, labels, an issue and the draft of a release are made once, and found again', async () => {
  const number = await issueIn();
  const first = await say(await octokitWith(), number);
  expect(Object.values(first).map(({ adopted }) => adopted)).toEqual([false, false, false, false]);
  expect(await there(number)).toEqual(once);
  const second = await say(await octokitWith(), number);
  expect(Object.values(second).map(({ adopted }) => adopted)).toEqual([true, true, true, true]);
  expect(Object.values(second).map(({ reference }) => reference)).toEqual(
    Object.values(first).map(({ reference }) => reference),
  );
  expect(await there(number)).toEqual(once);
});

test('whatever request an attempt is ended at, the next one leaves one of each', async () => {
  const ended: string[] = [];
  for (let request = 1, more = true; more; request += 1) {
    for (const when of ['before', 'after'] as const) {
      github.reset();
      const number = await issueIn();
      const attempt = await say(await octokitWith(endingAt(request, when)), number).catch(() => null);
      more = attempt === null;
      if (attempt === null) ended.push(`${request} ${when}`);
      await say(await octokitWith(), number);
      expect([`${request} ${when}`, await there(number)]).toEqual([`${request} ${when}`, once]);
    }
  }
  // Of each a look, and it.
  expect(ended).toHaveLength(16);
});

test('the mark in what somebody else wrote is no sign of an earlier attempt', async () => {
  const number = await issueIn();
  const { Octokit } = await octokitModules();
  const { rest } = new Octokit({
    ...octokitOptions({ apiUrl: github.url }),
    auth: 'token-of-mallory',
    request: { fetch },
  });
  const copied = `Not it.\n\n<!-- ${mark} -->`;
  await rest.issues.createComment({ ...repository, issue_number: number, body: copied });
  await rest.issues.create({ ...repository, title: 'Not it', body: copied });
  const first = await say(await octokitWith(), number);
  expect([first.comment.adopted, first.issue.adopted]).toEqual([false, false]);
  const second = await say(await octokitWith(), number);
  expect([second.comment, second.issue]).toEqual([
    { ...first.comment, adopted: true },
    { ...first.issue, adopted: true },
  ]);
});

test.each<[string, object, boolean]>([
  ['this app', { user: { login: 'longhaul[bot]', type: 'Bot' }, performed_via_github_app: { id: 4711 } }, true],
  ['another app', { user: { login: 'other[bot]', type: 'Bot' }, performed_via_github_app: { id: 1 } }, false],
  ['an app that is not named', { user: { login: 'longhaul[bot]', type: 'Bot' }, performed_via_github_app: null }, true],
  ['a person', { user: { login: 'mallory', type: 'User' }, performed_via_github_app: null }, false],
  ['nobody any more', { user: null }, false],
])('to an app a comment with its mark by %s is told apart', async (_, text, isOurs) => {
  const octokit = await octokitWith(() => Promise.reject(new Error('it asks nobody')));
  expect(await oursAmong({ octokit, appId: '4711' }, [text])).toBe(isOurs ? text : undefined);
});

test('where GitHub does not say who a token is of, the mark alone counts', async () => {
  const text = { user: { login: 'mallory', type: 'User' } };
  const octokit = await octokitWith(async () => Response.json({ message: 'no' }, { status: 403 }));
  expect(await oursAmong({ octokit, appId: null }, [text])).toBe(text);
});

test('an attempt that does not look leaves two, so that the look is what the test above is about', async () => {
  const number = await issueIn();
  await say(await octokitWith(), number);
  const blind: Fetch = async (...given) => {
    const [url, init] = given;
    const address = url instanceof Request ? url.url : url.toString();
    const isList = (init?.method ?? 'GET') === 'GET' && /\/(comments|issues)(\?|$)/.test(address);
    return isList ? Response.json([]) : fetch(...given);
  };
  await say(await octokitWith(blind), number);
  const after = await there(number);
  expect([after.comments.length, after.issues.length, after.releases.length]).toEqual([2, 3, 1]);
});

test('what stands in the way is said with what to do about it', async () => {
  const octokit = await octokitWith();
  await expect(
    publishComment({ octokit, appId: null, repository, number: 99, mark, since, body: 'x' }),
  ).rejects.toMatchObject({
    message: expect.stringContaining('GitHub did not comment on 99 (404'),
    remedy: expect.stringContaining('Check the address'),
    again: false,
  });
});
