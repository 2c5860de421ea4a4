import { expect, test } from 'vitest';
import type { DecisionRequest, Json } from '../../../shared/decision/decision.ts';
import type { FileThere } from '../../ground/repository/repository.ts';
import { argumentItems } from './argument-items.ts';

const request = (tool: string, args: Json): DecisionRequest => ({
  id: 'dec_test1',
  kind: 'call',
  requester: { turn: 2, call: 'call_1' },
  action: 'Do it',
  tool,
  arguments: args,
  tree: null,
  hash: 'ab'.repeat(32),
  reason: '',
  consequence: '',
  expiresAt: '2026-01-04T00:00:00.000Z',
  onExpiry: '',
  choices: [],
});

const itemsOf = (tool: string, args: Json, there: FileThere = { kind: 'other' }) =>
  argumentItems({ request: request(tool, args), state: { id: 'run_test1' }, there });

const write = { path: 'src/a.ts', content: 'a\n\u202eb\n' };
const edit = { path: 'src/a.ts', old: 'a', new: 'b' };

test('a file that is written is shown as a file, with its exact arguments folded below', () => {
  expect(itemsOf('write', write, { kind: 'none' })).toEqual([
    { key: 'file', kind: 'code', label: 'src/a.ts, a new file of 2 lines', text: 'a\n<U+202E>b\n', as: 'text' },
    {
      key: 'proposal',
      kind: 'buttons',
      buttons: [
        {
          id: 'longhaul.openProposal',
          label: 'Open File',
          primary: false,
          action: { command: 'longhaul.openProposal', argument: { run: 'run_test1', decision: 'dec_test1' } },
        },
      ],
    },
    {
      key: 'arguments',
      kind: 'code',
      label: 'Exactly, for the tool write',
      text: '"path": "src/a.ts"\n"content": 2 lines\n  | a\n  | <U+202E>b',
      folded: true,
    },
  ]);
});

test.each([
  [
    'what changes in a file that is there',
    ['write', write, { kind: 'text', text: 'a\nc\n' }],
    ['src/a.ts, which is there: what changes', ' a\n-c\n+<U+202E>b\n '],
  ],
  [
    'that nothing changes',
    ['write', { path: 'a', content: 'x' }, { kind: 'text', text: 'x' }],
    ['a, which is there: what changes', ' (nothing)'],
  ],
  [
    'a file where nobody knows what is there',
    ['write', { path: 'a', content: 'x' }, { kind: 'other' }],
    ['a, 1 line', 'x'],
  ],
  [
    'an edit in its place',
    ['edit', edit, { kind: 'text', text: '1\na\n2' }],
    ['src/a.ts, which is there: what changes', ' 1\n-a\n+b\n 2'],
  ],
  ['an edit by itself', ['edit', edit, { kind: 'other' }], ['src/a.ts', '-a\n+b']],
  [
    'that an edit does not fit',
    ['edit', edit, { kind: 'text', text: 'aa' }],
    ['src/a.ts, which has no such text once: the edit will fail', '-a\n+b'],
  ],
  [
    'a path with what deceives',
    ['write', { path: 'a\u202eb', content: '' }, { kind: 'none' }],
    ['"a<U+202E>b", a new file of 0 lines', ''],
  ],
] as const)('%s is said', (_, [tool, args, there], [label, text]) => {
  expect(itemsOf(tool, args, there)[0]).toMatchObject({ label, text });
});

test('all else is shown exactly as it is', () => {
  expect(itemsOf('bash', { command: 'npm ci', timeoutSeconds: null, network: null })).toEqual([
    {
      key: 'arguments',
      kind: 'code',
      label: 'Exactly, for the tool bash',
      text: '"command": "npm ci"\n"timeoutSeconds": null\n"network": null',
    },
  ]);
});
