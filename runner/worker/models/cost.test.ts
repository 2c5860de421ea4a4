import { describe, expect, it } from 'vitest';
import type { Usage } from '../../../shared/run/model-item.ts';
import { contextWindowOf, costOf, listPrice } from './cost.ts';

const usage = { input: 1_000_000, cached: 400_000, cacheWrite: 0, output: 100_000, reasoning: 60_000 };

describe('the cost of a call', () => {
  it('counts cached input at its own price, and reasoning as output', () => {
    // gpt-5.2 in genai-prices 0.1.8: $1.75, cached $0.175, output $14 per million tokens.
    const cost = costOf(usage, 'gpt-5.2-codex');
    expect(cost).toBeCloseTo(0.6 * 1.75 + 0.4 * 0.175 + 0.1 * 14, 10);
  });

  it.for<[string, Usage, string, Parameters<typeof costOf>[2]]>([
    ['a model without a known price', usage, 'gpt-13', {}],
    ['a local server, whatever the name of the model', usage, 'gpt-5.2', { baseURL: 'http://127.0.0.1:11434/v1' }],
    ['a host that only looks like OpenAI', usage, 'gpt-5.2', { baseURL: 'https://api.openai.com.example/v1' }],
    ['counts that contradict each other', { ...usage, cached: 2_000_000 }, 'gpt-5.2', {}],
    ['a model that the list has without a token price', usage, 'omni-moderation', {}],
    ['a provider that the list does not know', usage, 'gpt-5.2', { pricesOf: 'nobody' }],
  ])('is unknown for %s', ([, used, model, at]) => {
    expect(costOf(used, model, at)).toBeNull();
  });

  it('is known for another endpoint when a person says whose prices it has', () => {
    const at = { baseURL: 'https://gateway.example/v1', pricesOf: 'openai' };
    expect(costOf(usage, 'gpt-5.2', at)).toEqual(costOf(usage, 'gpt-5.2', { baseURL: 'https://api.openai.com/v1' }));
  });

  it('is nothing for nothing', () => {
    expect(costOf({ input: 0, cached: 0, cacheWrite: 0, output: 0, reasoning: 0 }, 'gpt-5.2')).toBe(0);
  });
});

it.each([
  ['gpt-5.2-codex', {}, { input: 1.75, output: 14 }],
  ['gpt-13', {}, null],
  ['omni-moderation', {}, null],
  ['gpt-5.2', { baseURL: 'http://127.0.0.1:11434/v1' }, null],
  ['gpt-5.2', { baseURL: 'http://127.0.0.1:11434/v1', pricesOf: 'openai' }, { input: 1.75, output: 14 }],
])('a million tokens of %s at %o cost %o', (model, at, price) => {
  expect(listPrice(model, at)).toEqual(price);
});

describe('the context window', () => {
  it.each([
    ['gpt-5.2-codex', {}, 400_000],
    ['gpt-13', {}, null],
    ['gpt-5.2', { baseURL: 'http://127.0.0.1:11434/v1' }, null],
  ])('of %s at %o is %s', (model, at, expected) => {
    expect(contextWindowOf(model, at)).toBe(expected);
  });
});
