import { expect, test } from 'vitest';
import { stateAt } from '../../../runner/cli/fixture.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { arranged, everything, filterText, placeOf, withoutFilter, type Listing } from './listing.ts';

const at = '2026-03-04T13:00:00.000Z';
const run = (
  number: number,
  of: { readonly repository?: string; readonly recipe?: string },
  rest: object,
): RunState => {
  const state = stateAt(null);
  const task = { ...state.task, repository: '/code/shop', recipe: null, ...of };
  return { ...state, number, task, ...rest };
};
const working = { status: 'working', activation: 'act_1', since: at, pausing: null };
const accepted = { status: 'accepted', by: 'person:ada', at, archived: null };
const runs = [
  run(4, {}, accepted),
  run(3, { recipe: 'add-tests' }, working),
  run(2, { repository: 'https://example.org/team/bank.git', recipe: 'add-tests' }, accepted),
  run(1, {}, { ...accepted, archived: 'person:ada' }),
];
const shown = (listing: Partial<Listing>) =>
  arranged(runs, { ...everything, ...listing }).map(({ title, runs: members }) => [
    title,
    members.map(({ number }) => number),
  ]);

test('runs are grouped by state, repository or recipe, and what is at work stands above what is over', () => {
  expect([shown({}), shown({ groupBy: 'repository' }), shown({ groupBy: 'recipe' })]).toEqual([
    [
      ['Working', [3]],
      ['Done', [4, 2]],
    ],
    [
      ['bank', [2]],
      ['shop', [3, 4]],
    ],
    [
      ['add-tests', [3, 2]],
      ['No Recipe', [4]],
    ],
  ]);
});

test('a filter leaves out what it does not name, of each kind, and archived runs are shown when they are asked for', () => {
  expect([
    shown({ repositories: ['/code/shop'] }),
    shown({ repositories: ['/code/shop'], states: ['done'] }),
    shown({ recipes: [''] }),
    shown({ recipes: [''], archived: true }),
    shown({ states: ['queued'] }),
  ]).toEqual([
    [
      ['Working', [3]],
      ['Done', [4]],
    ],
    [['Done', [4]]],
    [['Done', [4]]],
    [['Done', [4, 1]]],
    [],
  ]);
  expect(placeOf(runs[3]!, everything)).toBe(null);
});

test('the view says what it leaves out, and how to see all again', () => {
  const end = 'Clear Filter, in the title of this view, ends that.';
  expect([
    filterText(everything),
    filterText({ ...everything, archived: true }),
    filterText({ ...everything, repositories: ['/code/shop'], states: ['working', 'done'], recipes: [''] }),
    filterText({ ...everything, recipes: ['add-tests'], archived: true }),
    filterText(withoutFilter({ ...everything, groupBy: 'recipe', archived: true })),
  ]).toEqual([
    '',
    `Archived runs, too. ${end}`,
    `Only shop; Working, Done; No Recipe. ${end}`,
    `Only add-tests, archived too. ${end}`,
    '',
  ]);
});

test('what is over is folded, and so is a group that would push those below it out of sight', () => {
  const atWork = (count: number) => Array.from({ length: count }, (_, index) => run(index + 10, {}, working));
  const folding = (members: readonly RunState[]) =>
    arranged(members, everything).map(({ key, unfolded }) => [key, unfolded]);
  expect([folding([...atWork(49), ...runs]), folding([...atWork(50), ...runs])]).toEqual([
    [
      ['working', true],
      ['done', false],
    ],
    [
      ['working', false],
      ['done', false],
    ],
  ]);
});
