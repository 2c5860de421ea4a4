import { execFileSync } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AddedRepository, ListedRepository } from '../../shared/api/repositories.ts';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { startGitHttp, type GitHttp } from '../harness/git-http.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';
import { tokenHash } from './server-set-up.ts';

const yearly = 'schedule: "30 2 1 1 *"\ngoal: Look.\n';
const password = 'pw-of-the-reader';

let rig: Rig;
let git: GitHttp;
let remotes: string;

beforeAll(async () => {
  remotes = await openFolder('longhaul-remotes-');
  git = await startGitHttp(remotes, { username: 'reader', password });
  const person = (name: string, role: string, tenant = 'local') => ({
    hash: tokenHash(`token-of-${name}`),
    name,
    tenant,
    role,
  });
  const people = [
    person('dev', 'developer'),
    person('lead', 'approver'),
    person('guest', 'viewer'),
    person('eve', 'approver', 'other'),
  ];
  const reader = { username: 'reader', passwordVariable: 'READ_TOKEN' };
  rig = await Rig.start({
    script: scripted([
      calls('bash', { command: 'echo x > x.txt', timeoutSeconds: null, network: null }),
      ({ entries }: Asked) =>
        calls('finish', {
          summary: 'Done.',
          claims: [{ text: 'Done', calls: [entries.find(({ by }) => by === 'call')?.call ?? ''] }],
        }),
    ]),
    env: { READ_TOKEN: password, HOOK: 'a secret of sixteen and more' },
    config: {
      remotes: [
        { match: `${git.url}/team/*`, ...reader, publish: 'ask' },
        { match: `${git.url}/wrong/*`, username: 'nobody', passwordVariable: 'READ_TOKEN' },
      ],
      server: { tokens: people },
    },
  });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await git[Symbol.asyncDispose]();
});

/** A remote with these files on its default branch. */
const remoteWith = async (name: string, files: Readonly<Record<string, string>>): Promise<string> => {
  const bare = path.join(remotes, name);
  await mkdir(path.dirname(bare), { recursive: true });
  execFileSync('git', ['clone', '--quiet', '--bare', await repositoryWith(files), bare]);
  return `${git.url}/${name}`;
};
const listed = async (...args: string[]): Promise<readonly ListedRepository[]> => {
  const { stdout } = await rig.cli(['repositories', ...args, '--json']);
  return (JSON.parse(stdout) as { repositories: ListedRepository[] }).repositories; // safe: what its help says
};
const one = async (repository: string, ...args: string[]): Promise<ListedRepository | undefined> =>
  (await listed(...args)).find((each) => each.repository === repository);
const as = (name: string, ...args: string[]) =>
  rig.cli(['repositories', ...args], { env: { LONGHAUL_URL: rig.url, LONGHAUL_TOKEN: `token-of-${name}` } });

test('where there is none it is said how to add one, and nothing of one that cannot be read is kept', async () => {
  expect((await rig.cli(['repositories'])).stdout).toContain('longhaul repositories add https://');
  const wrong = await remoteWith('wrong/shop.git', { 'a.txt': 'a' });
  for (const [address, why] of [
    ['https://git.example.invalid/x.git', /reads nothing from [^]*remotes: \[/],
    [wrong, /The remote cannot be read[^]*Authentication failed/],
    [`${git.url}/team/nothing.git`, /The remote cannot be read/],
    ['https://ada:secret-of-ada@git.example.invalid/x.git', /without a user or a password/],
    ['git@github.com:acme/shop.git', /no address of SSH/],
    ['/nowhere', /There is no folder \/nowhere/],
  ] as const) {
    const said = await rig.cli(['repositories', 'add', address]);
    expect(said.code).not.toBe(0);
    expect(said.stderr).toMatch(why);
    expect(said.stderr).not.toContain('secret-of-ada');
  }
  expect(await listed()).toEqual([]);
});

test('what is added is read at once, and each fault is told with what to do; nothing of it begins by itself', async () => {
  const url = await remoteWith('team/shop.git', {
    '.longhaul/config.yaml': 'verification: 3\n',
    '.longhaul/recipes/good.md': '---\ntitle: Good\ndescription: Good.\n---\nDo {{goal}}\n',
    '.longhaul/recipes/bad.md': 'no front matter\n',
    '.longhaul/triggers/yearly.yaml': yearly,
    '.longhaul/triggers/bugs.yaml': 'on: { github: issue-opened }\ngoal: Look.\n',
    '.longhaul/triggers/broken.yaml': 'schedule: now\ngoal: Look.\n',
  });
  const said = await rig.cli(['repositories', 'add', url]);
  expect(said).toMatchObject({ code: 0, stderr: '' });
  expect(said.stdout).toMatch(/was added\.\n +Default branch +main\n/);
  expect(said.stdout).toContain('bad (cannot be used), good');
  expect(said.stdout).toContain(`yearly is off: longhaul triggers enable yearly --repo ${url}`);
  expect(said.stdout).toContain('publish: ask');
  expect(said.stdout).not.toContain('triggers enable broken');
  expect(said.stdout).toMatch(/4 things are wrong there:\n/);
  expect(said.stdout).toMatch(
    /config\.yaml of refs\/heads\/main cannot be used: [^\n]*verification[^\n]*Correct it there/,
  );
  expect(said.stdout).toMatch(
    /The trigger bugs cannot be enabled\. This runner hears of nothing [^\n]*webhookSecretVariable/,
  );
  const [found] = await listed();
  expect(found).toMatchObject({
    repository: url,
    look: {
      outcome: 'read',
      branch: 'main',
      config: 'wrong',
      recipes: [
        { name: 'bad', usable: false },
        { name: 'good', usable: true },
      ],
      triggers: [
        { name: 'broken', usable: false },
        { name: 'bugs', usable: false },
        { name: 'yearly', usable: true },
      ],
    },
    triggers: { on: 0, paused: 0, stopped: 0 },
    runs: { open: 0, lately: 0 },
    publish: 'ask',
    hears: false,
  });
  expect(found?.faults).toHaveLength(4);
  // Its triggers are listed with those of all.
  expect((await rig.cli(['triggers', '--all'])).stdout).toMatch(/yearly +off/);
  const other = (await as('lead', 'add', url.replace(/\.git$/, ''), '--json')).stdout;
  // safe: what its help says
  const again = JSON.parse(other) as AddedRepository;
  expect(again).toMatchObject({ isNew: false, repository: { repository: url, added: found?.added } });
  expect(await listed()).toHaveLength(1);
});

test('a list asks the store alone; a check reads each anew, and says what is wrong by now', async () => {
  const url = await remoteWith('team/moving.git', { 'a.txt': 'a' });
  expect(await rig.cli(['repositories', 'add', url])).toMatchObject({ code: 0 });
  await rename(path.join(remotes, 'team/moving.git'), path.join(remotes, 'team/moved.git'));
  const before = git.requests.length;
  expect(await one(url)).toMatchObject({ look: { outcome: 'read' }, faults: [] });
  expect(git.requests).toHaveLength(before);
  const checked = await as('guest', 'list', '--check');
  expect(checked.code).toBe(1);
  expect(checked.stdout).toMatch(/moving\.git +\S+ +unreadable [^]*The remote cannot be read[^\n]*Check its address/);
  expect(await one(url)).toMatchObject({ look: { outcome: 'unreadable' }, faults: [{}] });
  await rename(path.join(remotes, 'team/moved.git'), path.join(remotes, 'team/moving.git'));
  expect(await one(url, '--check')).toMatchObject({ look: { outcome: 'read' }, faults: [] });
});

test('one that has enabled triggers or runs is listed without being added; removed, its triggers begin nothing, and its runs stay', async () => {
  const url = await remoteWith('team/used.git', { '.longhaul/triggers/yearly.yaml': yearly });
  const plain = url.replace(/\.git$/, '');
  for (const repository of [url, plain]) await rig.api.triggers.enable.mutate({ repository, name: 'yearly' });
  const run = await rig.api.triggers.fire.mutate({ repository: url, name: 'yearly', key: 'x' });
  await rig.settled(run.id, ({ status }) => status === 'reviewing');
  const used = (await listed()).find(({ triggers }) => triggers.on > 0);
  expect(used).toMatchObject({ added: null, look: null, triggers: { on: 2 }, runs: { open: 1, lately: 1 } });
  expect(await as('lead', 'add', url)).toMatchObject({ code: 0 });
  const removed = await as('lead', 'remove', plain);
  expect(removed.stdout).toMatch(
    /used\.git was removed\. 2 triggers were disabled: yearly, yearly\. 1 run of it is not over and goes on/,
  );
  expect((await one(url)) ?? (await one(plain))).toMatchObject({
    added: null,
    triggers: { on: 0, paused: 2 },
    runs: { open: 1 },
  });
  expect((await rig.api.runs.get.query({ run: run.id })).status).toBe('reviewing');
  expect((await as('lead', 'remove', url)).stderr).toContain('Nobody added');
  // Added again, nothing of it is on.
  expect((await as('lead', 'add', url)).stdout).toContain(`yearly is paused: longhaul triggers enable yearly --repo`);
  expect(await one(url)).toMatchObject({ added: { by: 'lead' }, triggers: { on: 0 } });
});

test('a folder is its owner’s, and what it says stays on the machine; it can be removed when it is gone', async () => {
  const folder = await repositoryWith({ '.longhaul/triggers/yearly.yaml': yearly });
  await mkdir(path.join(folder, 'src'));
  expect((await rig.cli(['repositories', 'add', 'src'], { cwd: folder })).stdout).toContain(`${folder} was added.`);
  expect(await one(folder)).toMatchObject({ publish: null, look: { outcome: 'read', branch: 'main' } });
  const { stdout } = await as('dev', 'list', '--json');
  const seen = (JSON.parse(stdout) as { repositories: ListedRepository[] }).repositories; // safe: what its help says
  expect(seen.find(({ repository }) => repository === folder)).toMatchObject({ look: null, faults: [] });
  expect((await as('lead', 'add', '.')).stderr).toContain('does not see a folder here');
  gitIn(folder, 'branch', '--move', 'main', 'trunk');
  gitIn(folder, 'branch', 'topic');
  expect((await one(folder, '--check'))?.faults).toMatchObject([{ message: expect.stringContaining('not known') }]);
  await rename(folder, `${folder}-elsewhere`);
  expect((await rig.cli(['repositories', 'remove', folder])).stdout).toContain('was removed');
  expect(await one(folder)).toBeUndefined();
});

test('everybody of the tenant may see them, and who may enable triggers may add and remove; another tenant has its own', async () => {
  const url = await remoteWith('team/whose.git', { 'a.txt': 'a' });
  for (const name of ['guest', 'dev'])
    for (const action of ['add', 'remove'])
      expect(await as(name, action, url)).toMatchObject({ code: 1, stderr: expect.stringContaining('approver') });
  expect(await as('lead', 'add', url)).toMatchObject({ code: 0 });
  expect((await as('guest')).stdout).toMatch(/whose\.git +lead +main/);
  expect((await as('eve')).stdout).toContain('works on no repository yet');
  expect((await as('eve', 'remove', url)).stderr).toContain('Nobody added');
  expect(await as('lead', 'remove', url, '--check')).toMatchObject({ code: 2 });
  expect(await as('lead', 'remove')).toMatchObject({ code: 2 });
  expect(await as('lead', 'list', url)).toMatchObject({ code: 2 });
});

test('one without a commit is on record, with what it lacks', async () => {
  execFileSync('git', ['init', '--quiet', '--bare', path.join(remotes, 'team/empty.git')]);
  const said = await rig.cli(['repositories', 'add', `${git.url}/team/empty.git`]);
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining('has no commit on a default branch') });
});

test('settings without a fault are said to be there', async () => {
  const folder = await repositoryWith({ 'a.txt': 'a' });
  await mkdir(path.join(folder, '.longhaul'));
  await writeFile(path.join(folder, '.longhaul/config.yaml'), 'verification: [npm test]\n');
  gitIn(folder, 'add', '.');
  gitIn(folder, 'commit', '--quiet', '--message', 'Settings');
  expect((await rig.cli(['repositories', 'add', folder])).stdout).toMatch(/Settings +\.longhaul\/config\.yaml\n/);
});
