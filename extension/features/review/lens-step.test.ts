import { expect, test } from 'vitest';
import { lensStep, type Lenses } from './lens-step.ts';

const step = (given: Partial<Lenses>) => lensStep({ open: true, answer: null, own: null, wasSet: false, ...given });

test('a person is asked once, and what is switched on for a review is switched off after the last one', () => {
  expect([
    step({}),
    step({ answer: true }),
    step({ answer: false }),
    step({ answer: true, own: true, wasSet: true }),
    step({ answer: true, own: true, wasSet: true, open: false }),
    step({ open: false }),
  ]).toEqual(['ask', 'set', null, null, 'take back', null]);
});

test('what a person has set themselves stays, be it on or off', () => {
  for (const own of [true, false])
    for (const open of [true, false])
      expect([step({ own, open }), step({ own, open, answer: true })]).toEqual([null, null]);
});
