import { expect, test } from 'vitest';
import type { ListedTrigger } from '../../../shared/api/triggers.ts';
import { parseTrigger } from '../../../shared/recipe/trigger.ts';
import { localTime } from '../../ground/text/local-time.ts';
import { listed } from './fixture.ts';
import { automationRow, firingRow, type Around } from './row.ts';

const alone: Around = { knownOf: () => undefined, several: false };
const row = (more: Partial<ListedTrigger> | null, around = alone) => {
  const of = more === null ? null : listed(more);
  const where = { repository: '/src/shop', name: more?.name ?? 'nightly', file: null, origin: null };
  return automationRow({ ...where, listed: of }, around);
};
const trigger = (says: object) => {
  const parsed = parseTrigger(says);
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return parsed.trigger;
};
const soon = '2026-03-04T01:30:00.000Z';
const last = { run: 'run_a', number: 12, status: 'reviewing', failedChecks: 0, at: soon, dueAt: null } as const;
const labelled = trigger({ on: { github: 'issue-labeled', label: 'agent' }, goal: 'x' });

test.each<[Partial<ListedTrigger> | null, string, string]>([
  [{}, 'off', 'off'],
  [{ standing: 'on', nextAt: soon }, `on · next ${localTime(soon)}`, 'on'],
  [{ standing: 'on', trigger: labelled }, 'on · waits on issue-labeled "agent"', 'on'],
  [{ standing: 'on', problem: 'It is late.' }, 'on, with a problem', 'troubled'],
  [{ standing: 'paused', last }, 'paused · run 12 reviewing', 'off'],
  [{ standing: 'stopped', problem: 'Its last 3 runs failed.' }, 'stopped after failures', 'off'],
  [{ trigger: null, problem: 'goal: expected a goal' }, 'cannot be used', 'broken'],
  [{ standing: 'on', trigger: null, problem: 'It is gone.' }, 'on, but cannot be used', 'lost'],
  [{ standing: 'paused', trigger: null, problem: 'It is gone.' }, 'paused, cannot be used', 'broken'],
  [null, 'not on the default branch yet', 'local'],
])('%j is %s, with the menu of %s', (more, description, context) => {
  const shown = row(more);
  expect([shown.description, shown.contextValue]).toEqual([description, `automation.${context}`]);
});

test('a row says how its run is by now, and of which repository it is where there are several', () => {
  const around: Around = {
    knownOf: (run) => (run === 'run_a' ? { status: 'accepted', failedChecks: 0 } : undefined),
    several: true,
  };
  const shown = row({ standing: 'on', last }, around);
  expect(shown.description).toBe('shop · on · run 12 accepted');
  expect(shown.said).toBe('Automation nightly: on, last: run 12 accepted. In shop.');
});

test('the card says what it does, with whose authority, within which limits, what becomes of it, and what it has spent', () => {
  const more = { schedule: '@daily', recipe: 'scan', missed: 'all', publish: 'draft', ciRepairs: 2 };
  const { facts } = row({
    standing: 'on',
    enabledBy: 'ada',
    nextAt: soon,
    last,
    trigger: trigger(more),
    spent: { runs: 3, usd: 1.5, unpriced: 1 },
  });
  expect(facts).toEqual({
    State: 'on',
    Problem: '',
    Begins: '@daily (UTC)',
    Recipe: 'scan',
    Goal: '',
    Limits: 'missed: all',
    Results: expect.stringContaining('published by themselves as a draft pull request, whose failing checks'),
    Authority: 'ada',
    Next: localTime(soon),
    Last: `${localTime(soon)}, run 12 reviewing`,
    'Spent in 30 Days': '≥ $1.50 by 3 runs',
    Repository: '/src/shop',
  });
  expect(row(null).facts['Problem']).toContain('once it is on the default branch');
  expect(row({ standing: 'paused', problem: 'It is late.' }).facts['What Went Wrong']).toBe('It is late.');
});

test('what comes from outside is a text of one line', () => {
  const shown = row({ name: 'a\u202eb\nc', problem: 'one\ntwo' });
  expect(shown.label).toBe('a<U+202E>b c');
  expect(shown.said).toContain('one two');
});

test('a firing says what came of it, and for what, or why nothing did', () => {
  const firing = { at: soon, about: 'issue 12 by ada', url: null, said: null, unpublished: null };
  const run = { run: 'run_a', number: 12, status: 'working', failedChecks: 0 } as const;
  expect(firingRow({ ...firing, run }, { knownOf: () => ({ status: 'failed', failedChecks: 0 }) })).toMatchObject({
    label: 'run 12 failed',
    description: `issue 12 by ada · ${localTime(soon)}`,
    contextValue: 'firing.run',
    icon: ['error', 'testing.iconFailed'],
  });
  const failing = { ...run, status: 'completed', failedChecks: 1 } as const;
  expect(firingRow({ ...firing, run: failing }, alone)).toMatchObject({
    label: 'run 12 completed, 1 check failed',
    icon: ['warning', 'testing.iconFailed'],
  });
  expect(firingRow({ ...firing, run: null, said: 'Enough for today.' }, alone)).toMatchObject({
    label: 'no run',
    contextValue: 'firing.none',
    said: `${localTime(soon)}: no run, for issue 12 by ada. Enough for today.`,
  });
  expect(firingRow({ ...firing, run, unpublished: 'A check failed.' }, alone).facts['Why']).toBe(
    'Not published by itself: A check failed.',
  );
});
