import { expect, test } from 'vitest';
import { someEvent } from '../../test/fakes/outside-event.ts';
import type { RecipeInput } from './inputs.ts';
import { isWantedBy } from './outside-event.ts';
import { parseRecipe } from './recipe.ts';
import { inputFaults, inputsOf, rehearsedInputs } from './trigger-inputs.ts';
import { isScheduled, parseTrigger } from './trigger.ts';

const trigger = (says: object) => {
  const parsed = parseTrigger({ recipe: 'raise', ...says });
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return parsed.trigger;
};
const inputs = (): readonly RecipeInput[] => {
  const declared = {
    what: { type: 'string' },
    issue: { type: 'number' },
    how: { type: 'choice', choices: ['a', 'b'] },
  };
  const parsed = parseRecipe({ title: 'x', inputs: declared }, '{{what}} {{issue}} {{how}} {{goal}}');
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return parsed.recipe.inputs;
};
const opened = (given: object) => trigger({ on: { github: 'issue-opened' }, inputs: given });
const mapped = { what: { from: 'event.title' }, issue: { from: 'event.number' }, how: 'a' };

test('what happened becomes inputs, and which of them somebody outside said is known', () => {
  const event = someEvent({ title: 'It is wrong', issue: 12 });
  expect(inputsOf(opened(mapped), event)).toEqual({
    given: { what: 'It is wrong', issue: 12, how: 'a' },
    outside: ['what', 'issue'],
  });
  expect(inputsOf(opened(mapped), null)).toEqual({ given: { how: 'a' }, outside: [] });
  expect(inputFaults(opened(mapped), inputs())).toEqual([]);
  expect(rehearsedInputs(opened(mapped), inputs())).toEqual({ what: 'x', issue: 0, how: 'a' });
});

test.each<[string, object, string]>([
  ['that is missing', { what: 'x', issue: 1 }, 'The input how is missing: expected one of: a, b.'],
  ['of another type', { ...mapped, how: 'c' }, 'The input how is "c": expected one of: a, b.'],
  [
    'that the recipe has not',
    { ...mapped, more: { from: 'event.url' } },
    'The recipe has no input more. It takes: what,',
  ],
  [
    'of what such an event has not',
    { ...mapped, what: { from: 'event.branch' } },
    'The input what is from event.branch, which issue-opened has none of',
  ],
])('an input %s is told before something happens', (_name, given, fault) => {
  expect(inputFaults(opened(given), inputs())).toEqual([expect.stringContaining(fault)]);
});

test.each<[string, object, string]>([
  [
    'of no field',
    { on: { github: 'issue-opened' }, inputs: { a: { from: 'event.body' } } },
    'inputs.a: expected a value, or { from: … }',
  ],
  [
    'of an event that there is not',
    { schedule: '@daily', inputs: { a: { from: 'event.title' } } },
    'inputs.a: expected a text',
  ],
  ['without a recipe', { recipe: null, goal: 'x', schedule: '@daily', inputs: { a: 1 } }, 'inputs: only with a recipe'],
])('an input %s is refused', (_name, says, fault) => {
  const faults = [expect.stringContaining(fault)];
  expect(parseTrigger({ recipe: 'raise', ...says })).toEqual({ outcome: 'refused', faults });
});

test.each([
  [{ github: 'review-submitted' }, 'on.state: expected changes-requested'],
  [{ github: 'review-submitted', state: 'approved' }, 'on.state: expected changes-requested'],
  [{ github: 'review-submitted', state: 'changes-requested', label: 'x' }, 'on'],
])('%j is no review that a run is begun for', (on, fault) => {
  expect(parseTrigger({ recipe: 'raise', on })).toEqual({
    outcome: 'refused',
    faults: [expect.stringContaining(fault)],
  });
});

test('a review gives the number of its pull request and who handed it in', () => {
  const on = { github: 'review-submitted', state: 'changes-requested' };
  const by = trigger({ on, inputs: { what: { from: 'event.actor' }, issue: { from: 'event.number' }, how: 'a' } });
  expect(inputFaults(by, inputs())).toEqual([]);
  const event = someEvent({
    kind: 'review-submitted',
    value: 'changes-requested',
    issue: null,
    pullRequest: 7,
    review: 3,
  });
  expect(inputsOf(by, event).given).toEqual({ what: 'ada', issue: 7, how: 'a' });
  if (isScheduled(by)) throw new Error('it has no schedule');
  expect([isWantedBy(by, event), isWantedBy(by, { ...event, value: 'approved' })]).toEqual([true, false]);
});
