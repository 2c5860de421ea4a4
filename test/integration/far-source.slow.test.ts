import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted, together, type Asked } from '../fakes/openai/index.ts';
import { dirtyRepository, gitData, gitView, manifestOf, manifestScript, sortedLines } from '../harness/dirty-tree.ts';
import { startGitHttp, type GitHttp } from '../harness/git-http.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';
import { clientOf, follow } from './server-set-up.ts';

const bash = (command: string) => calls('bash', { command, timeoutSeconds: 60, network: null });
/** Looks at the tree and at all that a command can see of secrets, changes a little, and is done. */
const script = scripted([
  together(
    bash(manifestScript),
    bash('env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"; git config --list'),
  ),
  bash('echo changed >> area2/folder2/file2.txt; rm -f new/untracked.txt; echo made > made.txt'),
  ({ entries }: Asked) =>
    calls('finish', {
      summary: 'Seen.',
      claims: [{ text: 'All of it', calls: [entries.find(({ by }) => by === 'call')!.call!] }],
    }),
]);

const password = `pw-${randomBytes(12).toString('hex')}`;

describe('a runner elsewhere', () => {
  let rig: Rig;
  let git: GitHttp;
  let remotes: string;
  /** Of the person, who has a home and a repository of their own. */
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    remotes = await openFolder('longhaul-remotes-');
    git = await startGitHttp(remotes, { username: 'reader', password });
    rig = await Rig.start({
      script,
      env: { READ_TOKEN: password },
      config: { remotes: [{ match: `${git.url}/team/*`, username: 'reader', passwordVariable: 'READ_TOKEN' }] },
    });
    env = {
      // The runner's alone.
      READ_TOKEN: undefined,
      LONGHAUL_URL: rig.url,
      LONGHAUL_TOKEN: rig.token,
      LONGHAUL_HOME: path.join(await openFolder('longhaul-person-'), 'home'),
    };
  });
  afterAll(async () => {
    await rig[Symbol.asyncDispose]();
    await git[Symbol.asyncDispose]();
  });

  /** Delegates from the command line and waits for the result. */
  const delegated = async (cwd: string, ...args: string[]) => {
    const { code, stdout, stderr } = await rig.cli(['delegate', 'Look at it', '--json', ...args], { cwd, env });
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const { id } = (JSON.parse(stdout) as { run: { id: string } }).run; // safe: what its help says
    const state = await rig.settled(id, ({ status }) => status === 'reviewing' || status === 'failed');
    return { state, stderr, events: await rig.events(id) };
  };
  const outputs = async (run: string, events: readonly RunEvent[]): Promise<string[]> =>
    Promise.all(
      events.flatMap(({ body }) => {
        if (body.type !== 'call.finished') return [];
        if (body.outputBlob === null) return [Promise.resolve(body.output.replace(/^exit code 0\n/, ''))];
        const headers = { authorization: `Bearer ${rig.token}` };
        return [fetch(`${rig.url}/blobs/${body.outputBlob}?run=${run}`, { headers }).then((answer) => answer.text())];
      }),
    );
  const look = (repository: string) => ({
    data: gitData(repository),
    view: gitView(repository),
    tree: manifestOf(repository),
  });
  /** A bare repository that the git server has, with what `repository` has committed. */
  const publish = async (repository: string, name: string): Promise<string> => {
    await mkdir(path.join(remotes, path.dirname(name)), { recursive: true });
    await cp(path.join(repository, '.git'), path.join(remotes, name), { recursive: true });
    gitIn(path.join(remotes, name), 'config', 'core.bare', 'true');
    return `${git.url}/${name}`;
  };

  test('gets a dirty tree of every kind as an upload; the result is applied where it came from, and on record', async () => {
    const repository = await dirtyRepository(200);
    const before = look(repository);
    const { state, stderr, events } = await delegated(repository);
    expect(stderr).toMatch(/^Uploading all 2\d\d files, [\d.]+ kB: the repository has no remote\.$/m);
    expect(state.task).toMatchObject({
      repository: 'repository',
      source: { kind: 'bundle', needs: null, dirty: true, branch: 'main' },
    });
    const [seen = ''] = await outputs(state.id, events);
    expect(sortedLines(seen)).toEqual(before.tree);
    expect(look(repository)).toEqual(before);

    const apply = (...args: string[]) => rig.cli(['apply', String(state.number), ...args], { cwd: repository, env });
    expect(await apply('--branch', 'result')).toMatchObject({ code: 0 });
    expect(gitIn(repository, 'show', 'result:made.txt')).toBe('made\n');
    expect(gitIn(repository, 'show', 'result:area2/folder2/file2.txt')).toMatch(/modified\nchanged\n$/);
    expect(gitIn(repository, 'log', '--format=%s', 'result').split('\n')).toEqual([
      'Look at it',
      'Working tree as delegated',
      'Begin',
      '',
    ]);
    expect(await apply()).toMatchObject({ code: 0, stdout: expect.stringContaining('3 files went into') });
    expect(readFileSync(path.join(repository, 'made.txt'), 'utf8')).toBe('made\n');
    expect(await apply('--undo')).toMatchObject({ code: 0 });
    expect(manifestOf(repository)).toEqual(before.tree);
    const applied = (await rig.events(state.id)).flatMap(({ body }) =>
      body.type === 'changes.applied' ? [[body.how, body.target, body.files, body.conflicts]] : [],
    );
    expect(applied).toEqual([
      ['branch', 'result', 3, 0],
      ['worktree', repository, 3, 0],
      ['undo', repository, 3, 0],
    ]);
  });

  test('gets only what its remote does not have, and reads the rest there with a credential that shows nowhere', async () => {
    const repository = await dirtyRepository(200);
    await writeFile(path.join(repository, 'large.bin'), randomBytes(500_000));
    gitIn(repository, 'add', 'large.bin');
    gitIn(repository, 'commit', '--quiet', '--message=Large', '--', 'large.bin');
    const url = await publish(repository, 'team/project.git');
    gitIn(repository, 'remote', 'add', 'origin', url.replace('http://', 'http://ada:her-own-password@'));
    appendFileSync(path.join(repository, 'run.sh'), 'echo more\n');
    gitIn(repository, 'commit', '--quiet', '--message=Ahead', '--', 'run.sh');
    const before = look(repository);
    const head = gitIn(repository, 'rev-parse', 'HEAD~1').trim();
    const seen = new Set<string>();
    git.requests.length = 0;
    // While the server has not answered, whoever asked is there to be looked at.
    git.watch = async () => {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(rig.pid)))
        for (const file of ['cmdline', 'environ'])
          if (contentOf(`/proc/${pid}/${file}`).includes(password))
            seen.add(`${file} of ${contentOf(`/proc/${pid}/comm`).trim()}`);
    };
    const { state, stderr, events } = await delegated(repository);
    git.watch = null;
    expect(stderr).toMatch(
      new RegExp(`^Uploading what differs from ${head.slice(0, 12)} of ${url}, [\\d.]+ kB\\.$`, 'm'),
    );
    expect(state).toMatchObject({
      status: 'reviewing',
      task: { repository: url, source: { kind: 'bundle', needs: { url, commit: head }, dirty: true } },
    });
    const uploaded = /, ([\d.]+) (k?B)\.$/m.exec(stderr);
    // What the remote has comes to more than 500 kB.
    expect(Number(uploaded?.[1]) * (uploaded?.[2] === 'kB' ? 1000 : 1)).toBeLessThan(100_000);
    const [manifest = '', inside = ''] = await outputs(state.id, events);
    expect(sortedLines(manifest)).toEqual(before.tree);
    expect(git.requests.filter((request) => request.startsWith('POST')).length).toBeGreaterThanOrEqual(2);

    expect(inside).toContain('PATH=');
    for (const text of [inside, JSON.stringify(events), rig.output, stderr]) {
      expect(text).not.toContain(password);
      expect(text).not.toContain('her-own-password');
    }
    // Besides the runner those gits have it that connect, in their environment; no worker does, and no command line.
    expect([...seen].toSorted()).toEqual(['environ of git', 'environ of git-remote-http']);
    expect(filesWith(rig.home, password)).toEqual([]);
  });

  test('works on a remote and a ref that nobody here has a clone of, by what its default branch says', async () => {
    const repository = await repositoryWith({
      'a.txt': 'a\n',
      '.longhaul/config.yaml': 'verification:\n  - test -e made.txt\n',
    });
    gitIn(repository, 'checkout', '--quiet', '-b', 'feature/x');
    await writeFile(path.join(repository, '.longhaul/config.yaml'), 'verification:\n  - "true"\n');
    gitIn(repository, 'commit', '--quiet', '--all', '--message=Ask for less');
    const commit = gitIn(repository, 'rev-parse', 'HEAD').trim();
    gitIn(repository, 'checkout', '--quiet', 'main');
    const url = await publish(repository, 'team/other.git');
    const { state } = await delegated(rig.folder, '--remote', url, '--ref', 'feature/x');
    expect(state).toMatchObject({
      status: 'reviewing',
      task: {
        repository: url,
        verification: [{ command: 'test -e made.txt' }],
        source: { kind: 'remote', url, ref: 'feature/x', commit, head: commit, branch: 'feature/x', dirty: false },
      },
      verification: [{ exitCode: 0 }],
    });
    const plain = await delegated(rig.folder, '--remote', url);
    expect(plain.state.task.source).toMatchObject({ ref: 'main', branch: 'main' });

    const clone = path.join(await openFolder('longhaul-clone-'), 'clone');
    gitIn('/', 'clone', '--quiet', '--single-branch', `file://${remotes}/team/other.git`, clone);
    expect(await rig.cli(['apply', state.id, '--branch', 'made'], { cwd: clone, env })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not in this repository'),
    });
    gitIn(clone, 'fetch', '--quiet', 'origin', 'feature/x');
    expect(await rig.cli(['apply', state.id, '--branch', 'made'], { cwd: clone, env })).toMatchObject({ code: 0 });
    expect(gitIn(clone, 'show', 'made:made.txt')).toBe('made\n');
  });

  test.each([
    ['a remote that its operator did not name', ['others/project.git', 'main'], 'reads nothing from'],
    ['one that leads out of what was named', ['team/../others/project.git', 'main'], 'reads nothing from'],
    ['a repository that is not there', ['team/nothing.git', 'main'], 'cannot be read'],
    ['a ref that is not there', ['team/project.git', 'nothing'], 'has no branch or tag nothing'],
    ['a ref that git would take for an option', ['team/project.git', '--upload-pack=x'], 'name of a branch'],
    ['a transport that runs a program', ['ext::sh -c true', 'main'], 'expected a URL'],
    ['a credential in the URL', ['https://a:b@example.org/x.git', 'main'], 'expected a URL'],
  ] as const)('refuses %s', async (_, [name, ref], message) => {
    const url = name.includes(':') ? name : `${git.url}/${name}`;
    const { code, stderr } = await rig.cli(['delegate', 'x', '--remote', url, `--ref=${ref}`], { env });
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
  });
});

const contentOf = (file: string): string => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
};

const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .filter((file) => contentOf(file).includes(text));

describe('an upload', () => {
  let rig: Rig;
  const people = {
    viewer: 'viewer-token-of-test',
    developer: 'developer-token-of-test',
    stranger: 'stranger-token-of-test',
  };
  beforeAll(async () => {
    const hash = (token: string): string => createHash('sha256').update(token).digest('hex');
    rig = await Rig.start({
      script,
      config: {
        server: {
          maxUploadedBytes: 50_000,
          tokens: [
            { hash: hash(people.viewer), name: 'vera', tenant: 'team', role: 'viewer' },
            { hash: hash(people.developer), name: 'dev', tenant: 'team', role: 'developer' },
            { hash: hash(people.stranger), name: 'eve', tenant: 'others', role: 'developer' },
          ],
        },
      },
    });
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const put = (token: string, body: string | Buffer) =>
    fetch(`${rig.url}/blobs`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      body: new Uint8Array(Buffer.from(body)),
    });
  const commit = 'c'.repeat(40);
  const delegate = (token: string, blob: string, different: object = {}) =>
    fetch(`${rig.url}/trpc/runs.delegate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        goal: 'x',
        repository: 'project',
        source: {
          kind: 'bundle',
          blob,
          needs: null,
          exclude: '',
          commit,
          head: null,
          branch: null,
          dirty: true,
          settings: [],
          ...different,
        },
      }),
    }).then(async (answer) => ({ status: answer.status, text: await answer.text() }));
  const hashOf = async (answer: Response): Promise<string> => ((await answer.json()) as { hash: string }).hash; // safe: what the route answers

  test('is for developers, is the tenant’s own, and has to be what it is said to be', async () => {
    expect((await put(people.viewer, 'x')).status).toBe(403);
    const garbage = await hashOf(await put(people.developer, 'no bundle'));
    expect(await delegate(people.developer, garbage)).toMatchObject({
      status: 400,
      text: expect.stringContaining('It is no git bundle of a snapshot.'),
    });
    expect(await delegate(people.stranger, garbage)).toMatchObject({ status: 404 });
    const other = await hashOf(
      await put(people.developer, `# v2 git bundle\n${'d'.repeat(40)} refs/longhaul/base\n\nPACK`),
    );
    expect(await delegate(people.developer, other)).toMatchObject({
      status: 400,
      text: expect.stringContaining(`It holds ${'d'.repeat(40)} and not ${commit}.`),
    });
    const relies = await hashOf(
      await put(people.developer, `# v2 git bundle\n-${'e'.repeat(40)} \n${commit} refs/longhaul/base\n\nPACK`),
    );
    expect(await delegate(people.developer, relies)).toMatchObject({
      status: 400,
      text: expect.stringContaining(`It relies on ${'e'.repeat(40)}`),
    });
    expect((await rig.api.runs.list.query({})).runs).toEqual([]);
  });

  test('whose pack is broken fails its run, with what is wrong and what to do', async () => {
    const blob = await hashOf(
      await put(people.developer, `# v2 git bundle\n${commit} refs/longhaul/base\n\nPACK and nothing`),
    );
    const answer = await delegate(people.developer, blob);
    expect(answer.status).toBe(200);
    const { id } = (JSON.parse(answer.text) as { result: { data: RunState } }).result.data; // safe: what the procedure answers
    const client = clientOf(rig.url, people.developer);
    using feed = follow(client, { run: id, after: 0 });
    await feed.saw('run.failed');
    expect(await client.runs.get.query({ run: id })).toMatchObject({
      status: 'failed',
      class: 'infrastructure',
      message: expect.stringMatching(
        /^The uploaded snapshot cannot be used\. Its pack cannot be used: .+ delegate again\.$/,
      ),
    });
  });

  test('that nobody delegates on counts against a limit', async () => {
    const content = randomBytes(60_000);
    expect((await put(people.stranger, content)).status).toBe(201);
    const refused = await put(people.stranger, 'one more');
    expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining('server.maxUploadedBytes')]);
    expect((await put(people.developer, 'another tenant')).status).toBe(201);
  });
});
