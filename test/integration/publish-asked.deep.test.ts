import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ListedFiring } from '../../shared/api/triggers.ts';
import { publishArguments } from '../../shared/run/publish-decision.ts';
import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import { GitHub, hookSecret } from '../harness/github.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import { tokenHash } from './server-set-up.ts';

/** A trigger, or the operator, has somebody asked before anything is published: a whole runner, and GitHub as an independent implementation has it. */
const place = { owner: 'acme', repo: 'shop' };
const write = (content: string) => calls('write', { path: 'sum.js', content });
const finish = (summary: string) => calls('finish', { summary, claims: [] });
const adding = 'export const sum = (a, b) => a + b;\n';
// In parts, so that no scan of these sources finds one.
const key = ['ghp', 'a1B2'.repeat(9)].join('_');

const scripts = {
  Leak: scripted([write(`export const key = '${key}';\n${adding}`), finish('Has the key.')]),
  Mend: scripted([
    write(adding),
    finish('Adds, where it subtracted.'),
    write(`${adding}\n`),
    finish('And ends with a line.'),
  ]),
} as const;

let github: GitHub;
let rig: Rig;
let clone: string;
beforeAll(async () => {
  const trigger = (label: string, publish: string) =>
    `on: { github: issue-labeled, label: ${label} }\ngoal: Mend what the issue tells.\npublish: ${publish}\n`;
  clone = await repositoryWith({
    'sum.js': 'export const sum = (a, b) => a - b;\n',
    '.longhaul/config.yaml': 'verification: ["grep -q \\"a + b\\" sum.js"]\n',
    '.longhaul/triggers/asking.yaml': trigger('agent', 'ask'),
    '.longhaul/triggers/drafting.yaml': trigger('draft', 'draft'),
  });
  github = await GitHub.start(clone, ['acme', 'ada']);
  const person = (name: string, role: string) => ({ hash: tokenHash(`token-of-${name}`), name, tenant: 'local', role });
  rig = await Rig.start({
    script: (asked, at) => scripts[JSON.stringify(asked.body).includes('Leak') ? 'Leak' : 'Mend'](asked, at),
    env: { GITHUB_TOKEN_OF_THE_RUNNER: github.token, HOOK_SECRET: hookSecret },
    config: {
      remotes: [
        { ...github.remote('GITHUB_TOKEN_OF_THE_RUNNER', 'HOOK_SECRET'), match: `${github.webUrl}*`, publish: 'ask' },
        github.remote('GITHUB_TOKEN_OF_THE_RUNNER'),
      ],
      server: { tokens: [person('dev', 'developer'), person('lead', 'approver'), person('guest', 'viewer')] },
    },
  });
  await hook();
  const acme = await github.as('acme');
  await acme.repos.addCollaborator({ ...place, username: 'ada', permission: 'push' });
  for (const name of ['asking', 'drafting']) await rig.cli(['triggers', 'enable', name, '--repo', github.url]);
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

const hook = (): Promise<void> =>
  github.hook(`${rig.url}/webhooks/github`, {
    secret: hookSecret,
    events: ['issues', 'pull_request', 'pull_request_review'],
  });
const restart = async (): Promise<void> => {
  await rig.kill();
  await rig.start();
  // It listens somewhere else now.
  await hook();
};

const as = (name: string, ...args: string[]) =>
  rig.cli(args, { cwd: clone, env: { LONGHAUL_URL: rig.url, LONGHAUL_TOKEN: `token-of-${name}` } });
const pulls = async () => (await (await github.as('acme')).pulls.list({ ...place, state: 'all' })).data;
const branches = async () =>
  (await (await github.as('acme')).git.listMatchingRefs({ ...place, ref: 'heads/' })).data.map(({ ref }) => ref);

const labelled = async (title: string, label: string, name: string): Promise<string> => {
  const ada = await github.as('ada');
  const { data: issue } = await ada.issues.create({ ...place, title, body: 'Please.' });
  await ada.issues.addLabels({ ...place, issue_number: issue.number, labels: [label] });
  let run: string | undefined;
  await expect
    .poll(async () => {
      const { stdout } = await rig.cli(['triggers', 'show', name, '--repo', github.url, '--json']);
      const { firings } = JSON.parse(stdout) as { readonly firings: readonly ListedFiring[] }; // safe: what its help says
      run = firings.find(({ about }) => about === `issue ${issue.number} by ada`)?.run?.run;
      return run;
    })
    .toBeDefined();
  return run ?? '';
};
const asks =
  (round: number) =>
  ({ round: at, status, decisions }: RunState): boolean =>
    status === 'reviewing' && at === round && Object.values(decisions).some((open) => open.status === 'pending');
const question = (state: RunState) => Object.values(state.decisions)[0]!.request;
const isPublished = ({ effects, round }: RunState): boolean => {
  const here = effects.filter((effect) => effect.round === round);
  return here.length > 0 && here.every(({ status }) => status === 'done');
};

test('a labelled issue → a result → a decision with all of it → approved: a draft pull request; the next round is asked about anew, and rejected it stays in review', async () => {
  const run = await labelled('The sum is wrong', 'agent', 'asking');
  const first = await rig.settled(run, asks(1));
  expect([await pulls(), await branches()]).toEqual([[], ['refs/heads/main']]);
  const { id, hash } = question(first);
  expect(question(first).tree).toBe(first.result?.head.tree);

  const shown = (await rig.cli(['decisions', id])).stdout;
  for (const text of [
    'Publish round 1 as a draft pull request to',
    'Its trigger asking has somebody asked before anything is published (publish: ask).',
    `Remote        ${github.url}`,
    'Into          main, as a draft',
    'Title         issue 1: The sum is wrong',
    'Adds, where it subtracted.',
    '+1 -1  sum.js',
    `Tree          ${first.result?.head.tree}`,
    `longhaul approve ${id}`,
  ])
    expect(shown).toContain(text);
  expect((await rig.cli(['runs', '--json'])).stdout).toContain('round 1 is ready for review; asked: Publish round 1');

  expect(await as('dev', 'approve', id, '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('approver'),
  });
  const approved = await as('lead', 'approve', String(first.number), '--yes', '--hash', hash);
  expect(approved).toMatchObject({ code: 0, stdout: expect.stringMatching(/Pull request \d+: http/) });
  const opened = await pulls();
  expect(opened.map(({ draft, title, base }) => [draft, title, base.ref])).toEqual([
    [true, 'issue 1: The sum is wrong', 'main'],
  ]);
  expect((await rig.api.runs.get.query({ run })).effects.map(({ by }) => by)).toEqual(['person:lead', 'person:lead']);
  await github.sync();

  const ada = await github.as('ada');
  await ada.pulls.createReview({ ...place, pull_number: opened[0]!.number, event: 'REQUEST_CHANGES', body: 'A line.' });
  const second = await rig.settled(run, asks(2));
  const again = question(second);
  expect([again.id === id, again.hash === hash]).toEqual([false, false]);
  expect(again.action).toContain(`Publish round 2 to pull request ${opened[0]!.number} of `);
  expect(await as('lead', 'approve', id, '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No decision'),
  });
  const late = { run, decision: id, hash, verdict: { kind: 'approved' } } as const;
  await expect(rig.api.decisions.decide.mutate(late)).rejects.toThrow('has no open decision');
  const rejected = await as('lead', 'reject', again.id, '--reason', 'Not yet.');
  expect(rejected).toMatchObject({ code: 0, stdout: expect.stringContaining('Not published.') });
  const after = await rig.api.runs.get.query({ run });
  expect([after.status, after.effects.filter(({ round }) => round === 2)]).toEqual(['reviewing', []]);
  expect((await rig.cli(['show', run])).stdout).toContain('not to be published, says lead: Not yet.');
  expect((await rig.cli(['decisions'])).stdout).toContain('Nothing waits');
});

test('killed as soon as somebody has approved it, a runner opens one pull request all the same', async () => {
  const before = (await pulls()).length;
  const run = await labelled('The sum is still wrong', 'agent', 'asking');
  const { id: decision, hash } = question(await rig.settled(run, asks(1)));
  await rig.api.decisions.decide.mutate({ run, decision, hash, verdict: { kind: 'approved' } });
  await restart();
  await rig.settled(run, isPublished);
  const { effects } = await rig.api.runs.get.query({ run });
  expect(effects.map(({ status }) => status)).toEqual(['done', 'done']);
  expect(await pulls()).toHaveLength(before + 1);
});

test('killed as soon as it is asked, a runner asks once', async () => {
  const run = await labelled('The sum is wrong once more', 'agent', 'asking');
  const { id } = question(await rig.settled(run, asks(1)));
  await restart();
  await expect
    .poll(async () => {
      const { stdout } = await rig.cli(['triggers', 'show', 'asking', '--repo', github.url, '--json']);
      return (JSON.parse(stdout) as { readonly firings: readonly ListedFiring[] }).firings[0]?.run?.run;
    })
    .toBe(run);
  const { decisions } = await rig.api.runs.get.query({ run });
  expect(Object.keys(decisions)).toEqual([id]);
  expect(await as('lead', 'reject', id)).toMatchObject({ code: 0 });
});

test('what looks like a secret is asked about, and named, and is never published by itself', async () => {
  const before = await branches();
  const run = await labelled('Leak', 'draft', 'drafting');
  const asked = question(await rig.settled(run, asks(1)));
  expect(publishArguments(asked)?.secrets).toEqual([expect.stringMatching(/^sum\.js:1: GitHub Token/)]);
  expect(asked.reason).toContain('It has what looks like a secret, which is never published unasked.');
  expect(asked.consequence).toContain('sum.js:1: GitHub Token');
  expect(JSON.stringify(asked)).not.toContain(key);
  expect(await branches()).toEqual(before);
  await rig.cli(['reject', asked.id]);
});

test('a developer’s own is asked about where the operator says so, and an approver’s is not', async () => {
  const { stdout } = await rig.cli(['delegate', 'Mend it by hand', '--json', '--verify', 'true'], { cwd: clone });
  const { id: run, number } = (JSON.parse(stdout) as { run: { id: string; number: number } }).run; // safe: what its help says
  await rig.settled(run, ({ status }) => status === 'reviewing');
  const before = (await pulls()).length;
  expect(await as('guest', 'publish', String(number), '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('developer'),
  });
  expect(await as('dev', 'publish', String(number), '--remote', github.otherUrl, '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('needs the role approver'),
  });
  const asked = await as('dev', 'publish', String(number), '--title', 'By hand', '--yes', '--json');
  const told = JSON.parse(asked.stdout) as { readonly asked: string; readonly effects: readonly unknown[] }; // safe: what its help says
  expect(told).toMatchObject({ asked: expect.stringMatching(/^dec_/), effects: [] });
  const request = question(await rig.api.runs.get.query({ run }));
  expect([request.id, request.reason]).toEqual([
    told.asked,
    `dev wants it published. The operator of this runner has somebody asked before anything is published to ${github.url}.`,
  ]);
  const again = await as('dev', 'publish', String(number), '--yes');
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('is asked already') });
  expect(await pulls()).toHaveLength(before);

  // Somebody who may does it another way: the question is withdrawn.
  expect(await as('lead', 'publish', String(number), '--title', 'Otherwise', '--yes')).toMatchObject({ code: 0 });
  expect((await rig.cli(['approve', told.asked, '--yes'])).stderr).toContain('No decision');
  expect((await pulls()).map(({ title }) => title)).toContain('Otherwise');
});
