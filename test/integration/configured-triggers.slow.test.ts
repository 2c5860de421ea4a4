import { execFileSync } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ListedTrigger } from '../../shared/api/triggers.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import { startGitHttp, type GitHttp } from '../harness/git-http.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';
import { tokenHash } from './server-set-up.ts';

const password = 'pw-of-the-reader';
const own = 'schedule: "30 2 1 1 *"\ngoal: What the repository says.\n';

let rig: Rig;
let git: GitHttp;
let remotes: string;
let config: object;
let url: string;

beforeAll(async () => {
  remotes = await openFolder('longhaul-remotes-');
  git = await startGitHttp(remotes, { username: 'reader', password });
  url = `${git.url}/team/shop.git`;
  const person = (name: string, tenant: string) => ({
    hash: tokenHash(`token-of-${name}`),
    name,
    tenant,
    role: 'approver',
  });
  const yearly = { repository: url, name: 'yearly', schedule: '30 2 1 1 *', goal: 'What the operator says.' };
  config = {
    remotes: [{ match: `${git.url}/team/*`, username: 'reader', passwordVariable: 'READ_TOKEN' }],
    server: { tokens: [person('lead', 'local'), person('eve', 'other')] },
    tenants: { local: { triggers: [yearly] } },
  };
  rig = await Rig.start({
    script: scripted([calls('finish', { summary: 'Nothing to do.', claims: [] })]),
    env: { READ_TOKEN: password },
    config,
  });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await git[Symbol.asyncDispose]();
});

const listed = async (...args: string[]): Promise<readonly ListedTrigger[]> => {
  const { stdout } = await rig.cli(['triggers', ...args, '--json']);
  return (JSON.parse(stdout) as { triggers: ListedTrigger[] }).triggers; // safe: what its help says
};
const configured = { name: 'yearly', origin: 'runner', trigger: { goal: 'What the operator says.' } };

test('one whose repository cannot be read is listed with that, and begins nothing', async () => {
  for (const args of [['--all'], ['list', '--repo', url]])
    expect(await listed(...args)).toMatchObject([
      { ...configured, standing: 'off', hash: null, problem: expect.stringContaining('The remote cannot be read') },
    ]);
  expect(await rig.cli(['triggers', 'enable', 'yearly', '--repo', url])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('The remote cannot be read'),
  });
});

test('it begins what the operator wrote once somebody enables it, and the repository’s own of that name is refused', async () => {
  const bare = path.join(remotes, 'team', 'shop.git');
  await mkdir(path.dirname(bare), { recursive: true });
  execFileSync('git', [
    'clone',
    '--quiet',
    '--bare',
    await repositoryWith({ '.longhaul/triggers/yearly.yaml': own, '.longhaul/triggers/other.yaml': own }),
    bare,
  ]);
  const shown = await rig.cli(['triggers', '--repo', url]);
  expect(shown.stdout).toMatch(/yearly +off[^]*What the operator says[^]*by the runner’s configuration/);
  expect(await listed('list', '--repo', url)).toMatchObject([
    { name: 'other', origin: 'repository', problem: null },
    { ...configured, standing: 'off', problem: null },
    { name: 'yearly', origin: 'repository', trigger: null, problem: expect.stringContaining('is not used') },
  ]);
  expect(await rig.cli(['triggers', 'enable', 'yearly', '--repo', url])).toMatchObject({ code: 0 });
  expect((await listed('--all'))[0]).toMatchObject({ ...configured, standing: 'on', problem: null });
  const run = await rig.api.triggers.fire.mutate({ repository: url, name: 'yearly', key: 'x' });
  expect(run.task).toMatchObject({ goal: 'What the operator says.', source: { kind: 'remote', url } });
  const { trigger } = await rig.api.triggers.show.query({ repository: url, name: 'yearly' });
  expect(trigger).toMatchObject({ ...configured, last: { run: run.id } });
  expect((await rig.cli(['repositories', 'add', url])).stdout).toContain('is not used: the runner');
});

test('another tenant has none of it', async () => {
  const as = { env: { LONGHAUL_URL: rig.url, LONGHAUL_TOKEN: 'token-of-eve' } };
  expect((await rig.cli(['triggers', '--all', '--json'], as)).stdout).toBe('{"triggers":[]}\n');
  const { stdout } = await rig.cli(['triggers', '--repo', url, '--json'], as);
  expect(JSON.parse(stdout)).toMatchObject({ triggers: [{ name: 'other' }, { name: 'yearly', origin: 'repository' }] });
});

test('a check says what the configuration here has for a clone, and that its own file would not be used', async () => {
  const clone = await repositoryWith({ '.longhaul/triggers/yearly.yaml': own });
  gitIn(clone, 'remote', 'add', 'origin', url.replace(/\.git$/, ''));
  const checked = await rig.cli(['triggers', 'check'], { cwd: clone });
  expect(checked).toMatchObject({ code: 1 });
  expect(checked.stdout).toMatch(/yearly: [^\n]*What the operator says[^\n]*by the runner’s configuration\n +next: /);
  expect(checked.stdout).toContain('yearly.yaml of');
  await rename(path.join(clone, '.longhaul/triggers/yearly.yaml'), path.join(clone, '.longhaul/triggers/mine.yaml'));
  const { stdout } = await rig.cli(['triggers', 'check', '--json'], { cwd: clone });
  expect(JSON.parse(stdout)).toMatchObject({
    files: [
      { name: 'yearly', origin: 'runner', problem: null },
      { name: 'mine', origin: 'repository', problem: null },
    ],
  });
});

test('taken out of the configuration it begins nothing, and the repository’s of that name is not what was enabled', async () => {
  const file = path.join(rig.home, 'config.yaml');
  await rig.kill();
  await writeFile(file, JSON.stringify({ ...config, tenants: { local: { triggers: [{ name: 'yearly' }] } } }));
  const doctor = await rig.cli(['doctor']);
  expect(doctor.code).not.toBe(0);
  expect(`${doctor.stdout}${doctor.stderr}`).toMatch(/config\.yaml: tenants\.local\.triggers: 0\.repository: expected/);
  await writeFile(file, JSON.stringify({ ...config, tenants: {} }));
  await rig.start();
  const [, yearly] = await listed('list', '--repo', url);
  expect(yearly).toMatchObject({
    name: 'yearly',
    origin: 'repository',
    standing: 'on',
    nextAt: null,
    problem: expect.stringContaining('If that is right: longhaul triggers enable yearly'),
  });
  expect(await rig.cli(['triggers', 'enable', 'yearly', '--repo', url])).toMatchObject({ code: 0 });
  expect((await listed('list', '--repo', url))[1]).toMatchObject({ standing: 'on', problem: null });
});
