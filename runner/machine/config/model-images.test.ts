import { expect, test } from 'vitest';
import { takesNoImages } from './model-images.ts';

const openAi = 'https://api.openai.com/v1';

test.each([
  [openAi, 'o3-mini', 'The model o3-mini takes no images.'],
  [openAi, 'gpt-4-0613', 'The model gpt-4-0613 takes no images.'],
  [openAi, 'gpt-4o', null],
  [openAi, 'gpt-4.1-mini', null],
  [openAi, 'gpt-5.1-codex', null],
  // What a local server names so may be anything.
  ['http://localhost:11434/v1', 'o3-mini', null],
] as const)('at %s, %s', (baseUrl, model, why) => {
  expect(takesNoImages({ baseUrl, switches: {} }, model)).toBe(why);
});

test('the word of the operator holds for every model', () => {
  expect(takesNoImages({ baseUrl: openAi, switches: { images: false } }, 'gpt-5.1-codex')).toMatch(
    /model\.switches\.images: false/,
  );
});
