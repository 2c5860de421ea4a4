import { expect, test } from 'vitest';
import { parseTrigger } from '../../../shared/recipe/trigger.ts';
import type { RepositorySettings } from '../../machine/repository/settings.ts';
import { uncounted } from './counted-money.ts';
import type { ControlPlane } from './plane.ts';

const price = { input: 1, output: 1 };
const plane = {
  config: { model: { name: 'scripted' } },
  priceOf: async (model: string) => (model === 'known' ? price : null),
} as unknown as ControlPlane; // safe: it asks for nothing else

const trigger = (says: object) => {
  const parsed = parseTrigger({ schedule: '@daily', goal: 'Look.', ...says });
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return { trigger: parsed.trigger };
};
const settings = (files: Readonly<Record<string, string>>): RepositorySettings => ({
  branch: 'refs/heads/main',
  triggers: [],
  files: Object.entries(files).map(([path, text]) => ({ path, text, bytes: text.length })),
});
const recipe = (model: string) => ({ 'recipes/own.md': `---\ntitle: Own\nmodel: ${model}\n---\n{{goal}}\n` });

const why =
  /^Its file says "usdPerDay: 5", and the price of \w+ at this endpoint is not known: .* cannot be counted\. .*model\.pricesOf/;

test.each<[string, object, Readonly<Record<string, string>>]>([
  ['there is no limit in money', {}, {}],
  ['the repository names a model that has a price', { usdPerDay: 5 }, { 'config.yaml': 'model: known\n' }],
  ['its recipe does', { usdPerDay: 5, recipe: 'own' }, recipe('known')],
])('where %s, it is counted or need not be', async (...[, says, files]) => {
  expect(await uncounted(plane, trigger(says), settings(files))).toBeNull();
});

test.each<[string, object, Readonly<Record<string, string>>]>([
  ['the runner’s model has no price', { usdPerDay: 5 }, {}],
  [
    'its recipe names one that has none, and the repository one that has',
    { usdPerDay: 5, recipe: 'own' },
    { ...recipe('other'), 'config.yaml': 'model: known\n' },
  ],
])('where %s, it is refused', async (...[, says, files]) => {
  expect(await uncounted(plane, trigger(says), settings(files))).toMatch(why);
});
