import { validate } from '@octokit/graphql-schema';
import { createEmulator, type Emulator } from 'emulate';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { publishCheck } from '../../runner/control/github/check.ts';
import { checksOf } from '../../runner/control/github/checks.ts';
import { octokitModules, octokitOptions, type Octokit } from '../../runner/control/github/octokit.ts';
import { publishReplies } from '../../runner/control/github/replies.ts';
import { resolveMutation, threadsQuery } from '../../runner/control/github/threads.ts';
import type { CheckReport } from '../../shared/review/check-report.ts';

/**
 * What a round leaves in its pull request beside the commit, as `emulate` has it, an independent implementation of GitHub's API: answers to remarks, and a
 * check. That an answer stands below its remark it does not say: it calls the field that makes one otherwise than GitHub's own description
 * (`in_reply_to`), which Octokit's types are made from; what is sent is looked at here.
 */
const repository = { owner: 'acme', repo: 'shop' };
const seed = {
  tokens: { 'token-of-acme': { login: 'acme', scopes: ['repo'] } },
  github: {
    users: [{ login: 'acme', name: 'Acme', email: 'acme@example.org' }],
    repos: [{ owner: 'acme', name: 'shop', auto_init: true }],
  },
};
const mark = 'Longhaul-Run: run_test, 2';
const report: CheckReport = {
  conclusion: 'failure',
  title: '1 of 2 commands failed',
  summary: '**Failed** (exit code 1): `npm test`',
  annotations: [{ path: 'sum.js', line: 3, level: 'failure', message: 'expected 4, got 5' }],
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

/** A pull request with two remarks. */
const reviewed = async () => {
  const { git, pulls, repos } = (await octokitWith()).rest;
  const { data: main } = await git.getRef({ ...repository, ref: 'heads/main' });
  await git.createRef({ ...repository, ref: 'refs/heads/fix', sha: main.object.sha });
  const content = Buffer.from('export const sum = 1;\n').toString('base64');
  await repos.createOrUpdateFileContents({ ...repository, path: 'sum.js', message: 'Mend', content, branch: 'fix' });
  const { data: pull } = await pulls.create({ ...repository, head: 'fix', base: 'main', title: 'Mend' });
  const { number, head } = pull;
  const remarks: number[] = [];
  for (const body of ['Why?', 'And this?'])
    remarks.push(
      (
        await pulls.createReviewComment({
          ...repository,
          pull_number: number,
          path: 'sum.js',
          line: 1,
          commit_id: head.sha,
          body,
        })
      ).data.id,
    );
  return { number, head: head.sha, remarks };
};
type Reviewed = Awaited<ReturnType<typeof reviewed>>;

const answer = async (octokit: Octokit, { number, head, remarks }: Reviewed) => ({
  replies: await publishReplies({
    octokit,
    appId: null,
    repository,
    number,
    mark,
    since: new Date(0).toISOString(),
    replies: remarks.map((to) => ({ to, text: `Round 2 changed this file: call ${to} (edit).`, resolve: false })),
  }),
  check: await publishCheck({ octokit, repository, head, report, mark }),
});

/** What is there now of what was to be there once. */
const there = async ({ number, head, remarks }: Reviewed) => {
  const { pulls, checks } = (await octokitWith()).rest;
  const { data: comments } = await pulls.listReviewComments({ ...repository, pull_number: number });
  const { data: made } = await checks.listForRef({ ...repository, ref: head, filter: 'all' });
  return {
    answers: comments.filter(({ id }) => !remarks.includes(id)).map(({ body }) => body),
    checks: made.check_runs.map(({ name, conclusion, output }) => [name, conclusion, output.title]),
  };
};
const onceOf = ({ remarks }: Reviewed) => ({
  answers: remarks.map((id) => `Round 2 changed this file: call ${id} (edit).\n\n<!-- ${mark}, ${id} -->`),
  checks: [['Longhaul', 'failure', '1 of 2 commands failed']],
});

/** Ends whoever asks at that request, counted from 1. */
const endingAt = (request: number, when: 'before' | 'after'): Fetch => {
  let asked = 0;
  return async (...given) => {
    asked += 1;
    if (asked > request || (asked === request && when === 'before')) throw new Error('killed');
    const got = await fetch(...given);
    if (asked === request) throw new Error('killed');
    return got;
  };
};

test('each remark is answered where it stands, and the commit has a check with its annotations, once', async () => {
  const pull = await reviewed();
  const sent: object[] = [];
  const watching: Fetch = async (url, init) => {
    if (init?.method === 'POST') sent.push(JSON.parse(typeof init.body === 'string' ? init.body : '{}') as object); // safe: Octokit sends JSON
    return fetch(url, init);
  };
  const first = await answer(await octokitWith(watching), pull);
  expect([first.replies, first.check]).toMatchObject([{ adopted: false, notes: [] }, { adopted: false }]);
  expect(await there(pull)).toEqual(onceOf(pull));
  expect(sent.map((body) => ('in_reply_to' in body ? body.in_reply_to : null))).toEqual([...pull.remarks, null]);
  const { data: noted } = await (
    await octokitWith()
  ).rest.checks.listAnnotations({
    ...repository,
    check_run_id: Number(first.check.reference),
  });
  expect(JSON.stringify(noted)).toContain('expected 4, got 5');
  const second = await answer(await octokitWith(), pull);
  expect([second.replies, second.check]).toMatchObject([{ adopted: true }, { adopted: true }]);
  expect(await there(pull)).toEqual(onceOf(pull));
});

test('whatever request an attempt is ended at, the next one leaves one of each', async () => {
  const ended: string[] = [];
  for (let request = 1, more = true; more; request += 1) {
    for (const when of ['before', 'after'] as const) {
      github.reset();
      const pull = await reviewed();
      const attempt = await answer(await octokitWith(endingAt(request, when)), pull).catch(() => null);
      more = attempt === null;
      if (attempt === null) ended.push(`${request} ${when}`);
      await answer(await octokitWith(), pull);
      expect([`${request} ${when}`, await there(pull)]).toEqual([`${request} ${when}`, onceOf(pull)]);
    }
  }
  // A look and two answers; a look and a check.
  expect(ended).toHaveLength(10);
});

test('an attempt that does not look leaves two, so that the look is what the test above is about', async () => {
  const pull = await reviewed();
  const blind: Fetch = async (url, init) => {
    const got = await fetch(url, init);
    if ((init?.method ?? 'GET') !== 'GET') return got;
    const said = JSON.stringify(await got.json()).replaceAll(mark, 'no mark');
    return Response.json(JSON.parse(said), { status: got.status });
  };
  await answer(await octokitWith(), pull);
  await answer(await octokitWith(blind), pull);
  const after = await there(pull);
  expect([after.answers.length, after.checks.length]).toEqual([4, 2]);
});

test('a remark that is gone is noted, and the others are answered', async () => {
  const pull = await reviewed();
  const [first = 0] = pull.remarks;
  const rest = { number: pull.number, head: pull.head, remarks: [first, 4711] };
  expect((await answer(await octokitWith(), rest)).replies).toMatchObject({
    notes: ['Remark 4711 is gone, and was not answered.'],
  });
});

test('what Longhaul ran itself is not counted among the checks of others', async () => {
  const pull = await reviewed();
  const octokit = await octokitWith();
  await answer(octokit, pull);
  const { counted, failing } = await checksOf({ octokit, repository }, pull.head);
  expect([counted, failing]).toEqual([{ passed: 0, failed: 0, pending: 0, failing: [] }, []]);
});

/**
 * Threads as GitHub's GraphQL has them, of which `emulate` has none: what is asked is checked by GitHub's own published schema, and what is answered has no
 * other witness.
 */
const withThreads = (threads: { id: string; remark: number; isResolved: boolean }[]): Fetch => {
  const answered = (data: object) => Response.json({ data });
  return async (url, init) => {
    const address = url instanceof Request ? url.url : url.toString();
    if (!address.endsWith('/graphql')) return fetch(url, init);
    // safe: Octokit sends JSON
    const { query, variables } = JSON.parse(typeof init?.body === 'string' ? init.body : '{}') as {
      query: string;
      variables: { after?: string | null; thread?: string };
    };
    expect(validate(query)).toEqual([]);
    const resolved = threads.find(({ id }) => id === variables.thread);
    if (resolved !== undefined) {
      resolved.isResolved = true;
      return answered({ resolveReviewThread: { thread: { isResolved: true } } });
    }
    // One a page, so that there is more than one.
    const at = Number(variables.after ?? 0);
    const nodes = threads
      .slice(at, at + 1)
      .map(({ id, remark, isResolved }) => ({ id, isResolved, comments: { nodes: [{ databaseId: remark }] } }));
    const pageInfo = { hasNextPage: at + 1 < threads.length, endCursor: String(at + 1) };
    return answered({ repository: { pullRequest: { reviewThreads: { pageInfo, nodes } } } });
  };
};

test('the threads of remarks that are settled are resolved, and no others', async () => {
  const pull = await reviewed();
  const [first = 0, second = 0] = pull.remarks;
  const threads = [first, 99, second].map((remark) => ({ id: `thread ${remark}`, remark, isResolved: false }));
  const octokit = await octokitWith(withThreads(threads));
  const since = new Date(0).toISOString();
  const replies = pull.remarks.map((to) => ({ to, text: 'Done.', resolve: to === second }));
  await publishReplies({ octokit, appId: null, repository, number: pull.number, mark, since, replies });
  await publishReplies({ octokit, appId: null, repository, number: pull.number, mark, since, replies });
  expect(threads.map(({ isResolved }) => isResolved)).toEqual([false, false, true]);
});

test('what is asked of GitHub’s GraphQL is what its schema has; what it has not is found out', () => {
  expect([validate(threadsQuery), validate(resolveMutation)]).toEqual([[], []]);
  expect(validate(threadsQuery.replace('isResolved', 'isSettled'))).toHaveLength(1);
});

test('where threads cannot be resolved the remarks are answered all the same, and that is noted', async () => {
  const pull = await reviewed();
  const octokit = await octokitWith();
  const since = new Date(0).toISOString();
  const replies = pull.remarks.map((to) => ({ to, text: 'Done.', resolve: true }));
  const given = { octokit, appId: null, repository, number: pull.number, mark, since, replies };
  expect(await publishReplies(given)).toMatchObject({
    adopted: false,
    notes: [expect.stringMatching(/^Their threads were not resolved: /)],
  });
  expect((await there(pull)).answers).toHaveLength(2);
});
