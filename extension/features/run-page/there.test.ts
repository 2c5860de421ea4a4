import { expect, test } from 'vitest';
import type { RunState } from '../../../shared/run/state.ts';
import { whereIs } from './there.ts';

const tree = (letter: string) => ({ commit: letter.repeat(40), tree: letter.repeat(40) });
const saved = (letter: string): NonNullable<RunState['soFar']> => ({
  head: tree(letter),
  changes: letter.repeat(64),
  patch: 'f'.repeat(64),
  files: 1,
  additions: 1,
  deletions: 0,
});
const at: RunState['tree'] = {
  status: 'prepared',
  origin: tree('a'),
  base: tree('a'),
  head: tree('c'),
  saved: null,
  bundles: [],
};

test.each([
  [
    'what was saved when it was asked',
    { soFar: saved('c'), result: saved('b'), tree: at, of: 'c' },
    { changes: 'c'.repeat(64) },
  ],
  [
    'the result of the round before',
    { soFar: null, result: saved('b'), tree: at, of: 'b' },
    { changes: 'b'.repeat(64) },
  ],
  ['the base, where nothing has changed', { soFar: null, result: null, tree: at, of: 'a' }, { changes: null }],
  ['nowhere, once the run has gone on', { soFar: saved('d'), result: null, tree: at, of: 'c' }, null],
  ['nowhere, before there is a tree', { soFar: null, result: null, tree: { status: 'unprepared' }, of: 'a' }, null],
] as const)('the tree of a decision is read from %s', (_, { of, ...state }, where) => {
  expect(whereIs(state, of.repeat(40))).toEqual(where);
});

test('a decision of no tree has nothing to be compared with', () => {
  expect(whereIs({ soFar: null, result: null, tree: at }, null)).toBe(null);
});
