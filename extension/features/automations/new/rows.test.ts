import { expect, test } from 'vitest';
import { scheduleOf } from '../../../../runner/local/schedule.ts';
import type { WantedOutput } from '../../../../shared/run/output.ts';
import { firstDraft, type Draft } from './draft.ts';
import { nameFor, publishNamesFor, summaryRows } from './rows.ts';

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

test.each<[WantedOutput, readonly string[], string | undefined]>([
  [{ kind: 'diff' }, ['no', 'ask', 'draft', 'ready'], 'are published by themselves, ready for review'],
  [{ kind: 'comment' }, ['no', 'ask', 'ready'], 'are written there as a comment by themselves'],
  [{ kind: 'labels', allowed: ['bug'], most: 1 }, ['no', 'ask', 'ready'], 'are put there as labels by themselves'],
  [{ kind: 'issue' }, ['no', 'ask', 'ready'], 'become a new issue by themselves'],
  [{ kind: 'release' }, ['no', 'ask', 'ready'], 'become the draft of a release by themselves'],
  [{ kind: 'report' }, ['no'], undefined],
])('what becomes of results is offered as what %j is', (output, offered, ready) => {
  const recipe = { name: 'x', title: 'X', needsGoal: false, output, inputs: {} };
  const names = publishNamesFor({ recipe });
  expect([Object.keys(names), names.ready]).toEqual([offered, ready]);
  const last = rows({ recipe, publish: ready === undefined ? 'no' : 'ready' }).slice(-1);
  expect(last).toEqual([output.kind === 'diff' ? 'Failing Checks: begin no rounds' : `Results: ${ready ?? names.no}`]);
});

test('what cannot become of results, chosen with another recipe, is named as the file has it', () => {
  const recipe = { name: 'x', title: 'X', needsGoal: false, output: { kind: 'comment' as const }, inputs: {} };
  expect(rows({ recipe, publish: 'draft' })).toContain('Results: draft');
});
