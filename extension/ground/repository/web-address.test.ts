import { expect, test } from 'vitest';
import { webAddress } from './web-address.ts';

test.each([
  ['git@github.com:acme/shop.git', 'https://github.com/acme/shop'],
  ['ssh://git@github.example.org:2222/acme/shop.git', 'https://github.example.org/acme/shop'],
  ['https://ada:secret@github.com/acme/shop', 'https://github.com/acme/shop'],
  ['http://127.0.0.1:3000/acme/shop.git/', 'http://127.0.0.1:3000/acme/shop'],
  ['https://github.com', null],
  ['/srv/shop.git', null],
  ['../shop', null],
  ['C:\\shop', null],
  ['file:///srv/shop.git', null],
  ['', null],
])('%s is at %s', (remote, address) => {
  expect(webAddress(remote)).toBe(address);
});
