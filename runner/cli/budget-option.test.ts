import { expect, test } from 'vitest';
import { parseBudget } from './budget-option.ts';

test.each([
  ['turns=40,usd=2', { turns: 40, usd: 2 }],
  ['tokens=1_000_000', { tokens: 1_000_000 }],
  ['usd=none , activeMinutes=0.5', { usd: null, activeMinutes: 0.5 }],
])('%j is a budget', (text, budget) => {
  expect(parseBudget(text)).toEqual({ outcome: 'ok', budget });
});

test.each([
  ['', '"" is no budget; there are turns, tokens, usd, activeMinutes, toolMinutes, retries'],
  ['dollars=2', '"dollars" is no budget; there are turns, tokens, usd, activeMinutes, toolMinutes, retries'],
  ['turns', 'expected turns=<number>'],
  ['turns=', 'expected turns=<number>'],
  ['turns=1=2', 'expected turns=<number>'],
  ['turns=0', 'turns=0: expected a whole number above 0, or none'],
  ['turns=1.5', 'turns=1.5: expected a whole number above 0, or none'],
  ['usd=-1', 'usd=-1: expected a number above 0, or none'],
  ['usd=cheap', 'usd=cheap: expected a number above 0, or none'],
  ['turns=1,turns=2', 'turns is given twice'],
])('%j is none: %s', (text, message) => {
  expect(parseBudget(text)).toEqual({ outcome: 'invalid', message });
});
