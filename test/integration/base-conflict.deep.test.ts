import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import { GitHub } from '../harness/github.ts';
import { mergeableByGit } from '../harness/mergeable.ts';
import type { AppendProxy } from '../harness/proxy.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

/** What a pull request is to go into has changed the same: the next round merges it. A whole runner, GitHub's API by another author, and git's own server. */
const place = { owner: 'acme', repo: 'shop' };
const write = (content: string) => calls('write', { path: 'sum.js', content });
const finish = (summary: string) => calls('finish', { summary, claims: [] });
const script = scripted([
  write('export const sum = (a, b) => a + b;\n'),
  finish('Adds, where it subtracted.'),
  calls('bash', {
    command: 'cat sum.js; cat more.js; git status --short; cat installed',
    timeoutSeconds: null,
    network: null,
  }),
  write('export const sum = (a, b) => Number(a) + Number(b);\n'),
  finish('Adds numbers, as main wants them.'),
]);

let github: GitHub;
let api: AppendProxy;
let rig: Rig;
let clone: string;
beforeAll(async () => {
  clone = await repositoryWith({
    'sum.js': 'export const sum = (a, b) => a - b;\n',
    'more.js': 'old\n',
    '.gitignore': 'installed\n',
    '.longhaul/config.yaml':
      'setup: ["cp more.js installed"]\nverification: ["grep -q Number sum.js || grep -q old more.js"]\n',
  });
  github = await GitHub.start(clone, ['acme', 'ada']);
  api = await mergeableByGit(github);
  const apiUrl = await api.listen();
  const remote = github.remote('GITHUB_TOKEN_OF_THE_RUNNER') as { github: object };
  rig = await Rig.start({
    script,
    env: { GITHUB_TOKEN_OF_THE_RUNNER: github.token, LONGHAUL_FOLLOW_SECONDS: '1' },
    config: { remotes: [{ ...remote, github: { ...remote.github, apiUrl } }] },
  });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

const inReview =
  (round: number) =>
  ({ status, round: at }: RunState): boolean =>
    status === 'reviewing' && at === round;

/** As the button on GitHub's page does it: somebody else's change is on main. */
const pushToMain = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const { git } = await github.as('acme');
  const { data: main } = await git.getRef({ ...place, ref: 'heads/main' });
  const { data: before } = await git.getCommit({ ...place, commit_sha: main.object.sha });
  const tree = Object.entries(files).map(([path, content]) => ({
    path,
    mode: '100644' as const,
    type: 'blob' as const,
    content,
  }));
  const { data: made } = await git.createTree({ ...place, base_tree: before.tree.sha, tree });
  const commit = { ...place, message: 'Others', tree: made.sha, parents: [main.object.sha] };
  const { data } = await git.createCommit(commit);
  await git.updateRef({ ...place, ref: 'heads/main', sha: data.sha });
  await github.sync();
  return data.sha;
};

test('published → others change the same lines → the base is merged, conflicts resolved → published: it can be merged, and has their work', async () => {
  const cli = async (...args: string[]) => rig.cli(args, { cwd: clone });
  const delegated = await cli('delegate', 'Mend the sum', '--json');
  const { id, number } = (JSON.parse(delegated.stdout) as { run: { id: string; number: number } }).run; // safe: what its help says
  await rig.settled(id, inReview(1));
  expect(await cli('publish', String(number), '--ready', '--yes')).toMatchObject({ code: 0 });
  await github.sync();
  const branch = `longhaul/${number}-mend-the-sum`;
  const first = gitIn(github.bare, 'rev-parse', branch).trim();

  const base = await pushToMain({
    'sum.js': 'export const sum = (a, b) => Number(a) - Number(b);\n',
    'more.js': 'new\n',
  });
  const merged = await rig.settled(id, inReview(2));
  expect(merged).toMatchObject({ merge: { step: 'done', branch: 'main', commit: base } });
  const told = JSON.stringify(rig.model.journal.at(-1)?.body);
  expect(told).toContain('These files are in conflict:');
  expect(told).toContain('<<<<<<< longhaul/result');
  // The agent's own git compares with what main is now, and setup ran on that.
  expect(told).toContain('>>>>>>> longhaul/incoming\\nnew\\n M sum.js\\nnew');
  const shown = (await cli('show', String(number))).stdout;
  expect(shown).toContain(`the pull request conflicts with main, which is merged into it (${base.slice(0, 12)})`);
  // What others did is no part of the result.
  const diff = (await cli('diff', String(number))).stdout;
  expect(diff).toContain(
    '-export const sum = (a, b) => Number(a) - Number(b);\n+export const sum = (a, b) => Number(a) + Number(b);',
  );
  expect(diff).not.toContain('more.js');

  // Who has not pulled what it was merged with is told so.
  expect((await cli('apply', String(number), '--branch', 'mine')).stderr).toContain(
    `It was merged with main at ${base.slice(0, 12)}: pull that first`,
  );
  gitIn(clone, 'fetch', '--quiet', github.bare, 'main');
  gitIn(clone, 'reset', '--quiet', '--hard', base);
  expect(await cli('apply', String(number))).toMatchObject({ code: 0 });
  gitIn(clone, 'checkout', '--quiet', '.');

  expect(await cli('publish', String(number), '--yes')).toMatchObject({ code: 0 });
  await github.sync();
  expect(gitIn(github.bare, 'log', '-1', '--format=%P', branch).trim()).toBe(`${first} ${base}`);
  expect(gitIn(github.bare, 'show', `${branch}:more.js`)).toBe('new\n');
  expect(gitIn(github.bare, 'show', `${branch}:sum.js`)).toBe('export const sum = (a, b) => Number(a) + Number(b);\n');
  await rig.settled(id, ({ pullRequest }) => pullRequest?.seen?.conflictsWith === null);
  const acme = await github.as('acme');
  const { data: pulls } = await acme.pulls.list({ ...place, state: 'all' });
  expect(pulls).toHaveLength(1);
  const { data: comments } = await acme.issues.listComments({ ...place, issue_number: pulls[0]!.number });
  expect(comments.map(({ body }) => body?.split('\n')[0])).toEqual([
    '**Round 2**, for the conflict with main, which is merged here:',
  ]);
  await acme.pulls.merge({ ...place, pull_number: pulls[0]!.number, commit_title: 'Mend the sum' });
  expect(await rig.settled(id, ({ status }) => status === 'accepted')).toMatchObject({ round: 2 });
});

/** It may be gone by itself. */
const endAtOnce = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is.
  }
};

test.each(['review.decided', 'base.moved', 'base.merged'] as const)(
  'a round that merges, whose runner and workers are killed after %s, comes to the same',
  async (type) => {
    await pushToMain({ 'sum.js': 'export const sum = (a, b) => a - b;\n', 'more.js': 'old\n' });
    gitIn(clone, 'fetch', '--quiet', github.bare, 'main');
    gitIn(clone, 'reset', '--quiet', '--hard', 'FETCH_HEAD');
    const title = `Mend it, ${type.replace('.', ' ')}`;
    const delegated = await rig.cli(['delegate', 'Mend the sum', '--title', title, '--json'], { cwd: clone });
    const { id, number } = (JSON.parse(delegated.stdout) as { run: { id: string; number: number } }).run; // safe: what its help says
    await rig.settled(id, inReview(1));
    const branch = `longhaul/kill-${number}`;
    const publish = ['publish', String(number), '--branch', branch, '--ready', '--yes'];
    expect(await rig.cli(publish, { cwd: clone })).toMatchObject({ code: 0 });
    await github.sync();
    const first = gitIn(github.bare, 'rev-parse', branch).trim();
    const base = await pushToMain({
      'sum.js': `export const sum = (a, b) => Number(a) - b; // ${number}\n`,
      'more.js': 'new\n',
    });
    await rig.event(id, ({ body }) => body.type === type && (body.type !== 'review.decided' || body.merge !== null));
    const workers = await rig.workers();
    await rig.kill();
    for (const pid of workers) endAtOnce(pid);
    await rig.start();
    await rig.settled(id, inReview(2));
    const events = await rig.events(id);
    expect(events.filter(({ body }) => body.type === 'base.merged')).toHaveLength(1);
    expect(await rig.cli(['publish', String(number), '--yes'], { cwd: clone })).toMatchObject({ code: 0 });
    await github.sync();
    expect(gitIn(github.bare, 'log', '-1', '--format=%P', branch).trim()).toBe(`${first} ${base}`);
    expect(gitIn(github.bare, 'show', `${branch}:sum.js`)).toBe(
      'export const sum = (a, b) => Number(a) + Number(b);\n',
    );
  },
);
