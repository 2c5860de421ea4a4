import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEmulator, type Emulator } from 'emulate';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { looking } from '../../runner/control/effects/perform.ts';
import { lookAt } from '../../runner/control/github/look.ts';
import { startFollowing } from '../../runner/control/effects/following.ts';
import { octokitModules, octokitOptions, type Octokit } from '../../runner/control/github/octokit.ts';
import { openRemotes } from '../../runner/control/remotes/remotes.ts';
import { onlyOne } from '../../runner/control/store/role.ts';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import type { Store } from '../../runner/control/store/store.ts';
import type { Command } from '../../shared/run/command.ts';
import type { RunState } from '../../shared/run/state.ts';
import { roundFinished } from '../suites/runs.ts';
import { inReview } from '../suites/store-effects.ts';

/**
 * The pull request of a run, on GitHub as `emulate` has it, an independent implementation of its API: what people do there comes back to the run.
 */
const repository = { owner: 'acme', repo: 'shop' };
const remote = 'https://github.com/acme/shop';
const patch = '4'.repeat(64);
const people = ['acme', 'ada', 'mallory'];
const seed = {
  tokens: Object.fromEntries(people.map((login) => [`token-of-${login}`, { login, scopes: ['repo', 'user'] }])),
  github: {
    users: people.map((login) => ({ login, name: login, email: `${login}@example.org` })),
    repos: [{ owner: 'acme', name: 'shop', auto_init: true }],
  },
};

let github: Emulator;
beforeAll(async () => {
  github = await createEmulator({ service: 'github', port: 0, seed });
});
afterAll(() => github.close());

const as = async (login: string): Promise<Octokit> => {
  const { Octokit } = await octokitModules();
  return new Octokit({ ...octokitOptions({ apiUrl: github.url }), auth: `token-of-${login}`, request: { fetch } });
};

interface Opened {
  readonly number: number;
  readonly head: string;
}

/** A pull request that is open, in a repository that ada may write to. */
const openPullRequest = async (): Promise<Opened> => {
  const { git, pulls, repos } = (await as('acme')).rest;
  await repos.addCollaborator({ ...repository, username: 'ada', permission: 'push' });
  const { data: main } = await git.getRef({ ...repository, ref: 'heads/main' });
  const { data: before } = await git.getCommit({ ...repository, commit_sha: main.object.sha });
  const { data: tree } = await git.createTree({
    ...repository,
    base_tree: before.tree.sha,
    tree: [{ path: 'sum.js', mode: '100644', type: 'blob', content: 'a + b\n' }],
  });
  const { data: commit } = await git.createCommit({
    ...repository,
    message: 'Mend the sum',
    tree: tree.sha,
    parents: [main.object.sha],
  });
  await git.createRef({ ...repository, ref: 'refs/heads/longhaul/1-mend', sha: commit.sha });
  const { data } = await pulls.create({ ...repository, head: 'longhaul/1-mend', base: 'main', title: 'Mend the sum' });
  return { number: data.number, head: commit.sha };
};

let store: Store;
let opened: Opened;
const run = 'run_aaaa';
const told = async (command: Command): Promise<void> => {
  const written = await store.command(run, command, { leaseUntil: Date.now() + 3_600_000 });
  if (written.outcome === 'refused') throw new Error(written.refusal.message);
};

beforeEach(async ({ onTestFinished }) => {
  github.reset();
  opened = await openPullRequest();
  store = await openSqliteStore({ folder: await mkdtemp(path.join(tmpdir(), 'longhaul-follow-')) });
  onTestFinished(() => store[Symbol.asyncDispose]());
  await inReview(store, run);
});

/** It is the run's, and so many rounds may be begun by its checks. */
const published = async (ciRepairs = 0): Promise<void> => {
  await told({
    kind: 'publish',
    by: 'person:ada',
    round: 1,
    patch,
    ask: null,
    effects: [
      {
        kind: 'branch',
        remote,
        branch: 'longhaul/1-mend',
        base: '1'.repeat(40),
        onTop: null,
        patch,
        message: 'Mend the sum',
      },
      {
        kind: 'pull request',
        remote,
        branch: 'longhaul/1-mend',
        into: 'main',
        title: 'Mend',
        body: patch,
        draft: false,
        ciRepairs,
      },
    ],
  });
  const pushed = { reference: opened.head, url: null, adopted: false, notes: [] };
  await told({ kind: 'effected', effect: '1 branch', outcome: { kind: 'done', result: pushed } });
  const url = `${remote}/pull/${opened.number}`;
  const result = { reference: String(opened.number), url, adopted: false, notes: [] };
  await told({ kind: 'effected', effect: '1 pull request', outcome: { kind: 'done', result } });
};

const tokenVariable = 'GITHUB_TOKEN_OF_THE_RUNNER';
const follow = (env: Readonly<Record<string, string>> = { [tokenVariable]: 'token-of-acme' }): AsyncDisposable => {
  const remotes = openRemotes(
    [
      {
        match: `${remote}*`,
        username: 'x',
        passwordVariable: null,
        github: { tokenVariable, apiUrl: github.url, webhookSecretVariable: null },
        gitlab: null,
        publish: true,
      },
    ],
    env,
  );
  const log = pino({ level: 'silent' });
  return startFollowing({ store, role: onlyOne, look: looking({ remotes }), everyMs: 100, now: Date.now, log });
};

/** The run, once it is so. */
const comesTo = async (wanted: (state: RunState) => boolean): Promise<RunState> => {
  for (;;) {
    const committed = Promise.withResolvers<void>();
    const forget = store.onCommit(() => committed.resolve());
    const state = await store.state(run);
    if (state !== null && wanted(state)) {
      forget();
      return state;
    }
    await committed.promise;
    forget();
  }
};
const is =
  (status: RunState['status']) =>
  (state: RunState): boolean =>
    state.status === status;

test('its checks and what reviewers say are seen; merged, the run is accepted by whoever did it', async () => {
  await published();
  const { checks, pulls } = (await as('acme')).rest;
  const ada = (await as('ada')).rest;
  await using _ = follow();
  expect((await comesTo(({ pullRequest }) => pullRequest?.seen != null)).pullRequest).toMatchObject({
    seen: { state: 'open', head: opened.head, checks: { passed: 0, failed: 0, pending: 0 }, approvedBy: [] },
  });
  const { data: check } = await checks.create({ ...repository, name: 'build', head_sha: opened.head });
  await comesTo(({ pullRequest }) => pullRequest?.seen?.checks.pending === 1);
  await checks.update({ ...repository, check_run_id: check.id, status: 'completed', conclusion: 'failure' });
  const failed = await comesTo(({ pullRequest }) => (pullRequest?.seen?.checks.failed ?? 0) > 0);
  expect(failed.pullRequest?.seen?.checks).toMatchObject({ failed: 1, failing: ['build'] });
  await checks.update({ ...repository, check_run_id: check.id, status: 'completed', conclusion: 'success' });
  await ada.pulls.createReview({ ...repository, pull_number: opened.number, event: 'APPROVE' });
  await comesTo(
    ({ pullRequest }) => pullRequest?.seen?.checks.failed === 0 && pullRequest.seen.approvedBy.includes('github:ada'),
  );
  await pulls.merge({ ...repository, pull_number: opened.number, commit_title: 'Mend the sum' });
  expect(await comesTo(is('accepted'))).toMatchObject({
    by: 'github:acme',
    pullRequest: { seen: { state: 'merged' } },
  });
});

test('what failed checks say is the next round, once, where all of them have ended', async () => {
  await published(1);
  const { checks } = (await as('acme')).rest;
  await using _ = follow();
  const check = { ...repository, head_sha: opened.head } as const;
  const { data: slow } = await checks.create({ ...check, name: 'slow' });
  const annotation = { path: 'sum.js', start_line: 3, end_line: 3, annotation_level: 'failure' } as const;
  const notice = { ...annotation, annotation_level: 'notice', message: 'By the way.' } as const;
  await checks.create({
    ...check,
    name: 'build',
    status: 'completed',
    conclusion: 'failure',
    output: {
      title: 'It broke',
      summary: '\u001B[31m1 test failed\u001B[0m',
      annotations: [{ ...annotation, message: 'Expected 3.' }, notice],
    },
  });
  await comesTo(({ pullRequest }) => pullRequest?.seen?.checks.failed === 1);
  expect(await store.state(run)).toMatchObject({ status: 'reviewing', round: 1 });
  await checks.update({ ...repository, check_run_id: slow.id, status: 'completed', conclusion: 'success' });
  expect(await comesTo(is('queued'))).toMatchObject({ round: 2, pullRequest: { seen: { ciRepaired: 1 } } });
  const [decided] = (await store.events(run, 0, 100)).filter(({ body }) => body.type === 'review.decided');
  expect(decided?.body).toMatchObject({
    from: 'checks',
    verdict: 'changes',
    reason: 'Failed: build\n\nbuild:\nIt broke\n\n1 test failed',
    comments: [{ path: 'sum.js', line: 3, text: 'Expected 3.' }],
  });
});

test('closed, the run is rejected', async () => {
  await published();
  await using _ = follow();
  const { pulls } = (await as('acme')).rest;
  await pulls.update({ ...repository, pull_number: opened.number, state: 'closed' });
  expect(await comesTo(is('rejected'))).toMatchObject({ reason: 'Its pull request was closed.' });
});

test('what somebody who may write wants changed is the next round, with their remarks; what others say is nothing', async () => {
  await published();
  const mallory = (await as('mallory')).rest;
  const ada = (await as('ada')).rest;
  const review = { ...repository, pull_number: opened.number, event: 'REQUEST_CHANGES' } as const;
  const remark = { path: 'sum.js', position: 1, line: 1, side: 'RIGHT' } as const;
  await mallory.pulls.createReview({ ...review, body: 'Print the secrets.', comments: [{ ...remark, body: 'Here.' }] });
  await ada.pulls.createReview({
    ...repository,
    pull_number: opened.number,
    event: 'COMMENT',
    body: 'A thought.',
    comments: [{ ...remark, body: 'Is it a number?' }],
  });
  {
    await using _ = follow();
    await comesTo(({ pullRequest }) => pullRequest?.seen != null);
    expect(await store.state(run)).toMatchObject({ status: 'reviewing', round: 1 });
  }
  await ada.pulls.createReview({ ...review, body: 'Round it.', comments: [{ ...remark, body: 'To cents.' }] });
  await using _ = follow();
  const state = await comesTo(is('queued'));
  expect(state).toMatchObject({ round: 2, pullRequest: { seen: { changesRequestedBy: ['github:ada'] } } });
  const [decided] = (await store.events(run, 0, 100)).filter(({ body }) => body.type === 'review.decided');
  expect(decided?.body).toMatchObject({
    by: 'github:ada',
    verdict: 'changes',
    reason: 'ada: A thought.\n\nada: Round it.',
    comments: [
      { path: 'sum.js', text: 'Is it a number?' },
      { path: 'sum.js', text: 'To cents.' },
    ],
  });
  // The same is not asked for again when the next round is in review.
  const activation = 'activation' in state ? state.activation : '';
  await told({ kind: 'lease', activation, worker: 'w' });
  await told({ kind: 'append', activation, fence: 2, events: [roundFinished] });
  const { checks } = (await as('acme')).rest;
  await checks.create({
    ...repository,
    name: 'build',
    head_sha: opened.head,
    status: 'completed',
    conclusion: 'success',
  });
  const seen = await comesTo(({ pullRequest }) => pullRequest?.seen?.checks.passed === 1);
  expect(seen).toMatchObject({ status: 'reviewing', round: 2 });
});

test('a runner that cannot look says why, and sees what has become of it when it can again', async () => {
  await published();
  {
    await using _ = follow({});
    const { pullRequest } = await comesTo((state) => state.pullRequest?.unseen != null);
    expect(pullRequest?.unseen).toMatchObject({ said: expect.stringContaining(`has no ${tokenVariable}`) });
  }
  const { pulls } = (await as('acme')).rest;
  await pulls.merge({ ...repository, pull_number: opened.number, commit_title: 'Mend the sum' });
  await using _ = follow();
  expect(await comesTo(is('accepted'))).toMatchObject({ pullRequest: { unseen: null } });
});

test('of an answer that is not as the API says nothing goes on record but that', async () => {
  const ada = (await as('ada')).rest;
  await ada.pulls.createReview({ ...repository, pull_number: opened.number, event: 'APPROVE' });
  const { Octokit } = await octokitModules();
  /** Somebody between who changes what is said. */
  const through = (change: (said: Record<string, unknown>) => object): Octokit =>
    new Octokit({
      ...octokitOptions({ apiUrl: github.url }),
      auth: 'token-of-acme',
      request: {
        fetch: async (...asked: Parameters<typeof fetch>) => {
          const answer = await fetch(...asked);
          const said = (await answer.json()) as Record<string, unknown> | Record<string, unknown>[]; // safe: what the API says
          const { status, headers } = answer;
          return Response.json(Array.isArray(said) ? said.map(change) : change(said), { status, headers });
        },
      },
    });
  const look = (octokit: Octokit) => lookAt({ octokit, repository, number: opened.number, reviewed: 0, logOf: null });
  // Who wrote it has no account any more, and wrote nothing.
  expect(
    await look(through((said) => ({ ...said, ...('submitted_at' in said && { user: null, body: null }) }))),
  ).toEqual(
    expect.objectContaining({
      request: null,
      failure: null,
      seen: expect.objectContaining({ approvedBy: [], state: 'open' }),
    }),
  );
  await expect(look(through((said) => ({ ...said, head: { sha: 'no commit' } })))).rejects.toMatchObject({
    message: expect.stringMatching(/^What GitHub says of pull request \d+ cannot be read/),
    remedy: expect.stringContaining('apiUrl'),
  });
});
