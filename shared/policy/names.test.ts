import { expect, test } from 'vitest';
import { globGoesBelow, globTouches } from './names.ts';

const ci = '{.github/**,CODEOWNERS,docs/CODEOWNERS}';

test.each([
  ['.github/workflows/ci.yml', true],
  ['.GITHUB/workflows/ci.yml', true],
  ['.GitHub\\workflows\\ci.yml', true],
  ['.github./workflows/ci.yml', true],
  ['.github ./workflows/ci.yml', true],
  ['.gith\u200cub/workflows/ci.yml', true],
  ['.github:stream/x', true],
  ['codeowners', true],
  ['docs/CodeOwners. ', true],
  ['github/workflows/ci.yml', false],
  ['src/.github/ci.yml', false],
  ['.githubs/x', false],
  ['CODEOWNERS.md', false],
])('%j is what a rule on automation names: %s', (path, touched) => {
  expect(globTouches(ci, path)).toBe(touched);
});

test('composed and decomposed characters are one name, whichever of them the rule has', () => {
  expect(globTouches('pr\u00fcfung/**', 'pru\u0308fung/x')).toBe(true);
  expect(globTouches('pru\u0308fung/**', 'pr\u00fcfung/x')).toBe(true);
  expect(globTouches('\u212aelvin', 'kelvin')).toBe(true);
});

test('folding keeps the folders and what is no name', () => {
  expect(globTouches('../a/./b', '../A/./b..')).toBe(true);
});

test.each([
  ['{.github/**,a/b/*.yml}', 'a', true],
  ['{.github/**,a/b/*.yml}', 'A/B', true],
  ['{.github/**,a/b/*.yml}', '.github', true],
  ['{.github/**,a/b/*.yml}', 'a/c', false],
  ['**/.git/**', 'a', false],
  ['x/{y,z/{p,q}}/*', 'x/z', true],
  ['x/{y,z/{p,q}}/*', 'x/z/q', true],
  ['x/{y', 'x', true],
])('%s goes below %s: %s', (glob, folder, below) => {
  expect(globGoesBelow(glob, folder)).toBe(below);
});
