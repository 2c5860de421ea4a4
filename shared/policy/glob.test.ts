import { expect, test } from 'vitest';
import { globMatches } from './glob.ts';

test.each([
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/a/b.ts', false],
  ['src/**', 'src/a/b.ts', true],
  ['src/**', 'src', false],
  ['**/*.ts', 'a.ts', true],
  ['**/*.ts', 'a/b/c.ts', true],
  ['**/.git/**', 'a/.git/config', true],
  ['**/.git/**', '.git/config', true],
  ['**/.git', 'a.git', false],
  ['a?.ts', 'ab.ts', true],
  ['a?.ts', 'a/.ts', false],
  ['{a,b/**}', 'b/c', true],
  ['{a,b}.ts', 'c.ts', false],
  ['a.ts', 'aXts', false],
  ['a+(b)|^$', 'a+(b)|^$', true],
  ['[a]', 'a', false],
  ['{a', '{a', true],
  ['*', 'line\nbreak', true],
  ['src/a.ts', 'src/a.ts/b', false],
])('%s matches %s: %s', (glob, path, expected) => {
  expect(globMatches(glob, path)).toBe(expected);
});
