import { expect, test } from 'vitest';
import { firstChoices, plannedCommand } from '../../ground/delegation/choices.ts';
import { summaryRows } from './rows.ts';

test('the first row delegates, the others say what would happen', () => {
  const choices = { ...firstChoices, verification: [plannedCommand('npm test')] };
  expect(summaryRows({ goal: 'Fix it\n\nmore', choices, dirty: 1, unsaved: 2 })).toEqual([
    {
      row: 'delegate',
      label: '$(rocket) Delegate',
      description: 'working tree · npm test',
      detail: 'Saves 2 unsaved files first.',
    },
    { row: 'goal', label: '$(edit) Goal', description: 'Fix it' },
    { row: 'recipe', label: '$(book) Recipe', description: 'none' },
    {
      row: 'base',
      label: '$(git-branch) Base',
      description: 'the working tree as it is, with what is not committed (1 changed file)',
    },
    { row: 'verification', label: '$(beaker) Verification', description: 'npm test' },
    { row: 'setup', label: '$(tools) Setup', description: "the repository's (.longhaul/config.yaml)" },
    { row: 'budget', label: '$(dashboard) Budget', description: "the runner's" },
    { row: 'policy', label: '$(shield) Policy', description: "The repository's" },
    { row: 'model', label: '$(hubot) Model', description: "the runner's" },
  ]);
});

test('from the last commit, it is said what stays behind', () => {
  const rows = summaryRows({ goal: 'x', choices: { ...firstChoices, base: 'head' }, dirty: 3, unsaved: 0 });
  expect(rows.find(({ row }) => row === 'base')?.description).toBe('the last commit (HEAD) (without 3 changed files)');
  expect(rows[0]).toEqual({ row: 'delegate', label: '$(rocket) Delegate', description: 'HEAD' });
});

test('with a recipe, the rows say what it is and what it decides', () => {
  const recipe = { name: 'update-docs', title: 'Update documentation', needsGoal: false };
  const rows = summaryRows({ goal: '', choices: { ...firstChoices, recipe }, dirty: 0, unsaved: 0 });
  expect(rows.map(({ row, description }) => [row, description])).toEqual([
    ['delegate', 'Update documentation · working tree'],
    ['goal', 'what the recipe says'],
    ['recipe', 'Update documentation'],
    ['base', 'the working tree as it is, with what is not committed'],
    ['verification', "the recipe's, or the repository's"],
    ['setup', "the recipe's, or the repository's"],
    ['budget', "the runner's"],
    ['policy', "The repository's"],
    ['model', "the runner's"],
  ]);
});
