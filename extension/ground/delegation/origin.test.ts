import { expect, test } from 'vitest';
import { goalOf, goalTrouble, prefillOf, type Origin } from './origin.ts';

const table: readonly (readonly [string, Origin, ReturnType<typeof prefillOf>])[] = [
  ['the palette begins empty', { kind: 'nothing' }, { text: '', whole: false, context: '' }],
  [
    'files are named, and the person says what',
    { kind: 'files', paths: ['src/a.ts', 'src/b.ts'] },
    { text: 'In src/a.ts, src/b.ts: ', whole: false, context: '' },
  ],
  [
    'a selection brings its lines along, in a fence that they cannot end',
    { kind: 'selection', path: 'README.md', from: 3, to: 5, text: '```\ncode\n```' },
    {
      text: 'In README.md:3-5: ',
      whole: false,
      context: 'The selected lines are:\n\n````\n```\ncode\n```\n````',
    },
  ],
  [
    'a problem says all: enter is enough',
    { kind: 'problem', path: 'src/a.ts', line: 12, message: "Type 'x' is wrong.", source: 'ts 2322' },
    { text: "Fix the problem in src/a.ts:12: Type 'x' is wrong. (ts 2322)", whole: true, context: '' },
  ],
  [
    'a problem of several lines is one line in the box and whole below it',
    { kind: 'problem', path: 'a.ts', line: 1, message: 'one\n  two', source: '' },
    {
      text: 'Fix the problem in a.ts:1: one two',
      whole: true,
      context: 'The whole message is:\n\n```\none\n  two\n```',
    },
  ],
  [
    'a failing test brings its message',
    { kind: 'test', label: 'adds', path: 'test/cart.test.js', line: 7, failure: 'expected 3, got 4', several: false },
    {
      text: 'Make the failing test "adds" in test/cart.test.js:7 pass',
      whole: true,
      context: 'It fails with:\n\n```\nexpected 3, got 4\n```',
    },
  ],
  [
    'a failing test without a place or a message is named',
    { kind: 'test', label: 'adds', path: null, line: null, failure: '', several: false },
    { text: 'Make the failing test "adds" pass', whole: true, context: '' },
  ],
  [
    'a test that nobody knows the end of is not called a failing one',
    { kind: 'test', label: 'adds', path: 'cart.test.js', line: 7, failure: null, several: false },
    { text: 'Make sure that the test "adds" in cart.test.js:7 passes', whole: true, context: '' },
  ],
  [
    'a file of tests is not a test',
    { kind: 'test', label: 'cart.test.js', path: 'test/cart.test.js', line: null, failure: null, several: true },
    { text: 'Make sure that all tests of "cart.test.js" in test/cart.test.js pass', whole: true, context: '' },
  ],
  [
    'of many changed files, the first are named',
    { kind: 'changes', paths: Array.from({ length: 10 }, (_, index) => `f${index}`) },
    {
      text: 'In my uncommitted changes to f0, f1, f2, f3, f4, f5, f6, f7 and 2 more: ',
      whole: false,
      context: '',
    },
  ],
  [
    'a goal from chat comes with the files that it names',
    { kind: 'goal', goal: 'Fix\nit', paths: ['src/a.ts'] },
    { text: 'Fix it', whole: true, context: 'It is about src/a.ts.' },
  ],
];

test.for(table)('%s', ([, origin, prefill]) => {
  expect(prefillOf(origin)).toEqual(prefill);
});

test('a goal is what was typed, and below it what goes along', () => {
  const prefill = prefillOf({ kind: 'selection', path: 'a.ts', from: 2, to: 2, text: 'x' });
  expect(goalOf(' In a.ts:2: rename x ', prefill)).toBe(
    'In a.ts:2: rename x\n\nThe selected lines are:\n\n```\nx\n```',
  );
});

test('what only says where is no goal yet', () => {
  const where = prefillOf({ kind: 'files', paths: ['a.ts'] });
  expect(goalTrouble('In a.ts:', where)).toBe('Say what the agent shall do there.');
  expect(goalTrouble('  ', where)).toBe('Say what the agent shall do.');
  expect(goalTrouble('In a.ts: rename x', where)).toBe(null);
  const problem = prefillOf({ kind: 'problem', path: 'a.ts', line: 1, message: 'm', source: '' });
  expect(goalTrouble(problem.text, problem)).toBe(null);
});

test('a recipe that needs no goal is content with where, or with nothing', () => {
  const where = prefillOf({ kind: 'files', paths: ['a.ts'] });
  expect(['', 'In a.ts:'].map((typed) => goalTrouble(typed, where, false))).toEqual([null, null]);
  expect(goalOf(' ', { text: '', whole: false, context: '' })).toBe('');
  expect(goalOf('', { text: '', whole: false, context: 'The selected lines are: x' })).toBe(
    'The selected lines are: x',
  );
});

test('the task of another run is there again: its first line to be edited, what is below it as it was', () => {
  const goal = 'Fix the total\n\nIt is rounded twice:\n- once in sum\n';
  const prefill = prefillOf({ kind: 'again', goal });
  expect(prefill).toEqual({ text: 'Fix the total', whole: true, context: 'It is rounded twice:\n- once in sum' });
  expect(goalOf(prefill.text, prefill)).toBe(goal.trim());
  expect(prefillOf({ kind: 'again', goal: 'One line' })).toEqual({ text: 'One line', whole: true, context: '' });
});
