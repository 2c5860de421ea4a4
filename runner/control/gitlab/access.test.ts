import { expect, test } from 'vitest';
import { hostOf, projectOf } from './access.ts';

test.each([
  [null, 'https://gitlab.com/acme/shop', ['https://gitlab.com', 'acme/shop']],
  [null, 'https://gitlab.com/acme/tools/more/shop.git', ['https://gitlab.com', 'acme/tools/more/shop']],
  [
    'https://git.example.org/gitlab/api/v4',
    'https://git.example.org/gitlab/acme/shop.git',
    ['https://git.example.org/gitlab', 'acme/shop'],
  ],
  ['https://api.example.org/api/v4/', 'https://git.example.org/acme/shop/', ['https://api.example.org', 'acme/shop']],
])('with the API at %s, the project of %s is known', (apiUrl, url, known) => {
  expect([hostOf({ apiUrl }, url), projectOf({ apiUrl }, url)]).toEqual(known);
});

test.each(['https://gitlab.com/acme', 'https://gitlab.com/', 'https://gitlab.com/acme/%E0%A4'])(
  '%s is no project',
  (url) => {
    expect(() => projectOf({ apiUrl: null }, url)).toThrow(/is no project of GitLab's/);
  },
);
