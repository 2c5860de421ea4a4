import { expect, test } from 'vitest';
import { readRecipes } from '../control/usecases/recipe-files.ts';
import { newRecipe } from './new-recipe.ts';

test.each(['release', 'a', '1-2'])('a new recipe %s can be used, and with what it has as remarks, too', (name) => {
  const text = newRecipe(name);
  for (const each of [text, `${text.replaceAll(/^# /gm, '')}{{package}}\n`]) {
    const file = { path: `recipes/${name}.md`, bytes: each.length, text: each };
    const found = readRecipes({ branch: 'main', files: [file], triggers: [] }).find((one) => one.name === name);
    expect(found).toMatchObject({ outcome: 'ok', origin: 'repository' });
  }
});
