import { readdir } from 'node:fs/promises';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFixture, type Fixture } from '../../runner/machine/git/fixture.ts';
import { builtInRecipes } from '../../runner/control/recipes/index.ts';
import { defaultPolicy } from '../../shared/policy/default.ts';
import { deniedTools } from '../../shared/policy/evaluate.ts';
import { defaultBudget } from '../../shared/run/budget.ts';
import { clientOf, failureOf, startRunner, tokenHash } from './server-set-up.ts';

const release = `---
title: Prepare a release
description: Writes the notes.
goal: optional
tools: [read, search, bash]
verification: [npm run check-notes]
budget: { turns: 12, usd: 1000 }
decisionHours: 8
priority: -3
policy:
  rules:
    - id: no-publish
      verdict: deny
      reason: People publish.
      command: npm publish
      examples: { matches: [{ tool: bash, command: npm publish }], not: [] }
---

Write the notes of the next release.

{{goal}}

Publish nothing.
`;

const settings = `
setup: [npm ci]
verification: [npm test]
budget: { turns: 30 }
policy: { otherwise: { network: deny } }
`;

/** A repository whose default branch brings these recipes. */
const repositoryWith = async (files: Readonly<Record<string, string>>): Promise<Fixture> => {
  const fixture = await createFixture();
  for (const [file, text] of Object.entries(files)) fixture.write(`.longhaul/${file}`, text);
  await fixture.commit('Say how work is done here');
  return fixture;
};

const builtInNames = Object.keys(builtInRecipes).toSorted();

describe('the list of recipes', () => {
  test('has those that come with the runner, all of them usable', async () => {
    await using runner = await startRunner();
    const listed = await runner.client.recipes.list.query({});
    expect(listed.map(({ name, origin, replaces, problem }) => ({ name, origin, replaces, problem }))).toEqual(
      builtInNames.map((name) => ({ name, origin: 'built-in', replaces: false, problem: null })),
    );
    expect(listed.find(({ name }) => name === 'explain')).toEqual({
      name: 'explain',
      origin: 'built-in',
      replaces: false,
      problem: null,
      title: 'Explain, change nothing',
      description: 'Answers a question about the code, with the places that show it. Reads only.',
      needsGoal: true,
      inputs: [],
      defaults: {
        output: { kind: 'diff' },
        tools: ['read', 'search', 'list', 'plan', 'ask', 'finish'],
        setup: [],
        verification: [],
        budget: { turns: 40 },
        rules: 1,
        model: null,
        decisionHours: null,
        priority: 0,
      },
    });
  });

  test("has the repository's from its default branch, in the place of built-in ones with their names", async () => {
    await using runner = await startRunner();
    await using fixture = await repositoryWith({
      'recipes/release.md': release,
      'recipes/explain.md': '---\ntitle: Explain it our way\n---\n{{goal}}\n',
      'recipes/README.md': 'What these are for.',
      'recipes/notes.txt': 'Nothing.',
    });
    await fixture.git('checkout', '-q', '-b', 'side');
    fixture.write('.longhaul/recipes/smuggled.md', release);
    await fixture.commit('Smuggle one in');
    fixture.write('.longhaul/recipes/uncommitted.md', release);
    const listed = await runner.client.recipes.list.query({ repository: fixture.repo });
    expect(listed.map(({ name }) => name)).toEqual([...builtInNames, 'release'].toSorted());
    expect(listed.filter(({ origin }) => origin === 'repository')).toMatchObject([
      { name: 'explain', replaces: true, title: 'Explain it our way', problem: null },
      {
        name: 'release',
        replaces: false,
        title: 'Prepare a release',
        needsGoal: false,
        inputs: [],
        problem: null,
        defaults: { verification: [{ command: 'npm run check-notes' }], setup: null, rules: 2, priority: -3 },
      },
    ]);
  });

  test('says of each broken recipe what is wrong where, and has the others', async () => {
    await using runner = await startRunner();
    await using fixture = await repositoryWith({
      'recipes/release.md': release,
      'recipes/bad-tool.md': '---\ntitle: x\ntools: [shell]\n---\n{{goal}}\n',
      'recipes/bad-yaml.md': '---\ntitle: x\nbudget: {\n---\n{{goal}}\n',
      'recipes/no-goal.md': '---\ntitle: x\n---\nJust do it.\n',
      'recipes/no-front.md': '# Do it\n{{goal}}\n',
      'recipes/Big Name.md': release,
      'recipes/big.md': `${release}${'x'.repeat(100_000)}`,
    });
    symlinkSync('/etc/passwd', join(fixture.repo, '.longhaul/recipes/link.md'));
    await fixture.commit('Link');
    const listed = await runner.client.recipes.list.query({ repository: fixture.repo });
    const problems = Object.fromEntries(
      listed.flatMap(({ name, origin, problem }) => (origin === 'repository' ? [[name, problem]] : [])),
    );
    const broken = (file: string, why: string): unknown =>
      expect.stringContaining(`.longhaul/recipes/${file} of refs/heads/main cannot be used: ${why}`);
    expect(problems).toEqual({
      release: null,
      'bad-tool': broken('bad-tool.md', 'tools[0]: Invalid option'),
      'bad-yaml': broken('bad-yaml.md', 'Flow map in block collection'),
      'no-goal': broken('no-goal.md', 'The text has no {{goal}}'),
      'no-front': broken('no-front.md', 'It does not begin with front matter'),
      'Big Name': broken('Big Name.md', 'Its name cannot be used: expected lower-case words joined by hyphens'),
      big: broken('big.md', `It has ${release.length + 100_000} bytes; up to 100000 are read.`),
    });
    expect(await failureOf(runner.delegate({ repository: fixture.repo, recipe: 'bad-tool' }))).toMatchObject({
      refusal: 'invalid',
      message: broken('bad-tool.md', 'tools[0]'),
    });
    expect(await runner.delegate({ repository: fixture.repo, recipe: 'release' })).toMatchObject({ status: 'queued' });
  });

  test('tells nobody elsewhere what is in a repository of this machine', async () => {
    const token = 'somebody-elsewhere';
    await using runner = await startRunner({
      change: (config) => ({
        ...config,
        server: {
          ...config.server,
          tokens: [{ hash: tokenHash(token), name: 'eve', tenant: 'other', role: 'admin' }],
        },
      }),
    });
    const elsewhere = clientOf(runner.serving.url, token);
    expect(await failureOf(elsewhere.recipes.list.query({ repository: runner.repo }))).toMatchObject({
      code: 'FORBIDDEN',
      refusal: 'denied',
    });
    expect((await elsewhere.recipes.list.query({})).map(({ name }) => name)).toEqual(builtInNames);
    expect(await failureOf(runner.client.recipes.list.query({ repository: 'here' }))).toMatchObject({
      refusal: 'invalid',
    });
    expect(await runner.client.recipes.list.query({ repository: '/nowhere/at/all' })).toHaveLength(builtInNames.length);
  });
});

describe('delegating with a recipe', () => {
  test('makes a task of its text, and of its terms under those of the repository', async () => {
    await using runner = await startRunner();
    await using fixture = await repositoryWith({ 'recipes/release.md': release, 'config.yaml': settings });
    const { task } = await runner.delegate({
      repository: fixture.repo,
      recipe: 'release',
      goal: 'Version 2.\n\nMention the parser.',
    });
    expect(task).toMatchObject({
      recipe: 'release',
      title: 'Version 2.',
      goal: 'Write the notes of the next release.\n\nVersion 2.\n\nMention the parser.\n\nPublish nothing.',
      budget: { ...defaultBudget, turns: 12 },
      verification: [{ command: 'npm run check-notes', network: [], timeoutSeconds: 600 }],
      setup: [{ command: 'npm ci', network: [], timeoutSeconds: 600 }],
      decisionHours: 8,
      priority: -3,
    });
    expect(task.policy.otherwise).toEqual({ ...defaultPolicy.otherwise, network: 'deny' });
    expect(task.policy.rules.slice(defaultPolicy.rules.length).map(({ id }) => id)).toEqual([
      'recipe-no-publish',
      'recipe-tools',
    ]);
    expect(deniedTools(task.policy)).toEqual(['list', 'edit', 'write', 'apply_patch', 'ask']);
  });

  test('needs no goal where the recipe needs none, and says its title then', async () => {
    await using runner = await startRunner();
    await using fixture = await repositoryWith({ 'recipes/release.md': release });
    const { task } = await runner.delegate({ repository: fixture.repo, recipe: 'release', goal: ' ' });
    expect(task).toMatchObject({
      title: 'Prepare a release',
      goal: 'Write the notes of the next release.\n\nPublish nothing.',
    });
  });

  test('leaves what the person says to the person, but for the tools', async () => {
    await using runner = await startRunner();
    await using fixture = await repositoryWith({ 'recipes/release.md': release });
    const own = {
      title: 'Mine',
      budget: { turns: 99 },
      verification: [{ command: 'make', network: [], timeoutSeconds: 5 }],
      setup: [],
      model: 'mine',
      decisionHours: 2,
      priority: 5,
    };
    const policy = { rules: [], otherwise: { reads: 'allow', changes: 'allow', network: 'allow' } } as const;
    const { task } = await runner.delegate({
      repository: fixture.repo,
      recipe: 'release',
      ...own,
      policy: { ...policy, rules: [] },
    });
    expect(task).toMatchObject({ ...own, budget: { ...defaultBudget, turns: 99 } });
    expect(task.policy).toMatchObject({ otherwise: policy.otherwise, rules: [{ id: 'recipe-tools' }] });
    expect(task.loosened.map(({ what }) => what)).toEqual(['policy', 'budget.turns']);
  });

  test.each([
    ['a name that none has', { recipe: 'magic' }, `There is no recipe "magic". There are: ${builtInNames.join(', ')}.`],
    ['no goal where one is needed', { recipe: 'explain', goal: '' }, 'The recipe explain needs a goal.'],
    ['neither goal nor recipe', { goal: '' }, expect.stringContaining('expected a goal: what shall the agent do?')],
    [
      'a goal that is too long with its text',
      { recipe: 'explain', goal: 'x'.repeat(100_000) },
      expect.stringMatching(/^With all that is told with it the goal has \d+ characters; up to 100000 are taken\.$/),
    ],
  ])('is refused for %s, and leaves nothing', async (_name, input, message) => {
    await using runner = await startRunner();
    expect(await failureOf(runner.delegate(input))).toMatchObject({ code: 'BAD_REQUEST', refusal: 'invalid', message });
    expect(await readdir(runner.home.runs)).toEqual([]);
  });
});
