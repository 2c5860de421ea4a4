import { expect, test } from 'vitest';
import type { WantedOutput } from '../run/output.ts';
import { recipeFault } from './trigger-recipe.ts';
import { parseTrigger } from './trigger.ts';

const labels: WantedOutput = { kind: 'labels', allowed: ['bug'], most: 1 };
const trigger = (says: object) => {
  const parsed = parseTrigger({ recipe: 'x', ...says });
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return parsed.trigger;
};
const opened = { on: { github: 'issue-opened' } };
const nightly = { schedule: '@daily' };

test.each<[string, object, WantedOutput, RegExp]>([
  ['a diff each night', { ...nightly, publish: 'draft' }, { kind: 'diff' }, /^none$/],
  ['labels of an issue', { ...opened, publish: 'ready' }, labels, /^none$/],
  ['labels each night', nightly, labels, /labels of an issue or a pull request, and it waits for none/],
  ['a comment on a push', { on: { github: 'push', branch: 'main' } }, { kind: 'comment' }, /it waits for none/],
  ['the draft of a comment', { ...opened, publish: 'draft' }, { kind: 'comment' }, /no draft of a comment/],
  ['the draft of labels', { ...opened, publish: 'draft' }, labels, /no draft of labels/],
  ['a comment that is asked about', { ...opened, publish: 'ask' }, { kind: 'comment' }, /^none$/],
  ['a report that is asked about', { ...nightly, publish: 'ask' }, { kind: 'report' }, /published nowhere/],
  ['a published report', { ...nightly, publish: 'ready' }, { kind: 'report' }, /published nowhere/],
  ['a report each night', nightly, { kind: 'report' }, /^none$/],
  ['the draft of a release', { ...nightly, publish: 'draft' }, { kind: 'release' }, /^none$/],
])('%s', (...[, says, output, fault]) => {
  expect(recipeFault(trigger(says), { title: 'x', needsGoal: false, inputs: [], output })?.message ?? 'none').toMatch(
    fault,
  );
});

test('a recipe that needs a goal gets it from the trigger, or from what happened', () => {
  const recipe = { title: 'Mend', needsGoal: true, inputs: [], output: { kind: 'diff' } } as const;
  expect(recipeFault(trigger(nightly), recipe)?.message).toBe('Its recipe needs a goal, and it says none.');
  expect(recipeFault(trigger({ ...nightly, goal: 'It.' }), recipe)).toBe(null);
  expect(recipeFault(trigger(opened), recipe)).toBe(null);
});
