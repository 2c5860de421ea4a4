import { describe, expect, test } from 'vitest';
import { isPublicAddress, mayReach, parseAuthority, parseProxyUrl } from './rules.ts';

const allowedCalls = ['packages.host.test', '*.Example.org', '127.0.0.1', '[::1]'];

describe('what may be looked up', () => {
  test.each([
    ['packages.host.test', 443, true],
    ['packages.host.test', 80, true],
    ['packages.host.test', 22, false],
    ['packages.host.test.', 443, false],
    ['xpackages.host.test', 443, false],
    ['host.test', 443, false],
    ['a.example.org', 443, true],
    ['a.b.example.org', 443, true],
    ['example.org', 443, false],
    ['.example.org', 443, false],
    ['badexample.org', 443, false],
    ['a.example.org.evil.test', 443, false],
    ['127.0.0.1', 443, false],
    ['[::1]', 443, false],
    ['::1', 443, false],
  ])('%s port %i: %s', (host, port, expected) => {
    expect(mayReach({ host, port }, allowedCalls)).toBe(expected);
  });
});

describe('public addresses', () => {
  test.each([
    '93.184.216.34',
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.0.1',
    '192.167.1.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('%s is one', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each(
    `0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 255.255.255.255 240.0.0.1
    :: ::1 ::ffff:127.0.0.1 ::ffff:93.184.216.34 ::ffff:7f00:1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 fe80::1 fe80::1%eth0
    fc00::1 fd00:ec2::254 fec0::1 ff02::1 100::1 2001::1 2001:db8::1 2002:7f00:1::1 3fff::1 5f00::1 4000::1
    2130706433 0x7f000001 127.1 localhost`.split(/\s+/),
  )('%s is none', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('what a client names', () => {
  test.each([
    ['Example.org:443', { host: 'example.org', port: 443 }],
    ['[::1]:443', { host: '[::1]', port: 443 }],
    ['example.org', null],
    ['example.org:', null],
    ['example.org:99999999', null],
    ['user@example.org:443', null],
    ['example.org:443/path', null],
    ['exa mple.org:443', null],
    ['', null],
  ])('authority %s', (text, expected) => {
    expect(parseAuthority(text)).toEqual(expected);
  });

  test('a Host header may leave the port out', () => {
    expect(parseAuthority('example.org', 80)).toEqual({ host: 'example.org', port: 80 });
  });

  test.each([
    ['http://Example.org/a?b', { target: { host: 'example.org', port: 80 }, path: '/a?b' }],
    ['http://user:word@example.org:8080/', { target: { host: 'example.org', port: 8080 }, path: '/' }],
    ['http://2130706433/', { target: { host: '127.0.0.1', port: 80 }, path: '/' }],
    ['http://0x7f.1/', { target: { host: '127.0.0.1', port: 80 }, path: '/' }],
    ['http:example.org/', null],
    ['https://example.org/', null],
    ['ftp://example.org/', null],
    ['/path', null],
    ['*', null],
  ])('URL %s', (text, expected) => {
    expect(parseProxyUrl(text)).toEqual(expected);
  });
});
