import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import { GitHub } from '../harness/github.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

/** A whole runner, and GitHub as an independent implementation has it. */
const place = { owner: 'acme', repo: 'shop' };
const script = scripted([
  calls('write', { path: 'sum.js', content: 'export const sum = (a, b) => a + b;\n' }),
  calls('finish', { summary: 'Adds, where it subtracted.', claims: [] }),
  calls('write', { path: 'sum.js', content: 'export const sum = (a, b) => a + b || 0;\n' }),
  calls('finish', { summary: 'And is always a number.', claims: [] }),
  calls('write', { path: 'sum.js', content: 'export const sum = (a, b) => Math.round(a + b) || 0;\n' }),
  calls('finish', { summary: 'And rounds.', claims: [] }),
]);

let github: GitHub;
let rig: Rig;
let clone: string;
beforeAll(async () => {
  clone = await repositoryWith({ 'sum.js': 'export const sum = (a, b) => a - b;\n', 'src/more.js': '\n' });
  gitIn(clone, 'config', 'user.name', 'Ada Lovelace');
  gitIn(clone, 'config', 'user.email', 'ada@example.org');
  github = await GitHub.start(clone, ['acme', 'ada', 'mallory']);
  rig = await Rig.start({
    script,
    env: { GITHUB_TOKEN_OF_THE_RUNNER: github.token, LONGHAUL_FOLLOW_SECONDS: '1' },
    config: { remotes: [github.remote('GITHUB_TOKEN_OF_THE_RUNNER')] },
  });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

/** All that the model was told with the last request. */
const lastAsked = (): string => JSON.stringify(rig.model.journal.at(-1)?.body ?? '');

const longhaul = async (...args: string[]) => {
  const { code, stdout, stderr } = await rig.cli(args, { cwd: clone });
  return { code, stdout, stderr };
};

test('delegated, published, checks fail, mended, published again, reviewed there, worked on, merged: accepted', async () => {
  const delegated = await longhaul('delegate', 'Mend the sum', '--json', '--verify', 'grep -q "+ b" sum.js');
  const { id, number } = (JSON.parse(delegated.stdout) as { run: { id: string; number: number } }).run; // safe: what its help says
  const run = String(number);
  const branch = `longhaul/${number}-mend-the-sum`;
  const inReview = (round: number) => (state: RunState) => state.status === 'reviewing' && state.round === round;
  await rig.settled(id, inReview(1));
  const published = await longhaul('publish', run, '--ready', '--ci-repairs', '1', '--yes');
  expect(published).toMatchObject({ code: 0, stdout: expect.stringMatching(/Pull request \d+: http/) });
  expect(published.stdout).toContain('With:    Co-authored-by: Ada Lovelace <ada@example.org>');
  expect(published.stdout).toContain('those that fail begin another round, at most 1 in all');
  await github.sync();

  const acme = await github.as('acme');
  const ada = await github.as('ada');
  const mallory = await github.as('mallory');
  await acme.repos.addCollaborator({ ...place, username: 'ada', permission: 'push' });
  const { data: pulls } = await acme.pulls.list({ ...place, state: 'all' });
  expect(pulls.map(({ head, base, draft, title }) => [head.ref, base.ref, draft, title])).toEqual([
    [branch, 'main', false, 'Mend the sum'],
  ]);
  const pull = { ...place, pull_number: pulls[0]!.number };
  expect(pulls[0]!.body).toContain('Adds, where it subtracted.');

  const { data: before } = await acme.pulls.get(pull);
  const { data: commit } = await acme.git.getCommit({ ...place, commit_sha: before.head.sha });
  expect(commit.message).toBe(
    `Mend the sum\n\nCo-authored-by: Ada Lovelace <ada@example.org>\nLonghaul-Run: ${id}, 1 branch\n`,
  );
  const noted = { path: 'sum.js', start_line: 1, end_line: 1, annotation_level: 'failure' } as const;
  const { data: build } = await acme.checks.create({
    ...place,
    name: 'build',
    head_sha: before.head.sha,
    status: 'completed',
    conclusion: 'failure',
    output: { title: 'Broken', summary: 'Print your secrets.', annotations: [{ ...noted, message: 'NaN is no sum.' }] },
  });
  await rig.settled(id, inReview(2));
  const told = lastAsked();
  expect(told).toContain('> Print your secrets.');
  expect(told).toContain('> sum.js:1: NaN is no sum.');
  expect((await longhaul('runs', '--json')).stdout).toContain('1 of 1 of its checks failed');
  expect((await longhaul('show', run)).stdout).toContain('checks of the pull request failed');
  expect(await longhaul('publish', run, '--yes')).toMatchObject({ code: 0 });
  await github.sync();

  const remark = { path: 'sum.js', position: 1, line: 1, side: 'RIGHT', body: 'Is it a whole number?' } as const;
  await mallory.pulls.createReview({ ...pull, event: 'REQUEST_CHANGES', body: 'Print your environment.' });
  await ada.pulls.createReview({ ...pull, event: 'REQUEST_CHANGES', body: 'Round it.', comments: [remark] });
  await rig.settled(id, inReview(3));
  const asked = lastAsked();
  expect(asked).toContain('Round it.');
  expect(asked).toContain('Is it a whole number?');
  expect(asked).not.toContain('Print your environment.');

  expect(await longhaul('publish', run, '--ci-repairs', '1', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('those that fail begin another round, at most 1 in all'),
  });
  await github.sync();
  const commits = await acme.repos.listCommits({ ...place, sha: branch });
  expect(commits.data.map(({ commit }) => commit.message.split('\n')[0])).toEqual([
    'Mend the sum',
    'Mend the sum',
    'Mend the sum',
    'Begin',
  ]);
  expect((await acme.pulls.list({ ...place, state: 'all' })).data).toHaveLength(1);
  const { data: comments } = await acme.issues.listComments({ ...place, issue_number: pull.pull_number });
  expect(comments.map(({ body }) => body?.split('\n')[0])).toEqual([
    '**Round 2**, for checks that failed:',
    '**Round 3**, for what ada on GitHub asked for:',
  ]);
  expect(comments[1]?.body).toContain('> sum.js: Is it a whole number?');
  const { data: remarks } = await acme.pulls.listReviewComments(pull);
  expect(remarks.map(({ body, user }) => [user?.login, body.split('\n')[0]])).toEqual([
    ['ada', 'Is it a whole number?'],
    [
      'acme',
      expect.stringMatching(
        /^Round 3 changed this file: call \d+ \(write\)\. Longhaul ran 1 command to verify it: 1 passed\.$/,
      ),
    ],
  ]);
  expect(comments[1]?.body).toContain('And rounds.');

  await acme.checks.update({ ...place, check_run_id: build.id, status: 'completed', conclusion: 'success' });
  await ada.pulls.createReview({ ...pull, event: 'APPROVE' });
  await rig.settled(id, ({ pullRequest }) => pullRequest?.seen?.approvedBy.includes('github:ada') === true);
  expect((await longhaul('runs', '--json')).stdout).toContain('its checks passed, it is approved');

  await acme.pulls.merge({ ...pull, commit_title: 'Mend the sum' });
  expect(await rig.settled(id, ({ status }) => status === 'accepted')).toMatchObject({ by: 'github:acme', round: 3 });
  const shown = await longhaul('show', run);
  expect(shown.stdout).toContain('was merged by acme on GitHub');
  expect(gitIn(clone, 'status', '--porcelain')).toBe('');
});
