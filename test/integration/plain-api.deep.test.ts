import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { calls, scripted } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { projectRoot, Rig } from '../harness/rig.ts';

/** The door for scripts of a whole runner, as a script uses it. */
let rig: Rig;
let repository: string;
beforeAll(async () => {
  repository = pathToFileURL(await repositoryWith({ 'sum.js': 'export const sum = (a, b) => a - b;\n' })).href;
  rig = await Rig.start({
    script: scripted([
      calls('finish', { summary: 'Looked at sums.', claims: [], output: { text: '`sum.js:1` subtracts.' } }),
    ]),
    config: { remotes: [{ match: 'file:///*' }] },
  });
});
afterAll(() => rig[Symbol.asyncDispose]());

const asked = (key: string) =>
  fetch(`${rig.url}/api/delegate`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${rig.token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify({ repository, recipe: 'scan', goal: 'The checkout' }),
  });

test('the example of the documentation does what it says', async () => {
  const text = await readFile(path.join(projectRoot, 'docs', 'using.md'), 'utf8');
  const example = /^```sh\n(run=\$\(curl [^]*?)^```$/m.exec(text)?.[1] ?? '';
  const command = example.replace('https://github.com/acme/shop', repository);
  expect(command).not.toBe(example);
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', command], {
    cwd: rig.folder,
    env: { PATH: process.env['PATH'], LONGHAUL_URL: rig.url, LONGHAUL_TOKEN: rig.token },
  });
  expect(JSON.parse(stdout)).toEqual({
    status: 'reviewing',
    detail: 'round 1 is ready for review: a report',
    evidence: { summary: 'Looked at sums.', passed: 0, ran: 0, commands: [] },
    pullRequest: null,
  });
});

test('a runner that is killed while it is asked begins one run, however often it is asked again', async () => {
  const ids = new Set<string>();
  for (let at = 0; at < 6; at += 1) {
    const answers = [asked('killed'), asked('killed')].map((answer) => answer.catch(() => null));
    // At different moments of its work.
    for (let turn = 0; turn < at * 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await rig.kill();
    for (const answer of await Promise.all(answers)) {
      const told = answer === null ? null : ((await answer.json().catch(() => null)) as { run: string } | null);
      if (told !== null) ids.add(told.run);
    }
    await rig.start();
  }
  const last = (await (await asked('killed')).json()) as { run: string };
  ids.add(last.run);
  expect([...ids]).toEqual([last.run]);
  const { runs } = await rig.api.runs.list.query({});
  const ours = runs.filter(({ task }) => task.goal.includes('The checkout'));
  // The documentation's, and this one.
  expect(ours.map(({ id }) => id).toSorted()).toHaveLength(2);
  expect((await rig.settled(last.run, ({ status }) => status === 'reviewing')).output?.kind).toBe('report');
});
