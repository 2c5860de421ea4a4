import { expect, test } from 'vitest';
import { addressOf, uriParts, type DocumentAddress } from './address.ts';

const address: DocumentAddress = {
  run: 'run_abcd1234',
  round: 2,
  side: 'after',
  path: 'src/with space & ümlaut?#.ts',
  blob: 'a'.repeat(64),
  bytes: 12,
  binary: false,
};

test('a review document is found by its address alone, and both sides have one path', () => {
  expect(addressOf(uriParts(address))).toEqual(address);
  const before = { ...address, side: 'before', binary: true } as const;
  expect(addressOf(uriParts(before))).toEqual(before);
  expect(uriParts(before).path).toBe(uriParts(address).path);
});

test('what is no review document has no address', () => {
  const parts = uriParts(address);
  for (const other of [
    { ...parts, scheme: 'file' },
    { ...parts, query: '' },
    { ...parts, authority: '' },
    { ...parts, query: parts.query.replace('after', 'both') },
    { ...parts, query: parts.query.replace('aaa', '../') },
  ])
    expect(addressOf(other)).toBeNull();
});
