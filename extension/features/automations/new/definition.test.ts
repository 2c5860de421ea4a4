import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { scheduleOf } from '../../../../runner/local/schedule.ts';
import { definitionsIn } from '../../../../runner/machine/triggers/definitions.ts';
import { comparedWith, faultsOf, fileText, nextTimes, whenFault } from './definition.ts';
import { firstDraft, type Draft, type When } from './draft.ts';

const nightly: When = { kind: 'schedule', schedule: '30 2 * * 1-5', timeZone: 'Europe/Berlin' };
const draft = (more: Partial<Draft>): Draft => ({
  ...firstDraft,
  when: nightly,
  isRecipeSaid: true,
  goal: 'Look.',
  name: 'nightly',
  ...more,
});
const recipe = (kind: 'diff' | 'comment' | 'report') => ({
  name: 'my-recipe',
  title: 'My recipe',
  inputs: { area: 'the "parser"', deep: 'true' },
  needsGoal: false,
  output: { kind },
});
/** As the runner reads it. */
const read = (text: string) => {
  const [found] = definitionsIn([{ path: 'triggers/nightly.yaml', bytes: text.length, text }], 'main');
  if (found === undefined || found.outcome === 'refused') throw new Error(found?.problem);
  return found.trigger;
};

test('the file says what was said, and nothing that is as ever', () => {
  expect(fileText(draft({}))).toBe('schedule: "30 2 * * 1-5"\ntimeZone: "Europe/Berlin"\ngoal: "Look."\n');
  const when: When = { kind: 'github', event: 'issue-labeled', value: 'good first issue' };
  const more = {
    when,
    recipe: recipe('diff'),
    goal: '',
    publish: 'draft',
    ciRepairs: 2,
    perDay: 5,
    usdPerDay: 12.5,
    whileOpen: 'skip',
  } as const;
  expect(fileText(draft(more))).toBe(
    'on:\n  github: issue-labeled\n  label: "good first issue"\nrecipe: my-recipe\ninputs:\n  area: "the \\"parser\\""\n  deep: "true"\nwhileOpen: skip\nperDay: 5\nusdPerDay: 12.5\npublish: draft\nciRepairs: 2\n',
  );
});

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((value) => value.trim() !== '');
const value = fc.oneof(
  text,
  fc.constantFrom('true', 'null', 'no', '~', '12', '0x1', '- a', 'a: b', '#', '"', "'", '{'),
);
const whens: fc.Arbitrary<When> = fc.oneof(
  fc.record({
    kind: fc.constant('schedule'),
    schedule: fc.constantFrom('@daily', '*/5 * * * *', '0 6 1 * *', '30 2 * * MON-FRI'),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
  }),
  fc.record({ kind: fc.constant('webhook'), name: fc.constantFrom('pagerduty', 'true', 'null') }),
  fc
    .tuple(fc.constantFrom(...Object.entries(comparedWith)), value, fc.constantFrom('fix', 'true', 'null', '1'))
    .map(([[event, field], any, word]) => ({
      kind: 'github' as const,
      event,
      value: field === null ? null : field === 'command' ? word : any,
    })),
);
const drafts = fc
  .record({
    when: whens,
    recipe: fc.constantFrom(null, recipe('diff')),
    goal: value,
    publish: fc.constantFrom('no' as const, 'draft' as const, 'ready' as const),
    ciRepairs: fc.integer({ min: 0, max: 10 }),
    missed: fc.constantFrom('skip' as const, 'once' as const, 'all' as const),
    whileOpen: fc.constantFrom(null, 'skip' as const, 'begin' as const),
    perDay: fc.option(fc.integer({ min: 1, max: 1000 })),
    usdPerDay: fc.option(fc.constantFrom(0.5, 20, 99_999)),
  })
  .map(draft);

/** What the runner is to make of it. */
const meant = ({ when, recipe: by, goal, publish, ciRepairs, missed, whileOpen, perDay, usdPerDay }: Draft) => {
  const common = {
    recipe: by?.name ?? null,
    inputs: by?.inputs ?? {},
    goal: goal?.trim(),
    publish,
    ciRepairs: publish === 'no' ? 0 : ciRepairs,
    usdPerDay,
  };
  const event = { ...common, whileOpen: whileOpen ?? 'begin', perDay: perDay ?? 20 };
  switch (when?.kind) {
    case undefined:
    case 'schedule':
      return {
        schedule: when?.schedule,
        timeZone: when?.timeZone,
        jitterMinutes: 0,
        ...common,
        missed,
        whileOpen: whileOpen ?? 'skip',
      };
    case 'webhook':
      return { ...event, on: { webhook: when.name } };
    case 'github': {
      const field = Object.entries(comparedWith).find(([kind]) => kind === when.event)?.[1] ?? null;
      return { ...event, on: { github: when.event, ...(field === null ? {} : { [field]: when.value?.trim() }) } };
    }
  }
};

test('whatever is said, the runner reads it from the file as it was said', () => {
  fc.assert(
    fc.property(drafts, (said) => {
      fc.pre(faultsOf(said, { others: [], scheduleOf }).length === 0);
      expect(read(fileText(said))).toEqual(meant(said));
    }),
    { numRuns: 500 },
  );
});

test.each<[Partial<Draft>, RegExp]>([
  [{}, /^$/],
  [{ name: 'Nightly' }, /The name cannot be used: expected lower-case words/],
  [{ name: 'taken' }, /There is one of that name already/],
  [{ when: { ...nightly, schedule: '61 * * * *' } }, /Invalid value for minute: 61/],
  [{ when: { ...nightly, timeZone: 'Mars/Base' } }, /expected the name of a time zone/],
  [{ goal: '' }, /expected a goal, or a recipe/],
  [{ recipe: recipe('comment') }, /comment of an issue or a pull request, and it waits for none/],
  [{ recipe: recipe('report'), publish: 'draft' }, /a report, which is published nowhere/],
])('of %j is said: %s', (more, fault) => {
  expect(faultsOf(draft(more), { others: ['taken'], scheduleOf }).join(' ')).toMatch(fault);
});

test.each<[When, RegExp]>([
  [{ kind: 'github', event: 'comment', value: 'Fix it' }, /expected a word such as fix/],
  [{ kind: 'github', event: 'push', value: '' }, /branch/],
  [{ kind: 'github', event: 'unheard-of', value: null }, /expected github with one of/],
  [{ kind: 'webhook', name: 'Pager Duty' }, /pagerduty/],
  [{ ...nightly, schedule: 'now' }, /"now" is no schedule/],
])('%j begins nothing: %s', (when, fault) => {
  expect(whenFault(when, scheduleOf)).toMatch(fault);
  expect(nextTimes(when, 0, scheduleOf)).toEqual([]);
});

test('of a schedule the next times are told', () => {
  expect(nextTimes(nightly, Date.parse('2026-03-06T12:00Z'), scheduleOf)).toEqual([
    '2026-03-09T01:30:00.000Z',
    '2026-03-10T01:30:00.000Z',
    '2026-03-11T01:30:00.000Z',
  ]);
});
