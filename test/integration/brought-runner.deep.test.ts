import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { calls, scripted } from '../fakes/openai/index.ts';
import { GitHub } from '../harness/github.ts';
import { GitLab } from '../harness/gitlab.ts';
import { Installed } from '../harness/installed.ts';
import { repositoryWith } from '../harness/repository.ts';

/** The runner that the editor brings is the bundle alone: what it publishes with has to be in it. */
const script = () =>
  scripted([
    calls('write', { path: 'sum.js', content: 'export const sum = (a, b) => a + b;\n' }),
    calls('finish', { summary: 'Adds.', claims: [] }),
  ]);
const subtracting = { 'sum.js': 'export const sum = (a, b) => a - b;\n' };

/** Delegates, waits for the result and publishes it; what that says. */
const published = async (clone: string, remote: object, token: string) => {
  await using installed = await Installed.start(script());
  await mkdir(installed.home, { recursive: true, mode: 0o700 });
  await writeFile(path.join(installed.home, 'config.yaml'), JSON.stringify({ remotes: [remote] }), { mode: 0o600 });
  const env = { TOKEN_OF_THE_RUNNER: token };
  expect(await installed.run(['delegate', 'Mend the sum'], { cwd: clone, env })).toMatchObject({ code: 0 });
  const isReady = async () =>
    (await installed.run(['show', '1', '--json'], { cwd: clone, env })).stdout.includes('"status":"reviewing"');
  await expect.poll(isReady, { timeout: 60_000 }).toBe(true);
  const { code, stdout, stderr } = await installed.run(['publish', '1', '--yes'], { cwd: clone, env });
  return `${stderr}${stdout}${code}`;
};

test('it publishes to GitHub', async () => {
  const clone = await repositoryWith(subtracting);
  await using github = await GitHub.start(clone, ['acme']);
  expect(await published(clone, github.remote('TOKEN_OF_THE_RUNNER'), github.token)).toMatch(
    /Pull request \d+: http\S+\s+0$/,
  );
});

test('it publishes to GitLab', async () => {
  const clone = await repositoryWith(subtracting);
  await using gitlab = await GitLab.start(clone);
  const { match, gitlab: settings, publish } = gitlab.remote('TOKEN_OF_THE_RUNNER');
  expect(await published(clone, { match, gitlab: settings, publish }, gitlab.token)).toMatch(
    /Merge request \d+: http\S+\s+0$/,
  );
});
