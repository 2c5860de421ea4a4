import { expect, test } from 'vitest';
import type { Json } from '../../../shared/decision/decision.ts';
import { besides, fieldOf, withField } from './field.ts';

const call = (tool: string, args: Json) => ({ kind: 'call', tool, arguments: args }) as const;

test.each([
  ['write', { path: 'src/a.ts', content: 'a\nb\n' }, { name: 'content', text: 'a\nb\n', file: 'a.ts' }],
  ['edit', { path: 'a.py', old: 'x', new: 'y' }, { name: 'new', text: 'y', file: 'a.py' }],
  ['bash', { command: 'npm ci', network: null }, { name: 'command', text: 'npm ci', file: 'command.sh' }],
  ['apply_patch', { patch: '*** x' }, { name: 'patch', text: '*** x', file: 'patch.diff' }],
  ['write', { path: 'a/', content: '' }, { name: 'content', text: '', file: 'content' }],
])('of %s %j one field matters', (tool, args, field) => {
  expect(fieldOf(call(tool, args))).toEqual(field);
});

test.each([
  ['line ends of two kinds', 'a\r\nb\n'],
  ['line ends that are none any more', 'a\rb'],
  ['a mark of an encoding', '\ufeffa'],
  ['half a character', 'a\ud800'],
  ['a NUL', 'a\0b'],
  ['separators that an editor asks about', 'a\u2028b'],
])('%s would not come back from an editor as they were', (_, content) => {
  expect(fieldOf(call('write', { path: 'a', content }))).toBe(null);
});

test.each([
  ['another tool', call('read', { path: 'a' })],
  ['arguments that do not fit', call('write', [1])],
  ['another kind', { kind: 'budget', tool: null, arguments: { budget: 'turns', limit: 3 } } as const],
])('%s has no such field', (_, request) => {
  expect(fieldOf(request)).toBe(null);
});

test('what is edited is put back in its place, and nothing else changes', () => {
  const args = { path: 'a.ts', content: 'a' };
  expect(JSON.stringify(withField(args, 'content', 'b'))).toBe('{"path":"a.ts","content":"b"}');
  expect(besides(args, 'content')).toEqual({ path: 'a.ts' });
});
