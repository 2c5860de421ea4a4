import { expect, test } from 'vitest';
import { RemoteRef, RemoteUrl } from '../../../shared/run/source.ts';
import { publicUrl } from './upload.ts';

test.each([
  ['https://github.com/acme/rocket.git', 'https://github.com/acme/rocket.git'],
  ['https://ada:token@github.com/acme/rocket.git', 'https://github.com/acme/rocket.git'],
  ['git@github.com:acme/rocket.git', 'https://github.com/acme/rocket.git'],
  ['github.com:acme/rocket.git', 'https://github.com/acme/rocket.git'],
  ['ssh://git@git.example.org:2222/acme/rocket.git', 'https://git.example.org/acme/rocket.git'],
  ['http://127.0.0.1:8080/x.git', 'http://127.0.0.1:8080/x.git'],
  ['file:///srv/git/x.git', 'file:///srv/git/x.git'],
  ['/srv/git/x.git', null],
  ['../x.git', null],
  ['https://github.com/acme/rocket.git?token=x', null],
  ['', null],
])('the remote %s is one that a runner can read as %s', (given, url) => {
  expect(publicUrl(given)).toBe(url);
});

test('what is no remote or ref is refused before any git sees it', () => {
  const urls = [
    'https://a@b/c',
    'ext::sh -c x',
    'https://b/c d',
    'ssh://b/c',
    '--upload-pack=x',
    'https://b/c#d',
    'https://b/\u0000',
  ];
  expect(urls.filter((url) => RemoteUrl.safeParse(url).success)).toEqual([]);
  const refs = [
    '-x',
    '--all',
    'a..b',
    'a@{1}',
    'a:b',
    'a b',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a~1',
    'a^',
    '',
    '\u0001',
    '*',
  ];
  expect(refs.filter((ref) => RemoteRef.safeParse(ref).success)).toEqual([]);
  const good = ['main', 'feature/x', 'v1.2.3', 'refs/heads/main', 'größe', 'a'.repeat(40), 'x'];
  expect(good.filter((ref) => RemoteRef.safeParse(ref).success)).toEqual(good);
});
