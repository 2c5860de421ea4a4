import { expect, test } from 'vitest';
import { askedUsd } from './unpriced.ts';

test.for<[string, Parameters<typeof askedUsd>[0], number | null]>([
  ['nobody', { budget: { usd: 10 }, said: [{}, {}] }, null],
  ['whoever delegates', { budget: { usd: 2 }, said: [{ usd: 2 }, {}] }, 2],
  ['whoever delegates, as much as there would be', { budget: { usd: 10 }, said: [{ usd: 10 }] }, 10],
  ['a recipe', { budget: { usd: 3 }, said: [{}, { usd: 3 }] }, 3],
  ["the runner's settings", { budget: { usd: 5 }, said: [{}] }, 5],
  ['somebody who lifts it', { budget: { usd: null }, said: [{ usd: null }] }, null],
])('a budget of US dollars is asked for by %s', ([, budgets, usd]) => {
  expect(askedUsd(budgets)).toBe(usd);
});
