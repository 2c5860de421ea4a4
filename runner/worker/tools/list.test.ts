import { expect, test } from 'vitest';
import { openTree } from './fixture.ts';
import { list } from './list.ts';

const ok = (output: string) => ({
  outcome: 'ok',
  output,
  full: null,
  exitCode: null,
  refusedHosts: [],
  reachedHosts: [],
});
const error = (output: string) => ({ ...ok(output), outcome: 'error' });

const files = {
  'b.ts': 'bb',
  'a/c.ts': '',
  'a/d/e.ts': '1',
  '.git/config': '',
  '.gitignore': 'x',
  link: { link: '/etc' },
};

test('a folder is listed in order, with sizes and link targets, and without .git', async () => {
  await using tree = await openTree(files);
  expect(await tree.run(list, { path: null, depth: null })).toEqual(ok('.gitignore  1\na/\nb.ts  2\nlink -> /etc\n'));
  expect(await tree.run(list, { path: 'a', depth: 3 })).toEqual(ok('c.ts  0\nd/\n  e.ts  1\n'));
});

test.each([
  ['b.ts', 'b.ts is a file of 2 bytes; use read.'],
  ['none', 'none does not exist. List the folder above it.'],
  ['link', 'link leads out of the workspace by a symbolic link to /etc; only paths inside of it can be used.'],
])('%s cannot be listed', async (path, message) => {
  await using tree = await openTree(files);
  expect(await tree.run(list, { path, depth: null })).toEqual(error(message));
});

test('of a large folder a part is shown, and the text says how much is missing', async () => {
  await using tree = await openTree(
    Object.fromEntries(Array.from({ length: 230 }, (_, index) => [`f${String(index).padStart(3, '0')}`, ''])),
  );
  const { output } = await tree.run(list, { path: '.', depth: 1 });
  expect(output.split('\n').slice(199)).toEqual([
    'f199  0',
    '[30 more left out; list a folder below, or less deep.]',
    '',
  ]);
});
