import { expect, test } from 'vitest';
import { proposalOf } from './proposal.ts';

const write = { kind: 'call', tool: 'write', arguments: { path: 'a.ts', content: 'new' } } as const;
const edit = { kind: 'call', tool: 'edit', arguments: { path: 'a.ts', old: 'x', new: 'y' } } as const;

test('what is asked about a file is set against what is there', () => {
  expect(proposalOf(write, { kind: 'text', text: 'old' })).toEqual({ path: 'a.ts', before: 'old', after: 'new' });
  expect(proposalOf(edit, { kind: 'text', text: '1x2' })).toEqual({ path: 'a.ts', before: '1x2', after: '1y2' });
});

test('where nothing is there, or nobody knows what, it stands for itself', () => {
  expect(proposalOf(write, { kind: 'none' })).toEqual({ path: 'a.ts', before: null, after: 'new' });
  expect(proposalOf(edit, { kind: 'other' })).toEqual({ path: 'a.ts', before: 'x', after: 'y' });
  const command = {
    kind: 'call',
    tool: 'bash',
    arguments: { command: 'x', timeoutSeconds: null, network: null },
  } as const;
  expect(proposalOf(command, { kind: 'other' })).toBe(null);
});
