import { createHash } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createEmulator, type Emulator } from 'emulate';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Asked } from '../../runner/control/effects/outbox.ts';
import { performing } from '../../runner/control/effects/perform.ts';
import { gitHubToken } from '../../runner/control/github/access.ts';
import { publishComment } from '../../runner/control/github/comment.ts';
import { publishBranch } from '../../runner/control/github/branch.ts';
import { octokitModules, octokitOptions, type Octokit } from '../../runner/control/github/octokit.ts';
import { publishPullRequest } from '../../runner/control/github/pull-request.ts';
import { openRemotes } from '../../runner/control/remotes/remotes.ts';
import type { Home } from '../../runner/machine/home/home.ts';
import type { ChangeSet, FileVersion } from '../../shared/run/artifacts.ts';
import type { Effect, EffectResult } from '../../shared/run/effect.ts';
import type { RunState } from '../../shared/run/state.ts';
import { MemoryLog } from '../fakes/memory-log.ts';
import { someTask } from '../fakes/task.ts';
import { openFolder } from '../harness/rig.ts';

/**
 * GitHub as `emulate` has it, an independent implementation of its API: an app makes a branch and a pull request there, and is ended at each of
 * its requests, before GitHub had it and before its answer came.
 */
const repository = { owner: 'acme', repo: 'shop' };
const remote = 'https://github.com/acme/shop';
const branch = 'longhaul/1-mend-the-sum';
const seed = {
  github: {
    users: [{ login: 'acme', name: 'Acme', email: 'acme@example.org' }],
    repos: [{ owner: 'acme', name: 'shop', auto_init: true }],
    apps: [
      {
        app_id: 4711,
        slug: 'longhaul',
        name: 'Longhaul',
        permissions: { contents: 'write', pull_requests: 'write', metadata: 'read' },
        events: [],
        installations: [{ installation_id: 99, account: 'acme', repository_selection: 'all' }],
      },
    ],
  },
};

let github: Emulator;
let keyFile: string;
beforeAll(async () => {
  github = await createEmulator({ service: 'github', port: 0, seed });
  keyFile = path.join(await openFolder('longhaul-app-'), 'app.pem');
  const key = github.generatedSecrets.find(({ kind }) => kind === 'github.app_private_key');
  await writeFile(keyFile, key?.value ?? '');
  await chmod(keyFile, 0o600);
});
beforeEach(() => github.reset());
afterAll(() => github.close());

type Fetch = typeof fetch;

const octokitWith = async (through: Fetch = fetch): Promise<Octokit> => {
  const app = {
    appId: '4711',
    installationId: null,
    privateKeyFile: keyFile,
    checkRuns: false,
    apiUrl: github.url,
    webhookSecretVariable: null,
  };
  const permissions = { contents: 'write', pull_requests: 'write' } as const;
  const auth = await gitHubToken(app, { url: remote, env: {}, permissions });
  const { Octokit } = await octokitModules();
  return new Octokit({ ...octokitOptions(app), auth, request: { fetch: through } });
};

const contents = new Map<string, Buffer>();
const version = (file: string, text: string, mode: FileVersion['mode'] = '100644'): FileVersion => {
  const content = Buffer.from(text);
  const blob = createHash('sha256').update(content).digest('hex');
  contents.set(blob, content);
  return { path: file, mode, blob, bytes: content.length };
};
const added = (after: FileVersion): ChangeSet['files'][number] => ({
  status: 'added',
  before: null,
  after,
  binary: false,
  additions: 1,
  deletions: 0,
});
const changes = (...files: ChangeSet['files']): ChangeSet => {
  const at = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
  return { base: at, head: at, patch: 'c'.repeat(64), files };
};
const mended = changes(added(version('sum.js', 'a + b\n')), added(version('run.sh', 'echo\n', '100755')));

const headOf = async (octokit: Octokit, name: string): Promise<string> =>
  (await octokit.rest.git.getRef({ ...repository, ref: `heads/${name}` })).data.object.sha;

const body = 'What was done.';
/** One attempt at both effects of a round. */
const publish = async (
  octokit: Octokit,
  base: string,
  round = { key: '1 branch', onTop: null as string | null, body },
) => {
  const common = { remote, branch } as const;
  const made = await publishBranch(
    { kind: 'branch', ...common, base, onTop: round.onTop, patch: 'c'.repeat(64), message: 'Mend the sum' },
    {
      octokit,
      repository,
      trailer: `Longhaul-Run: run_test ${round.key}`,
      changes: mended,
      read: async (hash) => contents.get(hash)!,
    },
  );
  const opened = await publishPullRequest(
    {
      kind: 'pull request',
      ...common,
      into: 'main',
      title: 'Mend the sum',
      body: 'd'.repeat(64),
      draft: true,
      ciRepairs: 0,
    },
    { octokit, repository, body: round.body },
  );
  const said = await publishComment({
    octokit,
    appId: '4711',
    repository,
    number: Number(opened.reference),
    mark: `Longhaul-Run: run_test ${round.key} comment`,
    body: 'What was done.',
    since: new Date(0).toISOString(),
  });
  return { made, opened, said } satisfies Record<string, EffectResult>;
};

/** What is there now of what was to be there once. */
const there = async (octokit: Octokit) => {
  const { data: refs } = await octokit.rest.git.listMatchingRefs({ ...repository, ref: 'heads/' });
  const { data: pulls } = await octokit.rest.pulls.list({ ...repository, state: 'all' });
  const { data: log } = await octokit.rest.repos.listCommits({ ...repository, sha: branch });
  const comments = await Promise.all(
    pulls.map(({ number }) => octokit.rest.issues.listComments({ ...repository, issue_number: number })),
  );
  return {
    comments: comments.flatMap(({ data }) => data).length,
    branches: refs.map(({ ref }) => ref.replace('refs/heads/', '')).toSorted(),
    commits: log.filter(({ commit }) => commit.message.includes('Longhaul-Run: run_test')).length,
    pulls: pulls.map(({ head, base, title, draft, body: text }) => [head.ref, base.ref, title, draft, text]),
  };
};
const once = {
  comments: 1,
  branches: [branch, 'main'],
  commits: 1,
  pulls: [[branch, 'main', 'Mend the sum', true, body]],
};

class Killed extends Error {}

/** Ends whoever asks at that request, counted from 1. */
const endingAt = (
  request: number,
  when: 'before' | 'after',
): { readonly through: Fetch; readonly reached: () => boolean } => {
  let asked = 0;
  const through: Fetch = async (...given) => {
    asked += 1;
    if (asked > request) throw new Killed();
    if (asked === request && when === 'before') throw new Killed();
    const answer = await fetch(...given);
    if (asked === request) throw new Killed();
    return answer;
  };
  return { through, reached: () => asked >= request };
};

test('a result becomes a commit on a branch and a draft pull request, and the next round goes on with both', async () => {
  const octokit = await octokitWith();
  const base = await headOf(octokit, 'main');
  const { made, opened } = await publish(octokit, base);
  expect([made.adopted, opened.adopted]).toEqual([false, false]);
  expect(await there(octokit)).toEqual(once);
  const { data: tree } = await octokit.rest.git.getTree({ ...repository, tree_sha: branch, recursive: 'true' });
  expect(tree.tree.map(({ path: name, mode }) => [name, mode])).toEqual(
    expect.arrayContaining([
      ['README.md', '100644'],
      ['run.sh', '100755'],
      ['sum.js', '100644'],
    ]),
  );
  const next = { key: '2 branch', onTop: made.reference, body: 'And more.' };
  const second = await publish(octokit, base, next);
  expect(second.opened).toMatchObject({ reference: opened.reference, adopted: true });
  expect(await there(octokit)).toEqual({
    ...once,
    comments: 2,
    commits: 2,
    pulls: [[branch, 'main', 'Mend the sum', true, 'And more.']],
  });
});

test('whatever request an attempt is ended at, the next one leaves one branch, one commit, one pull request, one comment', async () => {
  const ended: string[] = [];
  for (let request = 1, more = true; more; request += 1) {
    for (const when of ['before', 'after'] as const) {
      github.reset();
      const octokit = await octokitWith();
      const base = await headOf(octokit, 'main');
      const { through, reached } = endingAt(request, when);
      const attempt = await publish(await octokitWith(through), base).catch(() => null);
      more = attempt === null;
      if (attempt === null) ended.push(`${request} ${when}`);
      expect(reached() || !more).toBe(true);
      await publish(octokit, base);
      expect([`${request} ${when}`, await there(octokit)]).toEqual([`${request} ${when}`, once]);
    }
  }
  // A branch of two files: a look, base, tree, two blobs, tree, commit, ref; a pull request and a comment: a look, and it.
  expect(ended.length).toBeGreaterThanOrEqual(24);
});

test('an attempt that does not look leaves two, so that the look is what the test above is about', async () => {
  const octokit = await octokitWith();
  const base = await headOf(octokit, 'main');
  const blind: Fetch = async (...given) => {
    const answer = await fetch(...given);
    const [url, init] = given;
    if ((init?.method ?? 'GET') !== 'GET' || !(url instanceof Request ? url.url : url.toString()).includes('/pulls'))
      return answer;
    return Response.json([]);
  };
  await publish(octokit, base);
  await publish(await octokitWith(blind), base);
  expect((await there(octokit)).pulls).toHaveLength(2);
});

test('what stands in the way is said with what to do about it, and nothing is tried again that cannot succeed', async () => {
  const octokit = await octokitWith();
  const base = await headOf(octokit, 'main');
  await octokit.rest.git.createRef({ ...repository, ref: `refs/heads/${branch}`, sha: base });
  await expect(publish(octokit, base)).rejects.toMatchObject({ message: `There is a branch ${branch} already.` });
  github.reset();
  await expect(publish(octokit, '1'.repeat(40))).rejects.toMatchObject({
    message: expect.stringContaining('is not on GitHub'),
    remedy: expect.stringContaining('Push the branch'),
  });
  const limited: Fetch = async () =>
    Response.json(
      { message: 'You have exceeded a secondary rate limit' },
      { status: 403, headers: { 'retry-after': '7' } },
    );
  await expect(publish(await octokitWith(limited), base)).rejects.toMatchObject({ again: true, afterMs: 7_000 });
});

test('the runner does both with what its settings say, and nothing where they do not say it', async () => {
  const octokit = await octokitWith();
  const base = await headOf(octokit, 'main');
  const text = version('', body).blob;
  const list = version('', JSON.stringify(mended)).blob;
  const app = {
    appId: '4711',
    installationId: null,
    privateKeyFile: keyFile,
    checkRuns: false,
    apiUrl: github.url,
    webhookSecretVariable: null,
  };
  const remotes = (publish: boolean) =>
    openRemotes(
      [{ match: `${remote}*`, username: 'x', passwordVariable: null, github: app, gitlab: null, publish }],
      {},
    );
  const run = {
    ...new MemoryLog(someTask({})).state,
    result: { head: mended.head, changes: list, patch: mended.patch, files: 2, additions: 2, deletions: 0 },
  } satisfies RunState;
  const given = { blobs: { read: async (hash: string) => contents.get(hash)! }, home: {} as Home }; // safe: of a local source alone
  const asked = (effect: Effect): Asked => ({
    run,
    effect: {
      key: `1 ${effect.kind}`,
      round: 1,
      effect,
      by: 'person:ada',
      requestedAt: run.createdAt,
      failures: 0,
      status: 'requested',
      retryAt: null,
      said: null,
    },
    signal: new AbortController().signal,
  });
  const toBranch = asked({
    kind: 'branch',
    remote,
    branch,
    base,
    onTop: null,
    patch: mended.patch,
    message: 'Mend the sum',
  });
  await expect(performing({ ...given, remotes: remotes(false) })(toBranch)).rejects.toMatchObject({
    message: `This runner publishes nothing to ${remote}.`,
  });
  const perform = performing({ ...given, remotes: remotes(true) });
  await perform(toBranch);
  await perform(
    asked({
      kind: 'pull request',
      remote,
      branch,
      into: 'main',
      title: 'Mend the sum',
      body: text,
      draft: true,
      ciRepairs: 0,
    }),
  );
  expect((await there(octokit)).pulls).toEqual(once.pulls);
  // By the app itself, whose tokens were for this repository and for no more than each effect needs.
  expect(await perform(toBranch)).toMatchObject({ adopted: true, url: `${remote}/tree/${branch}` });
});
