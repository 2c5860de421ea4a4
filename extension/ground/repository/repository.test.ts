import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dirtyFiles, pathWithin, repositoryOf } from './repository.ts';

const folder = async () => {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'longhaul-repository-')));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

test('a repository is found from its files and folders, and through a link', async () => {
  await using temporary = await folder();
  const root = join(temporary.path, 'repo');
  await mkdir(join(root, 'src'), { recursive: true });
  execFileSync('git', ['init', '-q', root]);
  await writeFile(join(root, 'src/a.ts'), '');
  await symlink(root, join(temporary.path, 'link'));
  const found = { outcome: 'found', root };
  expect(await repositoryOf(join(root, 'src/a.ts'))).toEqual(found);
  expect(await repositoryOf(join(root, 'src'))).toEqual(found);
  expect(await repositoryOf(join(temporary.path, 'link/src/a.ts'))).toEqual(found);
  expect(await pathWithin(root, join(temporary.path, 'link/src/a.ts'))).toBe('src/a.ts');
  expect(await pathWithin(root, join(temporary.path, 'link/src/deleted.ts'))).toBe('src/deleted.ts');
  expect(await pathWithin(root, root)).toBe('.');
  await writeFile(join(root, 'ä b.ts'), '');
  execFileSync('git', ['init', '-q', join(root, 'inner')]);
  expect(await dirtyFiles(root)).toEqual(['src/a.ts', 'ä b.ts']);
});

test('a folder outside of any repository has none', async () => {
  await using temporary = await folder();
  expect(await repositoryOf(temporary.path)).toEqual({ outcome: 'none' });
  expect(await dirtyFiles(temporary.path)).toBe(null);
});
