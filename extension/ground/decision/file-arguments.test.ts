import { expect, test } from 'vitest';
import type { Json } from '../../../shared/decision/decision.ts';
import { editAsPatch, fileArguments, proposedText } from './file-arguments.ts';

const of = (tool: string, args: Json) => fileArguments({ kind: 'call', tool, arguments: args });

test('what a call writes is told by its tool, with the path as rules see it', () => {
  expect(of('write', { path: '/workspace/./src/a.ts', content: 'x' })).toEqual({
    kind: 'write',
    path: 'src/a.ts',
    content: 'x',
  });
  expect(of('edit', { path: 'a', old: 'x', new: '' })).toEqual({ kind: 'edit', path: 'a', old: 'x', new: '' });
  const patch = '*** Begin Patch\n*** Delete File: a\n*** End Patch';
  expect(of('apply_patch', { patch })).toEqual({ kind: 'patch', patch });
});

test('what does not fit its tool, or writes nothing, is no file', () => {
  expect(of('write', { path: 'a' })).toBe(null);
  expect(of('bash', { command: 'x', timeoutSeconds: null, network: null })).toBe(null);
  expect(fileArguments({ kind: 'budget', tool: null, arguments: null })).toBe(null);
});

test.each([
  ['a\nb\nc', 'a\nB\nc', ' a\n-b\n+B\n c'],
  ['a', 'a\nb', ' a\n+b'],
  ['a\na', 'a', ' a\n-a'],
  ['x', '', '-x\n+'],
  ['same', 'same', ' same'],
  ['1\n2\n3\n4\nx\n5', '1\n2\n3\n4\ny\n5', '@@ 1 line more that stays @@\n 2\n 3\n 4\n-x\n+y\n 5'],
])('%j that becomes %j is shown as a patch', (before, after, patch) => {
  expect(editAsPatch(before, after)).toBe(patch);
});

test('an edit fits where its text is there once', () => {
  const edit = { kind: 'edit', path: 'a', old: 'x', new: 'y$&' } as const;
  expect([proposedText(edit, 'axb'), proposedText(edit, 'xx'), proposedText(edit, null)]).toEqual([
    'ay$&b',
    null,
    null,
  ]);
  expect(proposedText({ kind: 'write', path: 'a', content: 'new' }, 'old')).toBe('new');
});
