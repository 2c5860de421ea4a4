import { expect, test } from 'vitest';
import { addressOf, uriParts, type DocumentAddress } from './address.ts';

const address: DocumentAddress = {
  run: 'run_abcd1234',
  round: 2,
  side: 'after',
  against: 'base',
  path: 'src/with space & ümlaut?#.ts',
  content: { as: 'text', blob: 'a'.repeat(64), bytes: 12 },
};

test('a review document is found by its address alone, and both sides have one path', () => {
  expect(addressOf(uriParts(address))).toEqual(address);
  const version = { blob: 'b'.repeat(64), bytes: 7 };
  for (const content of [
    { as: 'text', ...version },
    { as: 'image', ...version },
    { as: 'notice', ...version, mode: '100755' },
    { as: 'nothing' },
  ] as const)
    for (const against of ['base', 'nothing', 'round'] as const) {
      const before: DocumentAddress = { ...address, side: 'before', against, content };
      const parts = uriParts(before);
      expect(addressOf(parts)).toEqual(before);
      expect(uriParts(addressOf(parts)!)).toEqual(parts);
      expect(parts.path).toBe(uriParts(address).path);
    }
});

test('a comment that an earlier version kept is found in the document as it is addressed today', () => {
  const query = `round=2&side=after&blob=${'a'.repeat(64)}&bytes=12&binary=no`;
  expect(addressOf({ ...uriParts(address), query })).toEqual(address);
});

test('what is no review document has no address', () => {
  const parts = uriParts(address);
  for (const other of [
    { ...parts, scheme: 'file' },
    { ...parts, query: '' },
    { ...parts, authority: '' },
    { ...parts, query: parts.query.replace('after', 'both') },
    { ...parts, query: parts.query.replace('aaa', '../') },
    { ...parts, query: parts.query.replace('text', 'notice') },
    { ...parts, query: parts.query.replace('text', 'all') },
  ])
    expect(addressOf(other)).toBeNull();
});
