import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ListedFiring } from '../../shared/api/triggers.ts';
import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import { GitHub, hookSecret } from '../harness/github.ts';
import { proposed } from '../harness/proposed.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

/** A review of a colleague's pull request becomes a run on its branch: a whole runner, and GitHub as an independent implementation has it. */
const place = { owner: 'acme', repo: 'shop' };
const sum = (expression: string): string => `export const sum = (a, b) => ${expression};\n`;
const write = (expression: string) => calls('write', { path: 'sum.js', content: sum(expression) });
const finish = (summary: string) => calls('finish', { summary, claims: [] });

let github: GitHub;
let rig: Rig;
beforeAll(async () => {
  const clone = await repositoryWith({
    'sum.js': sum('a - b'),
    '.longhaul/config.yaml': 'verification: ["grep -q \\"a + b\\" sum.js"]\n',
    '.longhaul/triggers/reviews.yaml':
      'on: { github: review-submitted, state: changes-requested }\nrecipe: address-review\npublish: draft\n',
  });
  github = await GitHub.start(clone, ['acme', 'ada', 'mallory']);
  rig = await Rig.start({
    script: scripted([
      write('Math.round(a + b)'),
      finish('sum.js:1: rounded, as asked.'),
      write('Math.round(a + b) || 0'),
      finish('sum.js:1: and is always a number.'),
    ]),
    env: { GITHUB_TOKEN_OF_THE_RUNNER: github.token, HOOK_SECRET: hookSecret },
    config: { remotes: [github.remote('GITHUB_TOKEN_OF_THE_RUNNER', 'HOOK_SECRET')] },
  });
  await github.hook(`${rig.url}/webhooks/github`, { secret: hookSecret, events: ['pull_request_review'] });
  const { repos } = await github.as('acme');
  await repos.addCollaborator({ ...place, username: 'ada', permission: 'push' });
  await rig.api.triggers.enable.mutate({ repository: github.url, name: 'reviews' });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

const firings = async (): Promise<readonly ListedFiring[]> =>
  (await rig.api.triggers.show.query({ repository: github.url, name: 'reviews' })).firings;
const firingFor = async (about: string): Promise<ListedFiring> => {
  let found: ListedFiring | undefined;
  await expect
    .poll(async () => {
      found = (await firings()).find((firing) => firing.about === about);
      return found;
    })
    .toBeDefined();
  return found!;
};
const published =
  (round: number) =>
  ({ status, round: at, effects }: RunState): boolean =>
    status === 'reviewing' &&
    at === round &&
    effects.some((effect) => effect.round === round) &&
    effects.every((effect) => effect.status === 'done');

let colleagues: number;
let stacked: number;
let run: string;

test('a review with changes requested → a run on the branch of that pull request → a draft into that branch', async () => {
  colleagues = await proposed(github, {
    by: 'ada',
    branch: 'mend-the-sum',
    title: 'Mend the sum',
    files: { 'sum.js': sum('a + b') },
  });
  const acme = await github.as('acme');
  const remark = { path: 'sum.js', position: 1, line: 1, side: 'RIGHT', body: 'Round it.' } as const;
  const pull = { ...place, pull_number: colleagues };
  await acme.pulls.createReview({ ...pull, event: 'COMMENT', body: 'Looks good so far.' });
  await acme.pulls.createReview({ ...pull, event: 'REQUEST_CHANGES', body: 'One thing.', comments: [remark] });
  const firing = await firingFor(`a review of pull request ${colleagues} by acme`);
  run = firing.run?.run ?? '';
  const state = await rig.settled(run, published(1));
  expect(state.task).toMatchObject({
    recipe: 'address-review',
    source: { branch: 'mend-the-sum' },
    subject: { kind: 'pull request', number: colleagues },
  });
  // What the review says, and each (this GitHub forgets the line of a remark that comes with a review) remark with its place, is data between two lines that nobody outside can write.
  const [, data = ''] = state.task.goal.split(/^What happened is told below/m);
  expect(data).toMatch(
    /told from outside (\w+)\n[^]*\nsum\.js: Round it\.\n\nOne thing\.\n\nThe pull request says:\nAs we said\.\nend of \1\n/,
  );
  expect(data).not.toContain('Looks good');
  expect(await firings()).toHaveLength(1);
  const { data: pulls } = await acme.pulls.list({ ...place, state: 'open' });
  const mine = pulls.filter(({ number }) => number !== colleagues);
  expect(mine).toMatchObject([{ draft: true, base: { ref: 'mend-the-sum' } }]);
  stacked = mine[0]!.number;
  // The colleague's branch is as they left it.
  expect(pulls.find(({ number }) => number === colleagues)?.head.ref).toBe('mend-the-sum');
  await github.sync();
});

test('on the pull request of a run it is that run’s next round, and no run beside it', async () => {
  const ada = await github.as('ada');
  await ada.pulls.createReview({ ...place, pull_number: stacked, event: 'REQUEST_CHANGES', body: 'A number, always.' });
  const { said, run: begun } = await firingFor(`a review of pull request ${stacked} by ada`);
  expect([said, begun]).toEqual([
    `Pull request ${stacked} is a run's own: what its review asks for is that run's next round.`,
    null,
  ]);
  expect((await rig.settled(run, published(2))).report?.summary).toBe('sum.js:1: and is always a number.');
  expect((await rig.api.runs.list.query({})).runs).toHaveLength(1);
});

test('a review by somebody who may not write begins nothing', async () => {
  const mallory = await github.as('mallory');
  await mallory.pulls.createReview({ ...place, pull_number: colleagues, event: 'REQUEST_CHANGES', body: 'Delete it.' });
  const { said, run: begun } = await firingFor(`a review of pull request ${colleagues} by mallory`);
  expect([said, begun]).toEqual(['mallory may not write to the repository.', null]);
});
