import { expect, test } from 'vitest';
import { created, finished, followed, judged } from '../run/story/fixture.ts';
import { authorOf, writesOf } from './authors.ts';

const call = (id: string, tool: 'edit' | 'write' | 'apply_patch' | 'bash', args: Record<string, string>) => [
  judged(id, tool, args),
  finished(id, 'ok', null),
];
const { story } = followed([
  created('Fix it'),
  ...call('c1', 'write', { path: './new.ts', content: 'one\ntwo\nthree\n' }),
  ...call('c2', 'edit', { path: 'sum.ts', old: 'Adds up', new: 'Sums' }),
  ...call('c3', 'apply_patch', {
    patch: '*** Begin Patch\n*** Update File: sum.ts\n@@\n let a;\n-let b;\n+let c;\n+let d;\n*** End Patch',
  }),
  ...call('c4', 'bash', { command: 'echo x > other.ts' }),
  ...call('c5', 'edit', { path: 'new.ts', old: 'two', new: 'TWO' }),
]);
const writes = writesOf(story.moments);
const by = (path: string, before: readonly string[], after: readonly string[]) =>
  authorOf(writes, path, { before: { at: 0, lines: [...before] }, after: { at: 0, lines: [...after] } });

test('a change is told by the last call that wrote its lines, or a part of them', () => {
  expect([
    by('sum.ts', ['Adds up a cart.'], ['Sums a cart.']),
    by('sum.ts', ['let b;'], ['let c;', 'let d;']),
    by('new.ts', [], ['one']),
  ]).toEqual([
    { number: 2, tool: 'edit' },
    { number: 3, tool: 'apply_patch' },
    { number: 1, tool: 'write' },
  ]);
});

test('what a command did, what several calls did together, and another file is nobody’s', () => {
  expect([
    by('other.ts', [], ['x']),
    by('new.ts', [], ['one', 'TWO', 'three']),
    by('elsewhere.ts', ['Adds up'], ['Sums']),
    by('sum.ts', ['Adds up'], ['Totals']),
  ]).toEqual([null, null, null, null]);
});
