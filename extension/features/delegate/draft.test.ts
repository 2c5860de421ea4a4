import { expect, test } from 'vitest';
import { firstChoices } from '../../ground/delegation/choices.ts';
import { prefillOf } from '../../ground/delegation/origin.ts';
import { draftTitle, isWorthKeeping, readDraft, type Draft } from './draft.ts';

const prefill = prefillOf({ kind: 'selection', path: 'src/cart.js', from: 3, to: 4, text: 'total += price;' });
const first: Draft = {
  prefill,
  from: 'selection',
  typed: prefill.text,
  choices: firstChoices,
  session: 'c0ffee00-0000-4000-8000-000000000000',
};

test('what a person typed or chose is worth keeping, and what was filled in is not', () => {
  expect(isWorthKeeping(first, first)).toBe(false);
  expect(isWorthKeeping({ ...first, typed: `${prefill.text}round it` }, first)).toBe(true);
  expect(isWorthKeeping({ ...first, choices: { ...firstChoices, base: 'head' } }, first)).toBe(true);
});

test('a draft comes back as it was kept, with the context of where it was called', () => {
  const draft = { ...first, typed: 'In src/cart.js:3-4:\nround it' };
  expect(readDraft(JSON.parse(JSON.stringify(draft)))).toEqual(draft);
  expect(draftTitle(draft)).toBe('In src/cart.js:3-4: round it');
});

test('what cannot be read is no draft', () => {
  expect(readDraft(undefined)).toBe(null);
  expect(readDraft({ ...first, choices: { base: 'elsewhere' } })).toBe(null);
});
