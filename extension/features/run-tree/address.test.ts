import { expect, test } from 'vitest';
import { addressOf, uriParts } from './address.ts';

const tree = 'ab'.repeat(20);
const address = { run: 'run_abcd', number: 12, tree, path: 'src/a #1?.ts' };

test('an address says whose tree it is, and comes back from its parts', () => {
  expect(uriParts(address)).toEqual({
    scheme: 'longhaul-tree',
    authority: 'run_abcd',
    path: '/#12/src/a #1?.ts',
    query: `number=12&tree=${tree}`,
  });
  for (const path of ['', 'a', 'src/a #1?.ts', 'new\nline', '#3/x'])
    expect(addressOf(uriParts({ ...address, path }))).toEqual({ ...address, path });
  expect(addressOf({ ...uriParts(address), path: '/#12/src/' })?.path).toBe('src');
  for (const path of ['', '/']) expect(addressOf({ ...uriParts(address), path })).toEqual({ ...address, path: null });
});

test.each([
  ['of another scheme', { scheme: 'file' }],
  ['of no run', { authority: 'elsewhere' }],
  ['below no root', { path: '/src/a.ts' }],
  ['below the root of another', { path: '/#123/a.ts' }],
  ['of no number', { query: `tree=${tree}` }],
  ['of no tree', { query: '' }],
  ['of what is no tree', { query: 'number=12&tree=HEAD' }],
])('one %s is none', (_what, other) => {
  expect(addressOf({ ...uriParts(address), ...other })).toBe(null);
});
