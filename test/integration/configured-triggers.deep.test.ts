import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { calls, scripted } from '../fakes/openai/index.ts';
import { startGitHttp } from '../harness/git-http.ts';
import { repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';

test('at its time a trigger of the configuration begins a run of a remote that has none', async () => {
  const remotes = await openFolder('longhaul-remotes-');
  await using git = await startGitHttp(remotes, { username: 'reader', password: 'pw' });
  const bare = path.join(remotes, 'team', 'shop.git');
  await mkdir(path.dirname(bare), { recursive: true });
  execFileSync('git', ['clone', '--quiet', '--bare', await repositoryWith({ 'a.txt': 'a' }), bare]);
  const repository = `${git.url}/team/shop.git`;
  await using rig = await Rig.start({
    script: scripted([calls('finish', { summary: 'Nothing to do.', claims: [] })]),
    env: { READ_TOKEN: 'pw' },
    config: {
      remotes: [{ match: `${git.url}/team/*`, username: 'reader', passwordVariable: 'READ_TOKEN' }],
      triggers: [{ repository, name: 'often', schedule: '* * * * *', goal: 'Look.' }],
    },
  });
  expect(await rig.cli(['triggers', 'enable', 'often', '--repo', repository])).toMatchObject({ code: 0 });
  const begun = async () => (await rig.api.runs.list.query({})).runs;
  await expect.poll(begun, { timeout: 150_000 }).toHaveLength(1);
  const [run] = await begun();
  expect((await rig.api.runs.get.query({ run: run?.id ?? '' })).task).toMatchObject({
    goal: 'Look.',
    repository,
    notes: [expect.stringMatching(/^Begun by the trigger often, which \S+ enabled, for /)],
  });
});
