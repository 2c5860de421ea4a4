import { rgPath } from '@vscode/ripgrep';
import { expect, test } from 'vitest';
import { findRipgrep } from './ripgrep.ts';

test('the search program that is named is taken, else the one of the npm package', async () => {
  expect(await findRipgrep({ LONGHAUL_RIPGREP: '/opt/rg', PATH: '' })).toBe('/opt/rg');
  expect(await findRipgrep({ LONGHAUL_RIPGREP: '', PATH: '' })).toBe(rgPath);
});
