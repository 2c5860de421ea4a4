import { expect, test } from 'vitest';
import { parseRecipe } from '../../../shared/recipe/recipe.ts';
import { goalOf } from './delegate-goal.ts';

const given = (goal: string) => ({ input: { goal, recipe: 'own', inputs: {} }, outside: [] });

test('a recipe without words of its own, of which nobody says any, is no task', () => {
  const parsed = parseRecipe({ title: 'Own', goal: 'optional' }, '{{goal}}');
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  expect(() => goalOf(parsed.recipe, given(' '))).toThrow(
    'The recipe own has no words of its own, and nobody said any.',
  );
  expect(goalOf(parsed.recipe, given('Go.')).goal).toBe('Go.');
});
