import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkTask, MachineReport, runTask } from '../../runner/trigger-dev/protocol.ts';
import { startFakeTrigger, type FakeTrigger } from '../fakes/trigger/index.ts';
import { configFile, workerTasks } from '../harness/trigger.ts';
import { longhaul } from '../harness/rig.ts';

const { PATH = '/usr/bin:/bin' } = process.env;

/** The command line, as a script uses it. */
const cli = async (env: Readonly<Record<string, string>>, ...words: readonly string[]) => {
  const child = spawn(process.execPath, [longhaul, 'deploy', '--json', ...words], {
    cwd: '/',
    env: { PATH, HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = await once(child, 'close');
  return { code: Number(code), said: JSON.parse(stdout) as Said, stderr };
};
// safe: what its help says
interface Said {
  readonly ok?: boolean;
  readonly checks?: readonly { readonly name: string; readonly outcome: string; readonly detail: string }[];
  readonly error?: { readonly message: string };
}
const accessTo = (fake: FakeTrigger) => ({
  TRIGGER_API_URL: fake.url,
  TRIGGER_SECRET_KEY: fake.secretKey,
  TRIGGER_ACCESS_TOKEN: fake.accessToken,
  TRIGGER_PROJECT_REF: 'proj_fake',
});
const outcomes = ({ checks = [] }: Said) => Object.fromEntries(checks.map(({ name, outcome }) => [name, outcome]));

describe('the task, as the official command line builds it', () => {
  let built: Awaited<ReturnType<typeof cli>>;
  let folder: string;
  let changed: object;
  beforeAll(async () => {
    await using fake = await startFakeTrigger();
    built = await cli({ ...accessTo(fake), OPENAI_API_KEY: 'sk-not-to-be-set' }, '--dry-run');
    folder = /built project at (\S+)/.exec(built.stderr)?.[1] ?? '';
    changed = { variables: fake.variables.size, runs: fake.world.runs.length };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a dry run builds it and says so, and changes nothing', () => {
    expect({ code: built.code, outcomes: outcomes(built.said) }).toEqual({
      code: 0,
      outcomes: { 'trigger.dev': 'ok', variables: 'ok', build: 'ok' },
    });
    expect(changed).toEqual({ variables: 0, runs: 0 });
    expect(built.stderr + JSON.stringify(built.said)).not.toContain('sk-not-to-be-set');
  });

  test('its image has what runs need', async () => {
    const containerfile = await readFile(path.join(folder, 'Containerfile'), 'utf8');
    // Trigger.dev's own image brings git.
    expect(containerfile).toMatch(/FROM triggerdotdev\/node:24/);
    expect(containerfile).toMatch(/apt-get install .*bubblewrap.* ripgrep.* socat.* util-linux/);
    const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { dependencies: object }; // safe: it is npm's
    expect(Object.keys(manifest.dependencies)).toContain('@vscode/ripgrep');
  });

  test('Trigger.dev’s own executor finds both tasks in it, and runs one', async () => {
    const bundle = path.join(folder, 'runner/trigger-dev/entries/tasks.mjs');
    await using fake = await startFakeTrigger({
      program: {
        configFile: path.join(folder, 'trigger.config.mjs'),
        tasks: { [checkTask]: bundle, [runTask]: bundle },
        env: { PATH },
      },
    });
    const { run: check } = fake.world.trigger(checkTask, '{}', {});
    const { run: refused } = fake.world.trigger(runTask, '{"run": "none"}', {});
    await fake.world.until(() => ([check, refused].every(({ execution }) => execution === null) ? true : undefined));
    const report = MachineReport.parse((JSON.parse(check.output?.data ?? '') as { json: unknown }).json); // safe: SuperJSON
    expect(report).toMatchObject({ node: process.version, sandbox: { outcome: 'ok' }, modelKey: false });
    expect(Object.values(report.programs)).not.toContain(null);
    // The other one is there, too: it looks at its ticket.
    expect({ status: refused.status, error: refused.error?.message }).toEqual({
      status: 'FAILED',
      error: expect.stringContaining('TASK_INPUT_ERROR'),
    });
  });
});

describe('longhaul deploy', () => {
  const program = { configFile, tasks: { [checkTask]: workerTasks }, env: { PATH } };

  test('sets the variables that were named, and no others, and looks at a machine', async () => {
    await using fake = await startFakeTrigger({
      program: { ...program, env: { PATH, OPENAI_API_KEY: 'sk-of-the-task' } },
    });
    const env = { ...accessTo(fake), OPENAI_API_KEY: 'sk-secret', NPM_TOKEN: 'npm-secret', OTHER: 'other' };
    const { code, said, stderr } = await cli(env, '--no-build', '--set', 'NPM_TOKEN');
    expect({ code, ok: said.ok, outcomes: outcomes(said) }).toEqual({
      code: 0,
      ok: true,
      outcomes: Object.fromEntries(
        [
          'trigger.dev',
          'variables',
          'version',
          'node',
          'git',
          'socat',
          'prlimit',
          'ripgrep',
          'sandbox',
          'model key',
        ].map((name) => [name, 'ok']),
      ),
    });
    expect(fake.variables.get('prod')).toEqual(
      new Map([
        ['OPENAI_API_KEY', 'sk-secret'],
        ['NPM_TOKEN', 'npm-secret'],
      ]),
    );
    for (const secret of ['sk-secret', 'npm-secret', fake.secretKey])
      expect(stderr + JSON.stringify(said)).not.toContain(secret);
  });

  test('fails when what is deployed cannot work', async () => {
    await using fake = await startFakeTrigger({
      program: { ...program, env: { PATH: path.dirname(process.execPath) } },
    });
    const { code, said } = await cli(accessTo(fake), '--no-build');
    expect({ code, outcomes: outcomes(said) }).toMatchObject({
      code: 1,
      outcomes: { git: 'fail', socat: 'fail', sandbox: 'fail', 'model key': 'warn' },
    });
  });

  test('fails, with what the official command line says, when that does', async () => {
    await using fake = await startFakeTrigger();
    const { code, said } = await cli({ ...accessTo(fake), TRIGGER_ACCESS_TOKEN: 'tr_pat_wrong' }, '--dry-run');
    expect({ code, build: said.checks?.find(({ name }) => name === 'build') }).toEqual({
      code: 1,
      build: expect.objectContaining({ outcome: 'fail', detail: expect.stringContaining('login') }),
    });
  });

  test('notices a key of another environment, before it sets or builds anything', async () => {
    await using fake = await startFakeTrigger();
    for (const [key, environment, words] of [
      ['tr_dev_abc', 'development', []],
      ['tr_stg_abc', 'staging', ['--env', 'prod']],
      ['tr_prod_abc', 'prod', ['--env', 'staging']],
    ] as const)
      expect(await cli({ ...accessTo(fake), TRIGGER_SECRET_KEY: key }, '--no-build', ...words)).toMatchObject({
        code: 2,
        said: {
          error: {
            message: `TRIGGER_SECRET_KEY is a key of the environment ${environment}, and this deploys to ${words[1] ?? 'prod'}.`,
          },
        },
      });
    expect({ asked: fake.journal, variables: fake.variables.size }).toEqual({ asked: [], variables: 0 });
  });

  test('names the keys that are missing, and a variable that is not there', async () => {
    expect(await cli({ TRIGGER_PROJECT_REF: 'proj_fake' })).toMatchObject({
      code: 2,
      said: { error: { message: 'TRIGGER_SECRET_KEY, TRIGGER_ACCESS_TOKEN are not set.' } },
    });
    await using fake = await startFakeTrigger();
    expect(await cli(accessTo(fake), '--no-build', '--set', 'NOT_THERE')).toMatchObject({
      code: 2,
      said: { error: { message: expect.stringContaining('NOT_THERE') } },
    });
  });
});
