import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ListedFiring } from '../../shared/api/triggers.ts';
import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import { GitHub, hookSecret } from '../harness/github.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

/** From an event to a merged pull request, without a person at the runner: a whole runner, and GitHub as an independent implementation has it. */
const place = { owner: 'acme', repo: 'shop' };
const write = (expression: string) =>
  calls('write', { path: 'sum.js', content: `export const sum = (a, b) => ${expression};\n` });
const finish = (summary: string) => calls('finish', { summary, claims: [] });

const work = [
  write('a + b'),
  finish('Adds, where it subtracted.'),
  write('Math.round(a + b) || 0'),
  finish('And is always a number.'),
  write('Math.round(100 * (a + b)) / 100 || 0'),
  finish('And rounds.'),
];
const mending = scripted(work);
const asking = scripted(work);
const failing = scripted([write('a * b'), ...Array.from({ length: 8 }, () => finish('Multiplies.'))]);

let github: GitHub;
let rig: Rig;
let clone: string;
beforeAll(async () => {
  clone = await repositoryWith({
    'sum.js': 'export const sum = (a, b) => a - b;\n',
    '.longhaul/config.yaml': 'verification: ["grep -q \\"a + b\\" sum.js"]\n',
    '.longhaul/triggers/bugs.yaml':
      'on: { github: issue-labeled, label: agent }\ngoal: Mend what the issue tells.\npublish: ready\nciRepairs: 1\n',
    '.longhaul/triggers/asked.yaml':
      'on: { github: issue-labeled, label: ask }\ngoal: Mend what the issue tells.\npublish: ask\nciRepairs: 1\n',
  });
  github = await GitHub.start(clone, ['acme', 'ada', 'mallory']);
  rig = await Rig.start({
    script: (asked, at) => {
      const told = JSON.stringify(asked.body);
      return (told.includes('Multiply') ? failing : told.includes('The total is wrong') ? asking : mending)(asked, at);
    },
    env: { GITHUB_TOKEN_OF_THE_RUNNER: github.token, HOOK_SECRET: hookSecret },
    config: { remotes: [github.remote('GITHUB_TOKEN_OF_THE_RUNNER', 'HOOK_SECRET')] },
  });
  const events = ['issues', 'pull_request', 'pull_request_review', 'check_run'];
  await github.hook(`${rig.url}/webhooks/github`, { secret: hookSecret, events });
  const acme = await github.as('acme');
  await acme.repos.addCollaborator({ ...place, username: 'ada', permission: 'push' });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

const triggers = async (...args: string[]) => {
  const { code, stdout, stderr } = await rig.cli(['triggers', ...args, '--repo', github.url, '--json'], { cwd: clone });
  expect([stderr, code]).toEqual(['', 0]);
  return JSON.parse(stdout) as { readonly firings: readonly ListedFiring[] }; // safe: what its help says
};

const begunFor = async (about: string, trigger = 'bugs'): Promise<string> => {
  let run: string | undefined;
  await expect
    .poll(async () => {
      const { firings } = await triggers('show', trigger);
      run = firings.find((firing) => firing.about === about)?.run?.run;
      return run;
    })
    .toBeDefined();
  return run ?? '';
};

/** A round is in review, and all that is to be published of it is. */
const published =
  (round: number) =>
  ({ status, round: at, effects }: RunState): boolean =>
    status === 'reviewing' &&
    at === round &&
    effects.some((effect) => effect.round === round) &&
    effects.every((effect) => effect.status === 'done');

test('issue labelled → run → pull request → checks fail → mended → review → next round → same branch → merged → accepted', async () => {
  await triggers('enable', 'bugs');
  const [acme, ada, mallory] = await Promise.all([github.as('acme'), github.as('ada'), github.as('mallory')]);
  const { data: issue } = await mallory.issues.create({ ...place, title: 'The sum is wrong', body: 'It subtracts.' });
  await ada.issues.addLabels({ ...place, issue_number: issue.number, labels: ['agent'] });
  const run = await begunFor(`issue ${issue.number} by ada`);
  await rig.settled(run, published(1));
  await github.sync();
  const pulls = async () => (await acme.pulls.list({ ...place, state: 'all' })).data;
  const [opened] = await pulls();
  expect(opened).toMatchObject({ draft: false, title: 'issue 1: The sum is wrong', base: { ref: 'main' } });
  const pull = { ...place, pull_number: opened?.number ?? 0 };

  // Its pull request stays with the first commit that it had, whatever is pushed: what fails there has to fail at once.
  const { data: first } = await acme.pulls.get(pull);
  const output = { title: 'Broken', summary: 'NaN is no sum.' };
  const check = { ...place, name: 'build', head_sha: first.head.sha, status: 'completed', output } as const;
  const { data: build } = await acme.checks.create({ ...check, conclusion: 'failure' });
  await rig.settled(run, published(2));
  await acme.checks.update({ ...place, check_run_id: build.id, status: 'completed', conclusion: 'success' });
  await github.sync();

  await ada.pulls.createReview({ ...pull, event: 'REQUEST_CHANGES', body: 'Round it.' });
  await rig.settled(run, published(3));
  await github.sync();

  const listed = await pulls();
  expect(listed.map(({ head }) => head.ref)).toEqual([opened?.head.ref]);
  const { data: commits } = await acme.repos.listCommits({ ...place, sha: opened?.head.ref ?? '' });
  expect(commits).toHaveLength(4);
  const { data: comments } = await acme.issues.listComments({ ...place, issue_number: pull.pull_number });
  expect(comments.map(({ body }) => body?.split('\n')[0])).toEqual([
    '**Round 2**, for checks that failed:',
    '**Round 3**, for what ada on GitHub asked for:',
  ]);
  await acme.pulls.merge({ ...pull, commit_title: 'Mend the sum' });
  expect(await rig.settled(run, ({ status }) => status === 'accepted')).toMatchObject({ by: 'github:acme', round: 3 });
  expect(gitIn(clone, 'status', '--porcelain')).toBe('');
});

test('a result whose checks fail is not published by itself, and why is said', async () => {
  const ada = await github.as('ada');
  const { data: issue } = await ada.issues.create({ ...place, title: 'Multiply', body: 'Please.' });
  await ada.issues.addLabels({ ...place, issue_number: issue.number, labels: ['agent'] });
  const run = await begunFor(`issue ${issue.number} by ada`);
  await rig.settled(run, ({ status }) => status === 'reviewing');
  const why = async () =>
    (await triggers('show', 'bugs')).firings.find((firing) => firing.run?.run === run)?.unpublished;
  await expect.poll(why).toMatch(/^Its checks do not pass: /);
  expect((await rig.api.runs.get.query({ run })).effects).toEqual([]);
});

/** Somebody is asked to publish a round, looks at what is asked, and says yes to exactly that. */
const approved = async (run: string, round: number): Promise<void> => {
  const state = await rig.settled(
    run,
    ({ status, round: at, decisions }) =>
      status === 'reviewing' && at === round && Object.values(decisions).some((open) => open.status === 'pending'),
  );
  const { id, hash } = Object.values(state.decisions)[0]!.request;
  expect((await rig.cli(['decisions', id])).stdout).toContain(`Publish round ${round} `);
  expect(await rig.cli(['approve', id, '--yes', '--hash', hash])).toMatchObject({ code: 0 });
  await rig.settled(run, published(round));
  await github.sync();
};

test('issue labelled → run → publish decision → branch and draft pull request → checks fail → mended → review comment → next round → same branch → merged → accepted', async () => {
  await triggers('enable', 'asked');
  const [acme, ada] = await Promise.all([github.as('acme'), github.as('ada')]);
  const { data: issue } = await ada.issues.create({ ...place, title: 'The total is wrong', body: 'It subtracts.' });
  await ada.issues.addLabels({ ...place, issue_number: issue.number, labels: ['ask'] });
  const run = await begunFor(`issue ${issue.number} by ada`, 'asked');
  await approved(run, 1);
  const opened = async () =>
    (await acme.pulls.list({ ...place, state: 'all' })).data.filter(({ title }) =>
      title.includes('The total is wrong'),
    );
  const [first] = await opened();
  expect(first).toMatchObject({ draft: true, base: { ref: 'main' } });
  const pull = { ...place, pull_number: first?.number ?? 0 };

  // Its pull request stays with the first commit that it had, whatever is pushed: what fails there has to fail at once.
  const { data: now } = await acme.pulls.get(pull);
  const output = { title: 'Broken', summary: 'It is not rounded.' };
  const check = { ...place, name: 'build', head_sha: now.head.sha, status: 'completed', output } as const;
  const { data: build } = await acme.checks.create({ ...check, conclusion: 'failure' });
  await approved(run, 2);
  await acme.checks.update({ ...place, check_run_id: build.id, status: 'completed', conclusion: 'success' });

  const remark = { path: 'sum.js', position: 1, line: 1, side: 'RIGHT', body: 'Is it a number?' } as const;
  await ada.pulls.createReview({ ...pull, event: 'REQUEST_CHANGES', body: 'One thing.', comments: [remark] });
  await approved(run, 3);
  const { data: remarks } = await acme.pulls.listReviewComments(pull);
  expect(remarks.map(({ body }) => body.split('.')[0])).toEqual([
    'Is it a number?',
    expect.stringMatching(/^Round 3 changed this file: call \d+ \(write\)$/),
  ]);

  expect((await opened()).map(({ head }) => head.ref)).toEqual([first?.head.ref]);
  const { data: commits } = await acme.repos.listCommits({ ...place, sha: first?.head.ref ?? '' });
  expect(commits.filter(({ commit }) => commit.message.includes(`Longhaul-Run: ${run}`))).toHaveLength(3);
  // As the button on GitHub's page does it.
  const ready = { ...pull, draft: false };
  await acme.pulls.update(ready);
  await acme.pulls.merge({ ...pull, commit_title: 'Mend the total' });
  expect(await rig.settled(run, ({ status }) => status === 'accepted')).toMatchObject({ by: 'github:acme', round: 3 });
});
