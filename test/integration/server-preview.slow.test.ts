import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createFixture } from '../../runner/machine/git/fixture.ts';
import { defaultPolicy } from '../../shared/policy/default.ts';
import { budgetNames, defaultBudget } from '../../shared/run/budget.ts';
import { PreviewInput, type DelegateInput } from '../../shared/api/runner-api.ts';
import { failureOf, startRunner, trustIn, type Runner } from './server-set-up.ts';

const settings = `
setup: [{ run: npm ci, network: [packages.host.test], timeout: 60 }]
verification: [npm test]
budget: { turns: 7 }
egress: [docs.host.test]
`;

test('what would hold is told in figures, with who says it, and nothing is made', async () => {
  await using runner = await startRunner({ priceOf: async () => ({ input: 1.25, output: 10 }) });
  const where = { kind: 'folder', path: runner.repo } as const;
  const plain = await runner.client.runs.preview.query({ settings: where });
  expect(plain).toEqual({
    output: { kind: 'diff' },
    inputs: [],
    about: null,
    settings: null,
    model: { name: runner.config.model.name, by: 'runner', price: { input: 1.25, output: 10 } },
    budget: defaultBudget,
    budgetBy: Object.fromEntries(budgetNames.map((name) => [name, 'runner'])),
    setup: { commands: [], by: 'runner' },
    verification: { commands: [], by: 'runner' },
    policy: { otherwise: defaultPolicy.otherwise, rules: defaultPolicy.rules.length, by: ['runner'] },
    hosts: [],
    notes: [],
  });
  await using fixture = await createFixture();
  fixture.write('.longhaul/config.yaml', settings);
  await fixture.commit('Say how it is verified');
  const brought = await runner.client.runs.preview.query({
    settings: { kind: 'folder', path: fixture.repo },
    budget: { usd: 2 },
    verification: [{ command: 'make check', network: [], timeoutSeconds: 1 }],
  });
  expect(brought).toMatchObject({
    settings: 'main',
    budget: { ...defaultBudget, turns: 7, usd: 2 },
    setup: { commands: [{ command: 'npm ci' }], by: 'repository' },
    verification: { commands: [{ command: 'make check' }], by: 'delegation' },
    budgetBy: { turns: 'repository', usd: 'delegation', tokens: 'runner' },
    policy: { by: ['runner', 'repository'] },
    hosts: [
      { host: 'docs.host.test', during: 'run', by: 'repository' },
      { host: 'packages.host.test', during: 'setup', by: 'repository' },
    ],
  });
  expect((await runner.client.runs.list.query({})).runs).toEqual([]);
});

test('of a repository that is elsewhere the settings are told; what delegating refuses, a preview refuses', async () => {
  await using runner = await startRunner({ priceOf: async () => null });
  const file = (text: string) => ({ path: 'config.yaml', bytes: text.length, text });
  const preview = (text: string) =>
    runner.client.runs.preview.query({ settings: { kind: 'files', files: [file(text)] }, budget: { usd: 2 } });
  expect(await preview(settings)).toMatchObject({
    settings: 'the default branch',
    model: { price: null },
    notes: [expect.stringContaining('the budget of US$ 2 does not hold')],
  });
  expect(await failureOf(preview('verification: 7'))).toMatchObject({
    refusal: 'invalid',
    message: expect.stringContaining('.longhaul/config.yaml of the default branch cannot be used'),
  });
});

const previewAll = (runner: Runner, { title, base, without, trust, dedupeKey, ...own }: Partial<DelegateInput>) => {
  const { goal = 'Say hello', repository = runner.repo, source: _none, ...terms } = own;
  const said = { title, base, without, trust, dedupeKey, goal, repository };
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return runner.client.runs.preview.query(
    PreviewInput.parse({ ...terms, settings: { kind: 'folder', path: repository }, delegation: given }),
  );
};

test.each([
  ['a path that no change is about', { without: ['misspelt.ts'] }],
  ['a base that there is none of', { base: { commit: 'nowhere' } }],
  ['something left out of a commit', { base: { commit: 'HEAD' }, without: ['hello.txt'] }],
  ['a recipe without the goal that it needs', { goal: '', recipe: 'fix-failing-test' }],
  ['a recipe that nobody has', { recipe: 'none-such' }],
  ['a folder that is no repository', { repository: '/proc' }],
  ['a key that was used for another task', { dedupeKey: 'used', goal: 'Say something else' }],
] satisfies readonly (readonly [string, Partial<DelegateInput>])[])(
  '%s: a preview refuses it in the words of the delegation',
  async (_what, input) => {
    await using runner = await startRunner();
    await runner.delegate({ dedupeKey: 'used' });
    const refused = await failureOf(runner.delegate(input));
    expect(refused.refusal).not.toBeNull();
    expect(await failureOf(previewAll(runner, input))).toEqual(refused);
  },
);

test('settings that nobody agreed to are refused in a preview, too, which agrees to nothing itself', async () => {
  await using runner = await startRunner();
  await using fixture = await createFixture();
  fixture.write('.longhaul/config.yaml', settings);
  await fixture.commit('Open hosts');
  const input = { repository: fixture.repo };
  const trust = await trustIn(previewAll(runner, input));
  expect(await trustIn(runner.delegate(input))).toBe(trust);
  expect(await previewAll(runner, { ...input, trust })).toMatchObject({ settings: 'main' });
  expect(await trustIn(runner.delegate(input))).toBe(trust);
  expect(await readdir(runner.home.run('').replace(/\/$/, '')).catch(() => [])).toEqual([]);
});
