import { expect, test } from 'vitest';
import type { RunState } from '../../../shared/run/state.ts';
import { nothingSaved } from './so-far.ts';

const tree = (letter: string) => ({ commit: letter.repeat(40), tree: letter.repeat(40) });
const at = (head: string): RunState['tree'] => ({
  status: 'prepared',
  origin: tree('a'),
  base: tree('a'),
  head: tree(head),
  saved: null,
  bundles: [],
});
const resultAt = (head: string): RunState['result'] => ({
  head: tree(head),
  changes: 'c'.repeat(64),
  patch: 'f'.repeat(64),
  files: 1,
  additions: 1,
  deletions: 0,
});

test.each([
  ['before there is a tree', { tree: { status: 'unprepared' }, result: null }, 'Run 3 has changed nothing so far.'],
  ['on the base', { tree: at('a'), result: null }, 'Run 3 has changed nothing so far.'],
  ['on its last result', { tree: at('b'), result: resultAt('b') }, 'Run 3 has changed nothing since its last result.'],
  [
    'with changes that could not be saved',
    { tree: at('b'), result: null },
    'What run 3 has changed so far was not saved. Its page says what its calls did.',
  ],
] as const)('%s it is said why there is nothing to see', (_, state, said) => {
  expect(nothingSaved({ number: 3, turn: null, ...state })).toBe(said);
});
