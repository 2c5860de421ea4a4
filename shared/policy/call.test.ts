import { expect, test } from 'vitest';
import { normalPath, parseCall } from './call.ts';

const ok = (tool: string, args: unknown, call: object) => ({
  outcome: 'ok',
  tool,
  arguments: args,
  call: { tool, command: null, paths: [], network: [], ...call },
});
const invalid = (message: string) => ({ outcome: 'invalid', message });

test.each([
  ['read', { path: './src//a.ts', from: null, lines: null }, { paths: ['src/a.ts'] }],
  ['search', { pattern: 'x', path: null, glob: null }, { paths: ['.'] }],
  ['list', { path: '/workspace/src', depth: null }, { paths: ['src'] }],
  ['bash', { command: 'ls', timeoutSeconds: null, network: ['a.example'] }, { command: 'ls', network: ['a.example'] }],
  ['bash', { command: 'ls', timeoutSeconds: null, network: null }, { command: 'ls' }],
  ['finish', { summary: 's', claims: [] }, {}],
  [
    'apply_patch',
    {
      patch:
        '*** Begin Patch\n*** Add File: ./a\n+*** Add File: not this\n*** Update File: b\n*** Move to: c/../.git/d\n*** Delete File: e\n*** End Patch',
    },
    { paths: ['a', 'b', '.git/d', 'e'] },
  ],
])('of a call of %s policy is told what it touches', (tool, args, call) => {
  expect(parseCall(tool, args)).toEqual(ok(tool, args, call));
});

test.each([
  [
    'rm',
    {},
    'There is no tool "rm". The tools are: read, search, list, edit, write, bash, apply_patch, plan, ask, finish.',
  ],
  [
    'toString',
    {},
    'There is no tool "toString". The tools are: read, search, list, edit, write, bash, apply_patch, plan, ask, finish.',
  ],
  ['read', null, 'The arguments do not fit the tool read: arguments: Invalid input: expected object, received null.'],
  [
    'write',
    { path: 'a\0b', content: '' },
    'The arguments do not fit the tool write: path: a NUL character cannot be in it.',
  ],
  [
    'write',
    { path: 'a', content: '', mode: 1 },
    'The arguments do not fit the tool write: arguments: Unrecognized key: "mode".',
  ],
  [
    'plan',
    { steps: [{ text: 'a', status: 'open' }] },
    'The arguments do not fit the tool plan: steps[0].status: Invalid option: expected one of "pending"|"active"|"done".',
  ],
  ['apply_patch', { patch: '*** Begin Patch\n*** End Patch' }, 'The patch names no file.'],
])('a call of %s with %o is refused with a sentence', (tool, args, message) => {
  expect(parseCall(tool, args)).toEqual(invalid(message));
});

test.each([
  'EXAMPLE.org',
  'https://example.org',
  'example.org:443',
  'example.org.',
  '*',
  '*.',
  'a b',
  '-a.example',
  'a..b',
  'a.example/x',
  '',
])('a host is named in one form only, so %j is refused', (host) => {
  expect(parseCall('bash', { command: 'ls', timeoutSeconds: null, network: [host] })).toMatchObject({
    outcome: 'invalid',
  });
});

test.each([
  ['a/./b//c/', 'a/b/c'],
  ['a/../b', 'b'],
  ['../a', '../a'],
  ['a/../../b', '../b'],
  ['/workspace', '.'],
  ['/workspace/a', 'a'],
  ['/workspaces/a', 'workspaces/a'],
  ['.', '.'],
])('the normal form of %s is %s', (path, normal) => {
  expect(normalPath(path)).toBe(normal);
});
