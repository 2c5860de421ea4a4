import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ListedTrigger } from '../../shared/api/triggers.ts';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { startGitHttp, type GitHttp } from '../harness/git-http.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';
import { tokenHash } from './server-set-up.ts';

const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });
const password = `pw-${randomBytes(12).toString('hex')}`;
const yearly = 'schedule: "30 2 1 1 *"\ntimeZone: Europe/Berlin\nmissed: skip\ngoal: Say what is there.\n';

let rig: Rig;
let git: GitHttp;
let remotes: string;
let repository: string;

beforeAll(async () => {
  remotes = await openFolder('longhaul-remotes-');
  git = await startGitHttp(remotes, { username: 'reader', password });
  const person = (name: string, role: string) => ({ hash: tokenHash(`token-of-${name}`), name, tenant: 'local', role });
  rig = await Rig.start({
    script: scripted([
      bash('cat what.txt > said.txt'),
      ({ entries }: Asked) =>
        calls('finish', {
          summary: 'Said.',
          claims: [{ text: 'Said', calls: [entries.find(({ by }) => by === 'call')?.call ?? ''] }],
        }),
    ]),
    env: { READ_TOKEN: password },
    config: {
      remotes: [{ match: `${git.url}/team/*`, username: 'reader', passwordVariable: 'READ_TOKEN' }],
      server: { tokens: [person('dev', 'developer'), person('lead', 'approver'), person('guest', 'viewer')] },
    },
  });
  repository = await repositoryWith({
    'what.txt': 'committed\n',
    '.longhaul/triggers/yearly.yaml': yearly,
    '.longhaul/triggers/costly.yaml': `${yearly}usdPerDay: 5\n`,
    '.longhaul/triggers/broken.yaml': 'schedule: now\ngoal: Look.\n',
    '.longhaul/triggers/unknown.yaml': 'schedule: "@daily"\nrecipe: unheard-of\n',
  });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await git[Symbol.asyncDispose]();
});

const listed = async (...args: string[]): Promise<readonly ListedTrigger[]> => {
  const { stdout } = await rig.cli(['triggers', ...args, '--json'], { cwd: repository });
  return (JSON.parse(stdout) as { triggers: ListedTrigger[] }).triggers; // safe: what its help says
};

test('a trigger begins nothing before somebody enables it, and then what the default branch says', async () => {
  // Neither what is not committed nor another branch has a say.
  gitIn(repository, 'checkout', '--quiet', '-b', 'topic');
  await writeFile(path.join(repository, '.longhaul/triggers/yearly.yaml'), yearly.replace('what is there', 'nothing'));
  await writeFile(path.join(repository, 'what.txt'), 'not committed\n');
  const inside = path.join(repository, '.longhaul');
  const shown = await rig.cli(['triggers'], { cwd: inside });
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.stdout).toMatch(
    /yearly +off +nobody +never\n +30 2 1 1 \* \(Europe\/Berlin\); "Say what is there\."; missed: skip/,
  );
  expect(shown.stdout).toContain('.longhaul/triggers/broken.yaml of refs/heads/main cannot be used: schedule: "now"');
  const enabled = await rig.cli(['triggers', 'enable', 'yearly'], { cwd: inside });
  expect(enabled.stdout).toMatch(/^yearly begins runs from now on, the next at \d{4}-01-01 01:30 UTC\./);
  const [yearlyOne] = await listed('--all');
  expect(yearlyOne).toMatchObject({ repository, name: 'yearly', trigger: { goal: 'Say what is there.' }, last: null });
  expect(yearlyOne?.nextAt).toMatch(/^\d{4}-01-01T01:30:00\.000Z$/);

  const fired = await rig.cli(['triggers', 'fire', 'yearly'], { cwd: inside });
  expect(fired.stdout).toBe('Run 1 was begun. Follow it with: longhaul watch 1\n');
  const [run] = (await rig.api.runs.list.query({})).runs;
  const done = await rig.settled(run?.id ?? '', ({ status }) => status === 'reviewing');
  expect(done.task).toMatchObject({
    goal: 'Say what is there.',
    source: { dirty: false },
    notes: [expect.stringMatching(/^Begun by the trigger yearly, which \w+ fired\.$/)],
  });
  expect((await rig.cli(['tree', '1', 'said.txt'])).stdout).toBe('committed\n');
  expect((await listed()).map(({ name }) => name)).toEqual(['broken', 'costly', 'unknown', 'yearly']);
  const [once] = await listed('--all');
  expect(once?.last).toMatchObject({ run: done.id, number: 1, status: 'reviewing', at: done.createdAt, dueAt: null });
  expect(once?.last?.failedChecks).toBe(0);
  expect(once).toMatchObject({ standing: 'on', spent: { runs: 1 } });

  const disabled = await rig.cli(['triggers', 'disable', 'yearly'], { cwd: inside });
  expect(disabled.stdout).toBe('yearly begins no runs any more. What it began goes on.\n');
  expect((await listed('--all'))[0]).toMatchObject({ standing: 'paused', enabledBy: null, nextAt: null });
});

test('what was shown is enabled, and nothing that was committed since', async () => {
  const elsewhere = await repositoryWith({ '.longhaul/triggers/yearly.yaml': yearly });
  const where = { repository: elsewhere, name: 'yearly' };
  const { trigger } = await rig.api.triggers.show.query(where);
  const seen = trigger.hash ?? '';
  const other = seen.startsWith('a') ? seen.replace('a', 'b') : `a${seen.slice(1)}`;
  await expect(rig.api.triggers.enable.mutate({ ...where, seen: other })).rejects.toThrow('something else by now');
  expect((await rig.api.triggers.show.query(where)).trigger.enabledBy).toBeNull();
  expect(await rig.api.triggers.enable.mutate({ ...where, seen })).toMatchObject({ standing: 'on', hash: seen });
  await rig.api.triggers.disable.mutate(where);
});

test('what is fired by hand and was never enabled is on record, with what it has spent', async () => {
  const elsewhere = await repositoryWith({ '.longhaul/triggers/once.yaml': yearly, 'what.txt': 'x\n' });
  const where = { repository: elsewhere, name: 'once' };
  const run = await rig.api.triggers.fire.mutate({ ...where, key: 'by hand' });
  const { trigger, firings } = await rig.api.triggers.show.query(where);
  expect(trigger).toMatchObject({ standing: 'off', last: { run: run.id }, spent: { runs: 1 } });
  expect(firings).toMatchObject([{ run: { run: run.id }, said: null }]);
  await rig.api.runs.cancel.mutate({ run: run.id }).catch(() => undefined);
});

test('what is enabled is so for a runner that was killed, and one key fires once', async () => {
  const where = { repository, name: 'yearly' };
  await rig.api.triggers.enable.mutate(where);
  const before = (await rig.api.triggers.list.query({ repository })).find(({ name }) => name === 'yearly');
  const first = await rig.api.triggers.fire.mutate({ ...where, key: 'once' });
  await rig.kill();
  await rig.start();
  expect((await rig.api.triggers.fire.mutate({ ...where, key: 'once' })).id).toBe(first.id);
  const after = (await rig.api.triggers.list.query({ repository })).find(({ name }) => name === 'yearly');
  expect(after).toMatchObject({ enabledBy: before?.enabledBy, nextAt: before?.nextAt, last: { run: first.id } });
});

test('a trigger of a remote is read from its default branch, and its run fetches that', async () => {
  const bare = path.join(remotes, 'team', 'shop.git');
  await mkdir(path.dirname(bare), { recursive: true });
  execFileSync('git', ['clone', '--quiet', '--bare', '--branch', 'main', repository, bare]);
  const url = `${git.url}/team/shop.git`;
  const enabled = await rig.cli(['triggers', 'enable', 'yearly', '--repo', url]);
  expect(enabled).toMatchObject({ code: 0 });
  const fired = await rig.cli(['triggers', 'fire', 'yearly', '--repo', url, '--json']);
  const { id } = (JSON.parse(fired.stdout) as { run: { id: string } }).run; // safe: what its help says
  const done = await rig.settled(id, ({ status }) => status === 'reviewing');
  expect(done.task).toMatchObject({ repository: url, source: { kind: 'remote', url } });
  expect(await rig.cli(['triggers', 'disable', 'yearly', '--repo', url])).toMatchObject({ code: 0 });
  const again = await rig.cli(['triggers', 'fire', 'yearly', '--repo', url]);
  expect(again.stdout).toMatch(/^Run \d+ was begun\./);
  expect(again.stdout).toContain(
    `\nyearly stays paused: it begins none by itself. To have it do so: longhaul triggers enable yearly --repo ${url}\n`,
  );
});

test('a check says of each file here whether it can be used, and when it would be due', async () => {
  const folder = await repositoryWith({ 'a.txt': 'a' });
  expect((await rig.cli(['triggers', 'check'], { cwd: folder })).stdout).toContain('There is no .yaml file in');
  await mkdir(path.join(folder, '.longhaul', 'triggers'), { recursive: true });
  await writeFile(path.join(folder, '.longhaul/triggers/good.yaml'), yearly);
  const good = await rig.cli(['triggers', 'check'], { cwd: folder });
  expect(good).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^good: 30 2 1 1 \*[^\n]*\n {2}next: (\S+ \S+ UTC, ){2}/),
  });
  await writeFile(path.join(folder, '.longhaul/triggers/good.yaml'), `${yearly}usdPerDay: 5\n`);
  expect((await rig.cli(['triggers', 'check'], { cwd: folder })).stdout).toContain(
    'paused at $5 a day; which counts only with a model of known price: else it cannot be enabled',
  );
  for (const [text, fault] of [
    ['schedule: "0 3 * * *"\n', 'goal: expected a goal, or a recipe'],
    ['schedule: "0 3 * * *"\ngoal: x\ntimeZone: Mars/Base\n', 'expected the name of a time zone'],
    ['schedule: "0 3 * * *"\ngoal: x\nevery: day\n', 'every'],
    ['schedule: [', 'Flow sequence'],
  ]) {
    await writeFile(path.join(folder, '.longhaul/triggers/bad.yaml'), text ?? '');
    const bad = await rig.cli(['triggers', 'check'], { cwd: folder });
    expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining(fault ?? '') });
  }
});

test('who may not, what there is not, and what cannot be used are said with what to do', async () => {
  const as = (name: string, ...args: string[]) =>
    rig.cli(['triggers', ...args], { env: { LONGHAUL_URL: rig.url, LONGHAUL_TOKEN: `token-of-${name}` } });
  const url = `${git.url}/team/shop.git`;
  expect(await as('guest', 'fire', 'yearly', '--repo', url)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('developer'),
  });
  expect(await as('dev', 'enable', 'yearly', '--repo', url)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('approver'),
  });
  expect(await as('lead', 'enable', 'yearly', '--repo', url)).toMatchObject({ code: 0 });
  expect(await as('lead', 'enable', 'yearly')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--repo https://'),
  });
  expect(await as('lead', 'list', '--all')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('What it says is shown on the runner’s own machine alone.'),
  });
  const here = (...args: string[]) => rig.cli(['triggers', ...args], { cwd: repository });
  expect((await here('enable', 'nothing')).stderr).toMatch(
    /has no \.longhaul\/triggers\/nothing\.yaml\.[^]*There are: broken, costly, unknown, yearly\./,
  );
  expect((await here('enable', 'broken')).stderr).toContain('longhaul triggers check');
  expect((await here('enable', 'costly')).stderr).toMatch(
    /Its file says "usdPerDay: 5", and the price of scripted at this endpoint is not known: .* cannot be counted\.[^]*model\.pricesOf/,
  );
  const costly = (await listed()).find(({ name }) => name === 'costly');
  expect([costly?.standing, costly?.problem]).toEqual(['off', expect.stringContaining('"usdPerDay: 5"')]);
  expect((await here('enable', 'unknown')).stderr).toContain('There is no recipe "unheard-of". There are: add-tests');
  expect((await here('disable', 'nothing')).stderr).toContain('Nobody enabled a trigger nothing');
  expect(await here('enable')).toMatchObject({ code: 2, stderr: expect.stringContaining('No trigger is named.') });
  expect(await here('check', 'yearly')).toMatchObject({ code: 2 });
  expect(await here('fire', 'yearly', '--all')).toMatchObject({ code: 2 });
  expect(await rig.cli(['triggers', 'list'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is not in a git repository'),
  });
});

test('a repository that is gone, or has no known default branch, is said to be so, and what it began can be ended', async () => {
  const moving = await repositoryWith({
    '.longhaul/triggers/yearly.yaml': yearly,
    '.longhaul/triggers/other.yml': yearly,
  });
  const at = (...args: string[]) => rig.cli(['triggers', ...args, '--repo', moving]);
  expect((await at('list')).stdout).toContain('It is not read: call it other.yaml.');
  expect(await at('enable', 'yearly')).toMatchObject({ code: 0 });
  gitIn(moving, 'branch', '--move', 'main', 'trunk');
  gitIn(moving, 'branch', 'topic');
  expect((await at('fire', 'yearly')).stderr).toContain('its default branch is not known');
  await rename(moving, `${moving}-elsewhere`);
  expect((await at('list')).stderr).toContain('There is no folder');
  const [gone] = (await listed('--all')).filter((trigger) => trigger.repository === moving);
  expect(gone).toMatchObject({ name: 'yearly', problem: expect.stringContaining('There is no folder') });
  expect(await at('disable', 'yearly')).toMatchObject({ code: 0 });
  const [after] = (await listed('--all')).filter((trigger) => trigger.repository === moving);
  expect(after).toMatchObject({ enabledBy: null });
});

test('what its settings open has to be agreed to before a trigger is enabled, and how is said', async () => {
  const opening = await repositoryWith({
    '.longhaul/triggers/yearly.yaml': yearly,
    '.longhaul/config.yaml': 'egress: [a.example.org]\n',
  });
  const refused = await rig.cli(['triggers', 'enable', 'yearly', '--repo', opening]);
  expect(refused.stderr).toMatch(/a\.example\.org[^]*longhaul delegate … --trust [0-9a-f]{64}\. Then enable it\./);
});

test('what is published by itself is agreed to when a trigger is enabled; what its file says more later is not, and the list says so', async () => {
  const publishing = await repositoryWith({ '.longhaul/triggers/yearly.yaml': `${yearly}publish: draft\n` });
  const at = (...args: string[]) => rig.cli(['triggers', ...args, '--repo', publishing]);
  expect((await at('enable', 'yearly')).stdout).toContain(
    'You agreed that their results are published by themselves as a draft pull request.',
  );
  const [agreed] = await listed('list', '--repo', publishing);
  expect(agreed?.problem).toBe(null);
  await writeFile(path.join(publishing, '.longhaul/triggers/yearly.yaml'), `${yearly}publish: ready\n`);
  gitIn(publishing, 'commit', '--quiet', '--all', '--message', 'More');
  const [more] = await listed('list', '--repo', publishing);
  expect(more?.problem).toContain('its file says "publish: ready", which it did not when');
});

test('what was begun for something is that run, whatever the file says by now', async () => {
  const changing = await repositoryWith({ '.longhaul/triggers/yearly.yaml': yearly });
  const fire = () => rig.api.triggers.fire.mutate({ repository: changing, name: 'yearly', key: 'once' });
  const { id } = await fire();
  await writeFile(path.join(changing, '.longhaul/triggers/yearly.yaml'), yearly.replace('what is there', 'otherwise'));
  gitIn(changing, 'commit', '--quiet', '--all', '--message', 'Otherwise');
  expect((await fire()).id).toBe(id);
});
