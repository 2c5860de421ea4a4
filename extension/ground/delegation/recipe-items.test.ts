import { expect, test } from 'vitest';
import type { ListedRecipe, RecipeDefaults } from '../../../shared/recipe/recipe.ts';
import { recipeItems } from './recipe-items.ts';

const defaults: RecipeDefaults = {
  output: { kind: 'diff' },
  tools: null,
  setup: null,
  verification: null,
  budget: {},
  rules: 0,
  model: null,
  decisionHours: null,
  priority: 0,
};

test('one can choose none, every recipe with what it is for, and sees why a broken one cannot be chosen', () => {
  const recipes: readonly ListedRecipe[] = [
    {
      name: 'explain',
      origin: 'repository',
      replaces: true,
      problem: null,
      title: 'Explain',
      description: 'Reads only.',
      needsGoal: true,
      inputs: [],
      defaults,
    },
    { name: 'release', origin: 'repository', replaces: false, problem: 'release.md cannot be used: title is missing.' },
    {
      name: 'update-docs',
      origin: 'built-in',
      replaces: false,
      problem: null,
      title: 'Update documentation',
      description: '',
      needsGoal: false,
      inputs: [],
      defaults,
    },
  ];
  expect(recipeItems(recipes)).toEqual([
    {
      label: '$(circle-slash) None',
      description: '',
      detail: 'The goal alone.',
      problem: null,
      recipe: null,
      inputs: [],
      needsSubject: false,
    },
    {
      label: '$(book) Explain',
      description: "explain · the repository's, instead of the built-in one",
      detail: 'Reads only.',
      problem: null,
      recipe: { name: 'explain', title: 'Explain', needsGoal: true, inputs: {}, about: null },
      inputs: [],
      needsSubject: false,
    },
    {
      label: '$(warning) release',
      description: "the repository's",
      detail: 'Cannot be used. release.md cannot be used: title is missing.',
      problem: 'release.md cannot be used: title is missing.',
    },
    {
      label: '$(book) Update documentation',
      description: 'update-docs · built in',
      detail: '',
      problem: null,
      recipe: { name: 'update-docs', title: 'Update documentation', needsGoal: false, inputs: {}, about: null },
      inputs: [],
      needsSubject: false,
    },
  ]);
});
