import { expect, test } from 'vitest';
import { parseRecipe } from '../../../shared/recipe/recipe.ts';
import { goalOf } from './delegate-goal.ts';

const given = (goal: string) => ({
  input: { goal, recipe: 'own', inputs: {} },
  found: { repository: '/my shop' },
  outside: [],
});

test('a recipe without words of its own, of which nobody says any, is no task', () => {
  const parsed = parseRecipe({ title: 'Own', goal: 'optional' }, '{{goal}}');
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  expect(() => goalOf(parsed.recipe, given(' '))).toThrow(
    'The recipe own has no words of its own, and nobody said any.',
  );
  expect(goalOf(parsed.recipe, given('Go.')).goal).toBe('Go.');
});

test('a missing input says what shows the recipe, from wherever that is typed', () => {
  const parsed = parseRecipe({ title: 'Own', inputs: { what: { type: 'string' } } }, '{{what}} {{goal}}');
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  let refusal: unknown;
  try {
    goalOf(parsed.recipe, given('Go.'));
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({
    refusal: { remedy: "See what it takes: longhaul recipes show own --repo '/my shop'" },
  });
});
