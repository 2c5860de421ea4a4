import { expect, test } from 'vitest';
import { someEvent } from '../../test/fakes/outside-event.ts';
import { titleOfEvent } from './outside-event.ts';

test.each([
  ['The sum is wrong', 'issue 12: The sum is wrong'],
  ['', 'issue 12'],
  ['fixes #3 for @acme/owners', 'issue 12: fixes 3 for acme/owners'],
  ['closes GH-3, resolves acme/shop#4', 'issue 12: closes GH 3, resolves acme/shop 4'],
  ['closes https://github.com/acme/shop/issues/3', 'issue 12: closes https github.com/acme/shop/issues/3'],
  ['[skip ci] and [no ci]', 'issue 12: skip ci and no ci'],
  ['x'.repeat(200), `issue 12: ${'x'.repeat(69)}…`],
])('an issue called %j has runs called %j', (title, expected) => {
  expect(titleOfEvent(someEvent({ title }))).toBe(expected);
});
