import { expect, test } from 'vitest';
import { scheduleOf } from '../../../../runner/local/schedule.ts';
import { firstDraft, type Draft } from './draft.ts';
import { nameFor, summaryRows } from './rows.ts';

const draft: Draft = {
  ...firstDraft,
  when: { kind: 'schedule', schedule: '0 6 * * 1', timeZone: 'UTC' },
  isRecipeSaid: true,
  goal: 'Look.',
  name: 'weekly',
};
const rows = (more: Partial<Draft>) =>
  summaryRows({ draft: { ...draft, ...more }, others: ['taken'], scheduleOf, now: 0 }).map(
    ({ label, description }) => `${label.replace(/^\$\([\w-]+\) /, '')}: ${description}`,
  );

test('each thing that can be said of a schedule has a row', () => {
  expect(rows({})).toEqual([
    'Create: .longhaul/triggers/weekly.yaml',
    'Begins: 0 6 * * 1',
    'Time Zone: UTC',
    'Recipe: none',
    'Goal: Look.',
    'Name: weekly',
    'Missed Times: one run for all of them',
    'Budget: as each run has it',
    'While One Is Open: none is begun while the one before has come to no result',
    'Results: wait for review',
  ]);
});

test('of what happens there is no clock, and there is a most; checks may begin rounds of what is published', () => {
  const when = { kind: 'github', event: 'issue-labeled', value: 'agent' } as const;
  expect(rows({ when, goal: '', publish: 'draft', perDay: 3 })).toEqual([
    'Not Ready: .longhaul/triggers/weekly.yaml',
    'Begins: An issue gets a label: agent',
    'Recipe: none',
    'Goal: what the recipe says',
    'Name: weekly',
    'At Most: 3 runs a day',
    'Budget: as each run has it',
    'While One Is Open: one is begun all the same',
    'Results: become a draft pull request by themselves',
    'Failing Checks: begin no rounds',
  ]);
});

test('it is called by what it does, as nothing else is', () => {
  const recipe = { name: 'scan', title: 'Scan', needsGoal: false, output: { kind: 'report' }, inputs: {} } as const;
  expect(nameFor(draft, [])).toBe('scheduled');
  expect(nameFor({ ...draft, recipe }, ['scan-scheduled', 'scan-scheduled-2'])).toBe('scan-scheduled-3');
  expect(nameFor({ ...draft, when: { kind: 'github', event: 'push', value: 'main' } }, [])).toBe('push');
});
