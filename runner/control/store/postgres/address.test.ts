import { expect, test } from 'vitest';
import { shownAddress } from './address.ts';

test.each([
  ['postgres://ada:secret@db.example:5432/longhaul', 'postgres://ada@db.example:5432/longhaul'],
  ['postgresql://ada:s%40cret@db/longhaul?sslmode=verify-full&password=secret', 'postgres://ada@db/longhaul'],
  ['postgres://db/longhaul', 'postgres://db/longhaul'],
  ['postgres:///longhaul?host=/run/postgresql&user=ada&password=secret', 'postgres:///longhaul'],
  ['postgres://a:secret@b:c:d', 'postgres'],
])('%s is shown as %s', (url, shown) => {
  expect(shownAddress(url)).toBe(shown);
});
