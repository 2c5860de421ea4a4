import { chmod, lstat } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { applyPatch } from './apply-patch.ts';
import { openTree, type Entry } from './fixture.ts';

const ok = (output: string) => ({
  outcome: 'ok',
  output,
  full: null,
  exitCode: null,
  refusedHosts: [],
  reachedHosts: [],
});
const error = (output: string) => ({ ...ok(output), outcome: 'error' });
const patch = (...lines: string[]) => ({ patch: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') });

const files: Record<string, Entry> = {
  'a.ts': 'one\ntwo\nthree\n',
  'b.ts': 'b\n',
  'c.ts': 'c\n',
  link: { link: 'b.ts' },
  out: { link: '/etc/hosts' },
  '.git/config': '',
};

test('a patch adds, updates, moves and deletes at once', async () => {
  await using tree = await openTree(files);
  await chmod(path.join(tree.root, 'b.ts'), 0o755);
  const result = await tree.run(
    applyPatch,
    patch(
      '*** Add File: new/d.ts',
      '+d',
      '*** Update File: a.ts',
      ' one',
      '-two',
      '+2',
      '*** Update File: b.ts',
      '*** Move to: new/b.ts',
      '@@',
      '-b',
      '+B',
      '*** Delete File: c.ts',
      '*** Delete File: out',
    ),
  );
  expect(result).toEqual(ok('Added new/d.ts.\nUpdated a.ts.\nMoved b.ts to new/b.ts.\nDeleted c.ts.\nDeleted out.'));
  expect(await tree.read()).toEqual({
    '.git/config': '',
    'a.ts': 'one\n2\nthree\n',
    link: '-> b.ts',
    'new/b.ts': 'B\n',
    'new/d.ts': 'd\n',
  });
  expect((await lstat(path.join(tree.root, 'new/b.ts'))).mode & 0o777).toBe(0o755);
});

test('one file may be changed by several sections, each upon the one before', async () => {
  await using tree = await openTree({ 'a.ts': 'one\n' });
  const result = await tree.run(
    applyPatch,
    patch(
      '*** Update File: a.ts',
      '-one',
      '+two',
      '*** Update File: a.ts',
      '-two',
      '+three',
      '*** Add File: b.ts',
      '+b',
      '*** Delete File: b.ts',
    ),
  );
  expect(result).toEqual(ok('Updated a.ts.\nUpdated a.ts.\nAdded b.ts.\nDeleted b.ts.'));
  expect(await tree.read()).toEqual({ 'a.ts': 'three\n' });
});

test.each([
  [
    'a hunk that does not fit',
    ['*** Update File: b.ts', '-x', '+y'],
    'b.ts: Hunk 1: these lines do not occur in the file:\nx',
  ],
  ['a file that is there already', ['*** Add File: b.ts', '+y'], 'b.ts is there already; use "*** Update File".'],
  [
    'a target that is there already',
    ['*** Update File: b.ts', '*** Move to: c.ts'],
    'c.ts is there already; use "*** Update File".',
  ],
  ['a file that is missing', ['*** Update File: x.ts', '-x', '+y'], 'x.ts does not exist; use "*** Add File".'],
  ['deleting what is missing', ['*** Delete File: x.ts'], 'x.ts does not exist.'],
  ['deleting twice', ['*** Delete File: c.ts', '*** Delete File: c.ts'], 'c.ts does not exist.'],
  [
    'updating what it deleted',
    ['*** Delete File: c.ts', '*** Update File: c.ts', '-c', '+d'],
    'c.ts does not exist; use "*** Add File".',
  ],
  [
    'a file as a folder',
    ['*** Add File: x', '+x', '*** Add File: x/y', '+y'],
    'x/y would be a file and a folder at once.',
  ],
  [
    'a folder as a file',
    ['*** Add File: x/y', '+x', '*** Add File: x', '+y'],
    'x would be a file and a folder at once.',
  ],
  [
    'a path upwards',
    ['*** Add File: ../x', '+x'],
    '../x is outside of the workspace; only paths inside of it can be used.',
  ],
  [
    'a move out',
    ['*** Update File: b.ts', '*** Move to: /tmp/b.ts'],
    '/tmp/b.ts is outside of the workspace; only paths inside of it can be used.',
  ],
  [
    'a link that leads out',
    ['*** Update File: out', '-x', '+y'],
    'out leads out of the workspace by a symbolic link to /etc/hosts; only paths inside of it can be used.',
  ],
  ['repository data', ['*** Delete File: .git/config'], '.git/config belongs to the repository data of git.'],
])('%s leaves the whole tree as it was', async (_name, lines, message) => {
  await using tree = await openTree(files);
  const before = await tree.read();
  expect(await tree.run(applyPatch, patch('*** Update File: a.ts', '-one', '+1', ...lines))).toEqual(
    error(`${message} Nothing was changed.`),
  );
  expect(await tree.read()).toEqual(before);
});

test('what is no patch is refused with the reason', async () => {
  await using tree = await openTree({});
  expect(await tree.run(applyPatch, { patch: '--- a\n+++ b' })).toEqual(
    error('The patch must begin with a line *** Begin Patch.'),
  );
});
