import { chmod, lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { edit } from './edit.ts';
import { openTree } from './fixture.ts';
import { write } from './write.ts';

const ok = (output: string) => ({
  outcome: 'ok',
  output,
  full: null,
  exitCode: null,
  refusedHosts: [],
  reachedHosts: [],
});
const error = (output: string) => ({ ...ok(output), outcome: 'error' });

test('writing makes the folders above, and all that is new belongs to the owner of the tree', async () => {
  await using tree = await openTree({});
  expect(await tree.run(write, { path: 'a/b/ü.txt', content: 'ü\n' })).toEqual(ok('Created a/b/ü.txt: 3 bytes.'));
  expect(await tree.read()).toEqual({ 'a/b/ü.txt': 'ü\n' });
  const owner = await lstat(tree.root);
  for (const [name, mode] of [
    ['a', 0o755],
    ['a/b', 0o755],
    ['a/b/ü.txt', 0o644],
  ] as const) {
    const stats = await lstat(path.join(tree.root, name));
    expect({ name, uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o777 }).toEqual({
      name,
      uid: owner.uid,
      gid: owner.gid,
      mode,
    });
  }
});

test('a file that is there keeps its mode when it is written and edited', async () => {
  await using tree = await openTree({ 'run.sh': 'echo 1\n' });
  const file = path.join(tree.root, 'run.sh');
  await chmod(file, 0o755);
  expect(await tree.run(write, { path: 'run.sh', content: 'echo 2\n' })).toEqual(ok('Wrote run.sh: 7 bytes.'));
  expect(await tree.run(edit, { path: 'run.sh', old: '2', new: '3\necho 4' })).toEqual(
    ok('Edited run.sh: lines 1 to 2.'),
  );
  expect({ content: await readFile(file, 'utf8'), mode: (await lstat(file)).mode & 0o777 }).toEqual({
    content: 'echo 3\necho 4\n',
    mode: 0o755,
  });
});

test('a byte order mark survives an edit', async () => {
  await using tree = await openTree({ 'a.cs': '\uFEFFclass A {}\r\n' });
  expect(await tree.run(edit, { path: 'a.cs', old: 'A', new: 'B' })).toEqual(ok('Edited a.cs: line 1.'));
  expect(await readFile(path.join(tree.root, 'a.cs'))).toEqual(Buffer.from('\uFEFFclass B {}\r\n'));
});

test('an edit writes through a link that stays inside', async () => {
  await using tree = await openTree({ 'real.txt': 'a\n', 'link.txt': { link: 'real.txt' } });
  expect(await tree.run(edit, { path: 'link.txt', old: 'a', new: 'b' })).toEqual(ok('Edited link.txt: line 1.'));
  expect(await tree.read()).toEqual({ 'real.txt': 'b\n', 'link.txt': '-> real.txt' });
});

test.each([
  [
    'upwards',
    '../outside/secret.txt',
    '../outside/secret.txt is outside of the workspace; only paths inside of it can be used.',
  ],
  [
    'through a link to a folder',
    'out/secret.txt',
    'out/secret.txt is outside of the workspace; only paths inside of it can be used.',
  ],
  [
    'through a link to nothing',
    'dangling',
    'dangling leads out of the workspace by a symbolic link to /tmp/longhaul-new-file; only paths inside of it can be used.',
  ],
  [
    'into repository data',
    '.git/hooks/pre-commit',
    '.git/hooks/pre-commit belongs to the repository data of git, which is not for editing.',
  ],
  [
    'into repository data by a link',
    'data/config',
    'data/config belongs to the repository data of git, which is not for editing.',
  ],
  [
    'into repository data by another case',
    'sub/.GIT/config',
    'sub/.GIT/config belongs to the repository data of git, which is not for editing.',
  ],
  ['onto a folder', 'src', 'src is a folder.'],
  ['below a file', 'src/a.ts/b', 'src/a.ts/b: src/a.ts is not a folder.'],
])('nothing is written %s', async (_name, given, message) => {
  const before = {
    'src/a.ts': 'a',
    '.git/config': '[core]',
    out: { link: '../outside' },
    dangling: { link: '/tmp/longhaul-new-file' },
    data: { link: '.git' },
  };
  await using tree = await openTree(before);
  const untouched = await tree.read();
  expect(await tree.run(write, { path: given, content: 'x' })).toEqual(error(message));
  expect(await tree.run(edit, { path: given, old: 'e', new: 'x' })).toEqual(error(message));
  expect(await tree.read()).toEqual(untouched);
  expect(await readFile(path.join(tree.root, '../outside/secret.txt'), 'utf8')).toBe('secret\n');
});

test('an edit that does not fit changes nothing and says why', async () => {
  await using tree = await openTree({ 'a.ts': 'a\na\n' });
  expect(await tree.run(edit, { path: 'a.ts', old: 'a', new: 'b' })).toEqual(
    error(
      'a.ts: The old text occurs 2 times, beginning in lines 1, 2. Give more of the lines around the one that is meant.',
    ),
  );
  expect(await tree.run(edit, { path: 'b.ts', old: 'a', new: 'b' })).toEqual(
    error('b.ts does not exist. Use write to create it.'),
  );
  expect(await tree.read()).toEqual({ 'a.ts': 'a\na\n' });
});
