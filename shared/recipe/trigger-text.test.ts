import { expect, test } from 'vitest';
import { isWithin, parseTrigger, type Publishes } from './trigger.ts';
import { publishText } from './trigger-text.ts';

test.each<[Publishes, string | null]>([
  ['no', null],
  ['ask', 'published, once somebody has said yes, as a draft pull request'],
  ['draft', 'published by themselves as a draft pull request'],
  ['ready', 'published by themselves as a pull request'],
])('of results with publish: %s is told %j', (publish, told) => {
  const parsed = parseTrigger({ schedule: '@daily', goal: 'Look.', publish });
  expect(parsed.outcome === 'ok' ? publishText(parsed.trigger) : parsed.faults).toBe(told);
});

test('to be asked is more than nothing, and less than what is published unasked', () => {
  expect([isWithin('ask', 'no'), isWithin('ask', 'draft'), isWithin('draft', 'ask'), isWithin('ask', 'ask')]).toEqual([
    false,
    true,
    false,
    true,
  ]);
});
