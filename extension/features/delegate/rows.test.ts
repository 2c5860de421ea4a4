import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import type { Preview } from '../../../shared/recipe/preview.ts';
import { defaultBudget } from '../../../shared/run/budget.ts';
import { firstChoices, plannedCommand, type Choices } from '../../ground/delegation/choices.ts';
import { withTests, type Holds } from './holds.ts';
import { summaryRows, type Summary } from './rows.ts';

const silent: Preview = {
  output: { kind: 'diff' },
  inputs: [],
  about: null,
  settings: null,
  model: { name: 'gpt-5.2-codex', by: 'runner', price: { input: 1.75, output: 14 } },
  budget: defaultBudget,
  budgetBy: {
    turns: 'runner',
    tokens: 'runner',
    usd: 'runner',
    activeMinutes: 'runner',
    toolMinutes: 'runner',
    retries: 'runner',
  },
  setup: { commands: [], by: 'runner' },
  verification: { commands: [], by: 'runner' },
  policy: { otherwise: defaultPolicy.otherwise, rules: 4, by: ['runner'] },
  hosts: [],
  notes: [],
};
const found = { folder: 'web', tests: [{ file: 'package.json', command: 'npm test' }] };
const known = (preview: Partial<Preview> = {}): Holds => ({ status: 'known', preview: { ...silent, ...preview } });

const rowsOf = (given: Partial<Summary>) =>
  summaryRows({
    goal: 'Fix it\n\nmore',
    choices: firstChoices,
    dirty: [],
    unsaved: 0,
    folders: [''],
    found: null,
    holds: known(),
    failing: [],
    ...given,
  });
const described = (given: Partial<Summary>) =>
  Object.fromEntries(rowsOf(given).map(({ row, description }) => [row, description]));

test('the first row delegates, the others say what would happen, in figures', () => {
  const choices = { ...firstChoices, verification: [plannedCommand('npm test')] };
  expect(
    rowsOf({ choices, dirty: ['a.ts'], unsaved: 2, holds: known({ notes: ['The budget does not hold.'] }) }),
  ).toEqual([
    {
      row: 'delegate',
      label: '$(rocket) Delegate',
      description: 'working tree · npm test',
      detail: 'Saves 2 unsaved files first. The budget does not hold.',
    },
    { row: 'goal', label: '$(edit) Goal', description: 'Fix it' },
    { row: 'images', label: '$(file-media) Images', description: 'none' },
    { row: 'recipe', label: '$(book) Recipe', description: 'none' },
    { row: 'base', label: '$(git-branch) Base', description: 'the working tree' },
    { row: 'without', label: '$(diff) Not Committed', description: '1 file goes along: a.ts' },
    { row: 'verification', label: '$(beaker) Verification', description: 'npm test' },
    { row: 'setup', label: '$(tools) Setup', description: 'none: there is no .longhaul/config.yaml' },
    {
      row: 'budget',
      label: '$(dashboard) Budget',
      description: '60 turns, 3,000,000 tokens, $10, 60 min of work, 30 min in commands, 20 retries',
    },
    {
      row: 'policy',
      label: '$(shield) Policy',
      description: 'The default: opens no host, asks before network, edits and commands unasked, in the sandbox',
    },
    {
      row: 'model',
      label: '$(hubot) Model',
      description: 'gpt-5.2-codex · $1.75 in, $14 out for a million tokens',
    },
  ]);
});

test('what the repository or a recipe says is said, with where it stands', () => {
  const preview: Partial<Preview> = {
    settings: 'main',
    model: { name: 'local', by: 'repository', price: null },
    setup: { commands: [plannedCommand('npm ci', ['packages.host.test'])], by: 'repository' },
    verification: { commands: [plannedCommand('make check')], by: 'recipe' },
    hosts: [{ host: 'packages.host.test', during: 'setup', by: 'repository' }],
  };
  expect(described({ holds: known(preview), found })).toMatchObject({
    verification: "make check (the recipe's)",
    setup: 'npm ci (network: packages.host.test) (.longhaul/config.yaml on main)',
    policy: expect.stringMatching(/^The repository's: opens packages\.host\.test while setup runs, /),
    model: 'local · price not known',
  });
  const none = known({ settings: 'main', verification: { commands: [], by: 'repository' } });
  expect(described({ holds: none, found })).toMatchObject({ verification: 'none (.longhaul/config.yaml on main)' });
  expect(described({ holds: known({ settings: 'main' }) })).toMatchObject({
    verification: 'none: .longhaul/config.yaml on main names none',
  });
});

test('before the runner has said it, and without a runner, nothing is claimed', () => {
  const asked = described({ holds: { status: 'asked' } });
  expect([asked['verification'], asked['setup'], asked['budget'], asked['model']]).toEqual(
    Array.from({ length: 4 }, () => 'asking the runner…'),
  );
  const choices: Choices = { ...firstChoices, budget: { turns: 5 } };
  const rows = rowsOf({ choices, holds: { status: 'unknown', reason: 'The runner does not answer.' }, found });
  expect(rows[0]?.detail).toBe('The runner does not answer.');
  expect(rows.find(({ row }) => row === 'budget')?.description).toBe('5 turns; else not known: the runner did not say');
  expect(rows.find(({ row }) => row === 'verification')?.description).toBe(
    'npm test (in web; found in web/package.json), unless the repository says otherwise',
  );
});

test('tests that were found are offered where nobody says how it is verified, and nowhere else', () => {
  expect(described({ found })).toMatchObject({
    delegate: 'working tree · npm test (in web)',
    verification: 'npm test (in web; found in web/package.json)',
  });
  const planned = [plannedCommand('npm test', [], 'web')];
  expect(withTests(firstChoices, known(), found).verification).toEqual(planned);
  expect(withTests({ ...firstChoices, verification: [] }, known(), found).verification).toEqual([]);
  expect(withTests(firstChoices, { status: 'asked' }, found).verification).toBeNull();
  const recipes = known({ verification: { commands: [], by: 'recipe' } });
  expect(withTests(firstChoices, recipes, found).verification).toBeNull();
  expect(withTests(firstChoices, known(), null).verification).toBeNull();
});

test('what a run would fail for stands below the row that delegates, with what to do', () => {
  const failing = [{ name: 'sandbox', outcome: 'fail' as const, detail: 'there is no bwrap', remedy: 'Install it.' }];
  expect(rowsOf({ failing })[1]).toEqual({
    row: 'ready',
    label: '$(error) Not Ready',
    description: 'sandbox: there is no bwrap',
    detail: 'Install it.',
  });
});

test('which files go along is said by name', () => {
  const dirty = ['a.ts', 'b.ts', 'c.ts', 'd.ts', 'e.ts'];
  const without = (choices: Partial<Choices>) =>
    described({ dirty, choices: { ...firstChoices, ...choices } })['without'];
  expect(without({})).toBe('5 files go along: a.ts, b.ts, c.ts and 2 more');
  expect(without({ without: ['b.ts'] })).toBe('4 of 5 files go along, without b.ts');
  expect(without({ without: dirty })).toBe('none goes along: without a.ts, b.ts, c.ts and 2 more');
  expect(without({ base: 'head' })).toBe('none goes along: without a.ts, b.ts, c.ts and 2 more');
  expect(described({ dirty: [] })['without']).toBeUndefined();
});

test('a folder can be chosen where there are several', () => {
  const choices = { ...firstChoices, folder: 'web' };
  expect(described({ choices, folders: ['web', ''] })['folder']).toBe(
    'web: told to the agent, and where your commands run',
  );
  expect(described({ folders: ['web', ''] })['folder']).toMatch(/^the root of the repository:/);
});

test('with a recipe, the rows say what it is', () => {
  const recipe = {
    name: 'update-docs',
    title: 'Update documentation',
    needsGoal: false,
    inputs: { package: 'lodash' },
    about: 'acme/shop#12',
  };
  const choices = { ...firstChoices, recipe };
  const holds = known({ verification: { commands: [], by: 'recipe' } });
  expect(described({ goal: '', choices, holds })).toMatchObject({
    delegate: 'Update documentation · working tree',
    goal: 'what the recipe says',
    recipe: 'Update documentation · package: lodash · about acme/shop#12',
    verification: "none (the recipe's)",
  });
});

test('images that go along are named, and of a row of them the first', () => {
  const file = (name: string) => ({ kind: 'file' as const, path: `/home/ada/pictures/${name}` });
  const again = { kind: 'run' as const, run: 'run_aaaa', name: 'mockup.png', blob: 'a'.repeat(64) };
  const choices: Choices = { ...firstChoices, images: [again, file('a.png')] };
  expect(described({ choices })).toMatchObject({ delegate: 'working tree · 2 images', images: 'mockup.png, a.png' });
  const many = { ...choices, images: ['a.png', 'b.png', 'c.png', 'd.png', 'e.png'].map(file) };
  expect(described({ choices: many })['images']).toBe('a.png, b.png, c.png and 2 more');
});
