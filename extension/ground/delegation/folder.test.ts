import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { commonFolder, foldersFor } from './folder.ts';
import type { Origin } from './origin.ts';

test.each([
  [['web/src', 'web/test'], 'web'],
  [['web', 'web'], 'web'],
  [['web', 'webs'], ''],
  [['.'], ''],
  [['a', '.'], ''],
  [[], ''],
])('the folder that %j have in common is %j', (folders, expected) => {
  expect(commonFolder(folders)).toBe(expected);
});

test('the package that it was called from is the likeliest, and the root can always be chosen', async () => {
  const root = mkdtempSync(join(tmpdir(), 'folders-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const file of ['web/package.json', 'web/src/a.ts', 'docs/b.md']) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), '{"scripts": {"test": "vitest"}}');
  }
  const folders = async (origin: Origin) => (await foldersFor(root, origin)).map(({ folder }) => folder);
  expect(await foldersFor(root, { kind: 'files', paths: ['web/src'] })).toEqual([
    { folder: 'web', found: { folder: 'web', tests: [{ file: 'package.json', command: 'npm test' }] } },
    { folder: 'web/src', found: { folder: 'web', tests: [{ file: 'package.json', command: 'npm test' }] } },
    { folder: '', found: null },
  ]);
  expect(await folders({ kind: 'problem', path: 'web/src/a.ts', line: 1, message: '', source: '' })).toEqual([
    'web',
    'web/src',
    '',
  ]);
  expect(await folders({ kind: 'changes', paths: ['web/src/a.ts', 'docs/b.md'] })).toEqual(['']);
  expect(await folders({ kind: 'changes', paths: ['gone/c.ts'] })).toEqual(['']);
  expect(await folders({ kind: 'nothing' })).toEqual(['']);
  // Called from nowhere in particular, in a window on a folder of the repository.
  const opened = async (origin: Origin) => (await foldersFor(root, origin, 'web/src')).map(({ folder }) => folder);
  expect(await opened({ kind: 'nothing' })).toEqual(['web', 'web/src', '']);
  expect(await opened({ kind: 'files', paths: ['docs/b.md'] })).toEqual(['', 'docs']);
});
