import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { parseRepositoryConfig } from '../../shared/recipe/repository-config.ts';
import { parseRecipe, splitRecipe } from '../../shared/recipe/recipe.ts';
import { parsePolicy } from './policy-file.ts';

/** The examples of docs/using.md in that language, in their order. */
const examples = async (language: string): Promise<readonly string[]> => {
  const text = await readFile(new URL('../../docs/using.md', import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, example]) => example ?? '',
  );
};

test('the policy that the documentation shows is one', async () => {
  const [policy = ''] = await examples('yaml');
  expect(parsePolicy(policy)).toMatchObject({
    outcome: 'ok',
    policy: { rules: [{ id: 'our-packages' }, { id: 'no-uploads' }] },
  });
});

test('so are the configuration of a repository and the recipe', async () => {
  const [, config = ''] = await examples('yaml');
  const [recipe = ''] = await examples('markdown');
  const parts = splitRecipe(recipe);
  expect(parseRepositoryConfig(parse(config))).toMatchObject({ outcome: 'ok' });
  expect(parseRecipe(parse(parts?.frontMatter ?? ''), parts?.template ?? '')).toMatchObject({ outcome: 'ok' });
});
