import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dirtyFiles, fileInCommit, originOf, pathWithin, repositoryOf, uncommittedIn } from './repository.ts';

const folder = async () => {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'longhaul-repository-')));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

test('where it was cloned from is an address of the web, or nobody knows', async () => {
  await using temporary = await folder();
  execFileSync('git', ['init', '-q', temporary.path]);
  expect(await originOf(temporary.path)).toBe(null);
  execFileSync('git', ['-C', temporary.path, 'remote', 'add', 'origin', 'git@github.com:acme/shop.git']);
  expect(await originOf(temporary.path)).toBe('https://github.com/acme/shop');
});

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

test('what is at a path of a commit is read as it is, and nothing but the text of a file', async () => {
  await using temporary = await folder();
  const root = join(temporary.path, 'repo');
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@host.test', ...args], {
      encoding: 'utf8',
    });
  await mkdir(join(root, 'src'), { recursive: true });
  execFileSync('git', ['init', '-q', root]);
  await writeFile(join(root, 'src/*.ts'), 'one\r\ntwo\n');
  await writeFile(join(root, 'src/b.ts'), 'other');
  await writeFile(join(root, 'binary'), 'a\0b');
  await symlink('src', join(root, 'link'));
  git('add', '-A');
  git('commit', '-qm', 'x');
  const tree = git('rev-parse', 'HEAD^{tree}').trim();
  const at = (path: string, of = tree) => fileInCommit(join(root, '.git'), of, path);
  expect(await at('src/*.ts')).toEqual({ kind: 'text', text: 'one\r\ntwo\n' });
  expect(await at('src/none.ts')).toEqual({ kind: 'none' });
  for (const path of ['src', 'link', 'binary']) expect(await at(path)).toEqual({ kind: 'other' });
  expect(await at('src/b.ts', 'f'.repeat(40))).toEqual({ kind: 'other' });
});

test('what of a file is in no commit is told by its lines, and a file without one is that as a whole', async () => {
  await using temporary = await folder();
  const root = join(temporary.path, 'repo');
  const git = (...args: readonly string[]): Buffer =>
    execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@host.test', ...args]);
  await mkdir(root);
  git('init', '-q');
  await writeFile(join(root, '*.ts'), 'one\ntwo\nthree\nfour\n');
  expect(await uncommittedIn(root, '*.ts')).toBe('all');
  git('add', '-A');
  git('commit', '-qm', 'x');
  expect(await uncommittedIn(root, '*.ts')).toEqual([]);
  await writeFile(join(root, '*.ts'), 'one\n2\nthree\nfour\nfive\n');
  git('add', '-A');
  await writeFile(join(root, '*.ts'), 'one\n2\nthree\nfive\n');
  const stretches = [
    { at: 1, lines: ['2\n'] },
    { at: 3, lines: ['five\n'] },
  ];
  expect(await uncommittedIn(root, '*.ts')).toEqual(stretches);
  await writeFile(join(root, 'new.ts'), '');
  expect(await uncommittedIn(root, 'new.ts')).toBe('all');
  git('commit', '-qam', 'y');
  expect(await uncommittedIn(root, '*.ts')).toEqual([]);
});
