import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChangeSet, FileVersion } from '../../shared/run/artifacts.ts';
import type { Effect } from '../../shared/run/effect.ts';
import { Trouble } from '../../shared/trouble.ts';
import { tokenOf } from '../fakes/gitlab/server.ts';
import { GitLab } from '../harness/gitlab.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';

/** What is made at GitLab: an attempt is ended at each of its requests, before GitLab had it and before its answer came, and the next one leaves no second one of anything. */
const branch = 'longhaul/1-mend-the-sum';
const signal = new AbortController().signal;

let gitlab: GitLab;
let base: string;
beforeEach(async () => {
  const files = { 'sum.js': 'a - b\n', 'old.js': 'gone soon\n', 'README.md': 'Sums.\n' };
  gitlab = await GitLab.start(await repositoryWith(files), { ada: 40, mallory: 20 });
  base = gitlab.world.head('main');
});
afterEach(() => gitlab[Symbol.asyncDispose]());

const contents = new Map<string, Buffer>();
const version = (path: string, text: string, mode: FileVersion['mode'] = '100644'): FileVersion => {
  const content = Buffer.from(text);
  const blob = createHash('sha256').update(content).digest('hex');
  contents.set(blob, content);
  return { path, mode, blob, bytes: content.length };
};
const read = async (hash: string): Promise<Buffer> => contents.get(hash)!;
const change = (before: FileVersion | null, after: FileVersion | null): ChangeSet['files'][number] => ({
  status: before === null ? 'added' : after === null ? 'deleted' : 'modified',
  before,
  after,
  binary: false,
  additions: 1,
  deletions: 0,
});
const changes = (...files: ChangeSet['files']): ChangeSet => {
  const at = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
  return { base: at, head: at, patch: 'c'.repeat(64), files };
};
const sum = version('sum.js', 'a - b\n');
const mended = changes(
  change(sum, version('sum.js', 'a + b\n')),
  change(null, version('bin/run.sh', 'echo\n', '100755')),
  change(version('old.js', 'gone soon\n'), null),
);

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;
const toBranch = (onTop: string | null = null): Of<'branch'> => ({
  kind: 'branch',
  remote: gitlab.url,
  branch,
  base,
  onTop,
  patch: 'c'.repeat(64),
  message: 'Mend the sum',
});
const toMergeRequest = (): Of<'pull request'> => ({
  kind: 'pull request',
  remote: gitlab.url,
  branch,
  into: 'main',
  title: 'Mend the sum',
  body: 'd'.repeat(64),
  draft: true,
  ciRepairs: 0,
});

const body = 'What was done.';
/** One attempt at the effects of a round. */
const publish = async (round = { key: '1', onTop: null as string | null, changes: mended, body }) => {
  const forge = gitlab.forge();
  const made = await forge.publishBranch(toBranch(round.onTop), {
    trailer: `Longhaul-Run: run_test, ${round.key} branch`,
    changes: round.changes,
    read,
    signal,
  });
  const opened = await forge.publishPullRequest(toMergeRequest(), { body: round.body, signal });
  const said = await forge.comment(Number(opened.reference), {
    mark: `Longhaul-Run: run_test, ${round.key} comment`,
    body: round.body,
    since: new Date(0).toISOString(),
    signal,
  });
  return { made, opened, said };
};

const inGit = (...args: string[]): string => gitIn(gitlab.world.bare, ...args).trim();
/** What is there now of what was to be there once. */
const there = () => ({
  branches: inGit('for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n'),
  commits: inGit('log', '--format=%s', `main..${branch}`).split('\n'),
  tree: inGit('ls-tree', '-r', '--format=%(objectmode) %(path)', branch).split('\n'),
  mergeRequests: gitlab.world.mergeRequests.map((mr) => [mr.source, mr.target, mr.title, mr.description]),
  notes: gitlab.world.mergeRequests.flatMap(({ notes }) => notes.map((note) => note.body)),
});
const once = {
  branches: [branch, 'main'],
  commits: ['Mend the sum'],
  tree: ['100644 README.md', '100755 bin/run.sh', '100644 sum.js'],
  mergeRequests: [[branch, 'main', 'Draft: Mend the sum', body]],
  notes: [`${body}\n\n<!-- Longhaul-Run: run_test, 1 comment -->`],
};

const refusalOf = async (act: Promise<unknown>) => {
  const error: unknown = await act.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Trouble)) throw new Error('it did not fail', { cause: error });
  return { message: error.message, remedy: error.remedy };
};
const toBranchAgain = (onTop: string) =>
  gitlab
    .forge()
    .publishBranch(toBranch(onTop), { trailer: 'Longhaul-Run: run_x, 2 branch', changes: mended, read, signal });

test('what is not there is told as what it is: the project, or the branch', async () => {
  const { troubles } = gitlab.api;
  const notSeen = { status: 404, headers: { 'content-type': 'application/json' } };
  troubles.push({ ...notSeen, body: '{"message":"404 Project Not Found"}' });
  expect(await refusalOf(toBranchAgain('e'.repeat(40)))).toEqual({
    message: `GitLab did not make the branch ${branch} (404: Project Not Found, asked for GET projects/acme%2Ftools%2Fshop/repository/branches/${encodeURIComponent(branch)}).`,
    remedy: expect.stringContaining('a private one that it may not see is said not to be there'),
  });
  expect(await refusalOf(toBranchAgain('e'.repeat(40)))).toMatchObject({ message: `The branch ${branch} is gone.` });
});

test.each([
  [502, '<html><h1>Bad Gateway</h1></html>', '502, asked for GET', 'It is tried again by itself'],
  [400, '{"message":"400 Bad request - no"}', '400: Bad request - no, asked for GET', 'longhaul apply --branch'],
  [403, '{"message":"403 Forbidden"}', '403: Forbidden, asked for GET', 'role "Developer"'],
])(
  'of %i it is told what GitLab was asked for, what it answered, and what to do',
  async (...[status, answer, told, remedy]) => {
    gitlab.api.troubles.push({ status, body: answer, headers: { 'content-type': 'application/json' } });
    expect(await refusalOf(toBranchAgain('e'.repeat(40)))).toEqual({
      message: expect.stringContaining(`GitLab did not make the branch ${branch} (${told} `),
      remedy: expect.stringContaining(remedy),
    });
  },
);

test('a result becomes a commit on a branch and a draft merge request, and the next round goes on with both', async () => {
  const { made, opened, said } = await publish();
  expect([made, opened, said].map(({ adopted }) => adopted)).toEqual([false, false, false]);
  expect(made).toMatchObject({ url: `${gitlab.webUrl}/-/tree/${branch}` });
  expect(opened).toMatchObject({ reference: '1', url: `${gitlab.webUrl}/-/merge_requests/1` });
  expect(said.url).toBe(`${gitlab.webUrl}/-/merge_requests/1#note_${said.reference}`);
  expect(there()).toEqual(once);
  // What the first round made and the second does not is gone again; what it deleted is back.
  const less = changes(change(sum, version('sum.js', 'a + b || 0\n', '100755')));
  const second = await publish({ key: '2', onTop: made.reference, changes: less, body: 'And more.' });
  expect(second.opened).toMatchObject({ reference: '1', adopted: true });
  expect(there()).toEqual({
    ...once,
    commits: ['Mend the sum', 'Mend the sum'],
    tree: ['100644 README.md', '100644 old.js', '100755 sum.js'],
    mergeRequests: [[branch, 'main', 'Draft: Mend the sum', 'And more.']],
    notes: [...once.notes, 'And more.\n\n<!-- Longhaul-Run: run_test, 2 comment -->'],
  });
  expect(inGit('show', `${branch}:old.js`)).toBe('gone soon');
  // Whoever has made it ready for review finds it so.
  gitlab.world.mergeRequest(1).title = 'Mend the sum';
  await publish({ key: '2', onTop: made.reference, changes: less, body: 'And more.' });
  expect(there().mergeRequests).toEqual([[branch, 'main', 'Mend the sum', 'And more.']]);
});

test('whatever request an attempt is ended at, the next one leaves one branch, one commit, one merge request, one comment', async () => {
  const { world } = gitlab;
  const ended: string[] = [];
  for (let request = 1, more = true; more; request += 1) {
    for (const when of ['before', 'after'] as const) {
      if (world.tip(`refs/heads/${branch}`) !== null) world.git('update-ref', '-d', `refs/heads/${branch}`);
      world.mergeRequests.length = 0;
      Object.assign(gitlab.api, { ending: { request, when }, asked: 0 });
      const attempt = await publish().catch((error: unknown) => error);
      more = attempt instanceof Error;
      expect(!more || (attempt as { again?: boolean }).again).toBe(true); // safe: it is asked for
      if (more) ended.push(`${request} ${when}`);
      gitlab.api.ending = null;
      await publish();
      expect([`${request} ${when}`, there()]).toEqual([`${request} ${when}`, once]);
    }
  }
  // A look at the branch, the base, each file before and as it is, the commit; a merge request and a comment: a look, and it.
  expect(ended.length).toBeGreaterThanOrEqual(20);
});

test('what others have made there is left alone, and what stands in the way is said', async () => {
  const { world } = gitlab;
  world.git('branch', branch, 'main');
  await expect(publish()).rejects.toMatchObject({ message: `There is a branch ${branch} already.` });
  world.git('branch', '-D', branch);
  const { made } = await publish();
  world.commit({ branch, commit_message: 'By hand', actions: [{ action: 'create', file_path: 'x', content: 'x' }] });
  await expect(publish({ key: '2', onTop: made.reference, changes: mended, body })).rejects.toMatchObject({
    message: `Somebody has put other commits on the branch ${branch}.`,
  });
  base = '1'.repeat(40);
  world.git('branch', '-D', branch);
  await expect(publish()).rejects.toMatchObject({
    message: expect.stringContaining('is not on GitLab'),
    remedy: expect.stringContaining('Push the branch'),
  });
});

test('what a person had not committed is not published, nor what GitLab cannot make', async () => {
  const dirty = changes(change(version('sum.js', 'my own\n'), version('sum.js', 'a + b\n')));
  const round = { key: '1', onTop: null, changes: dirty, body };
  await expect(publish(round)).rejects.toMatchObject({ message: /^sum\.js had changes that were not committed/ });
  const link = changes(change(null, version('link', 'sum.js', '120000')));
  await expect(publish({ ...round, changes: link })).rejects.toMatchObject({ message: /^link is a symbolic link/ });
  expect(inGit('for-each-ref', '--format=%(refname:short)', 'refs/heads')).toBe('main');
});

test('a merge request of a fork from a branch of the same name is not taken for the run’s', async () => {
  const { world } = gitlab;
  world.openMergeRequest(world.person('mallory'), { source: branch, target: 'main', title: 'Mine' }, true);
  const { opened } = await publish();
  expect(opened).toMatchObject({ reference: '2', adopted: false });
  expect(world.mergeRequest(1).title).toBe('Mine');
});

test('what an agent writes does nothing there: no quick action is one', async () => {
  const evil = 'Done.\n/merge\n  /close\n/approve \n`/usr/bin/x` and /tmp/x stay.';
  await publish({ key: '1', onTop: null, changes: mended, body: evil });
  const [mr] = gitlab.world.mergeRequests;
  expect(mr).toMatchObject({ state: 'opened', description: evil.replaceAll(/\/(merge|close|approve)/g, '\\/$1') });
  // Those who may do it so, and the test above is about something.
  gitlab.world.note(mr!, { author: gitlab.world.person('ada'), body: '/close' });
  expect(mr).toMatchObject({ state: 'closed' });
});

const mark = 'Longhaul-Run: run_test, 1 answer';
const given = { mark, body: 'It subtracts.', since: new Date(0).toISOString(), signal };
/** One attempt at all that can be said. */
const say = async () => {
  const forge = gitlab.forge();
  const on = { kind: 'issue', number: 1 } as const;
  const remote = gitlab.url;
  return {
    answer: await forge.say({ kind: 'answer', remote, on, body: 'd'.repeat(64) }, given),
    labels: await forge.say({ kind: 'labels', remote, on, labels: ['Bug', 'docs'] }, given),
    issue: await forge.say({ kind: 'issue', remote, title: 'Sums', body: 'd'.repeat(64) }, given),
  };
};

test('a comment, labels and an issue are made once and found again, whatever request an attempt is ended at', async () => {
  const ended: string[] = [];
  for (let request = 1, more = true; more; request += 1) {
    for (const when of ['before', 'after'] as const) {
      const { world } = gitlab;
      world.issues.length = 0;
      world.openIssue(world.person('ada'), { title: 'Wrong' }).labels = ['docs'];
      Object.assign(gitlab.api, { ending: { request, when }, asked: 0 });
      const attempt = await say().catch(() => null);
      more = attempt === null;
      if (more) ended.push(`${request} ${when}`);
      gitlab.api.ending = null;
      const second = await say();
      expect(Object.values(second).map(({ url }) => url)).toEqual([
        `${gitlab.webUrl}/-/issues/1#note_${second.answer.reference}`,
        `${gitlab.webUrl}/-/issues/1`,
        `${gitlab.webUrl}/-/issues/2`,
      ]);
      const [first, made, ...others] = world.issues;
      expect(first?.notes.map((note) => note.body)).toEqual([`It subtracts.\n\n<!-- ${mark} -->`]);
      // To GitLab it is another label than "bug".
      expect(first?.labels).toEqual(['docs', 'Bug']);
      expect([made?.title, others]).toEqual(['Sums', []]);
      expect(Object.values(await say()).map(({ adopted }) => adopted)).toEqual([true, true, true]);
    }
  }
  // Of each a look, and it.
  expect(ended).toHaveLength(12);
});

test('the mark in what somebody else wrote is no sign of an earlier attempt', async () => {
  const { world } = gitlab;
  const mallory = world.people.find(({ username }) => username === 'mallory')!;
  await publish();
  const copied = `Not it.\n\n<!-- Longhaul-Run: run_test, 2 comment -->`;
  world.note(world.mergeRequest(1), { author: mallory, body: copied });
  const say = () =>
    gitlab
      .forge()
      .comment(1, { mark: 'Longhaul-Run: run_test, 2 comment', body: 'It.', since: '2026-01-01T00:00:00Z', signal });
  const first = await say();
  expect(first.adopted).toBe(false);
  expect(await say()).toEqual({ ...first, adopted: true });
});

test('a release is refused, for GitLab has no drafts of any', async () => {
  const effect = { kind: 'release', remote: gitlab.url, tag: 'v1', title: 'One', body: 'd'.repeat(64) } as const;
  await expect(gitlab.forge().say(effect, given)).rejects.toMatchObject({
    message: expect.stringContaining('GitLab has no drafts of releases'),
  });
  expect(gitlab.api.requests).toEqual([]);
});

test('who asks too much waits as long as GitLab says, and is not asked again meanwhile; what is refused is told with what to do', async () => {
  gitlab.api.troubles.push({ status: 429, headers: { 'retry-after': '7' }, body: 'Retry later' });
  await expect(publish()).rejects.toMatchObject({ again: true, afterMs: 7_000, message: /429: Retry later/ });
  expect(gitlab.api.asked).toBe(1);
  gitlab.api.troubles.push({ status: 502, body: 'Bad gateway' });
  await expect(publish()).rejects.toMatchObject({ again: true });
  expect(gitlab.api.asked).toBe(2);
  const as = (token: string) =>
    gitlab.forge(token).publishPullRequest({ ...toMergeRequest(), branch: 'main' }, { body, signal });
  await expect(as('nobodys')).rejects.toMatchObject({
    again: false,
    message: expect.stringContaining('(401: Unauthorized, asked for GET projects/'),
    remedy: expect.stringContaining('give the runner another one'),
  });
  await expect(as(tokenOf('mallory'))).rejects.toMatchObject({ remedy: expect.stringContaining('"Developer"') });
});
