import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openTree } from './fixture.ts';
import { read } from './read.ts';

const all = { from: null, lines: null };
const ok = (output: string) => ({
  outcome: 'ok',
  output,
  full: null,
  exitCode: null,
  refusedHosts: [],
  reachedHosts: [],
});
const error = (output: string) => ({ ...ok(output), outcome: 'error' });

test('a file is shown with line numbers, whatever its line ends', async () => {
  await using tree = await openTree({ 'a.ts': 'one\r\ntwo\r\n\r\nfour' });
  expect(await tree.run(read, { path: './a.ts', ...all })).toEqual(
    ok('     1\tone\n     2\ttwo\n     3\t\n     4\tfour\n'),
  );
  expect(await tree.run(read, { path: '/workspace/a.ts', from: 2, lines: 1 })).toEqual(
    ok('     2\ttwo\n[Lines 2 to 2 of 4. Go on with from: 3.]\n'),
  );
  expect(await tree.run(read, { path: 'a.ts', from: 3, lines: null })).toEqual(
    ok('     3\t\n     4\tfour\n[Lines 3 to 4 of 4.]\n'),
  );
  expect(await tree.run(read, { path: 'a.ts', from: 5, lines: null })).toEqual(error('a.ts has only 4 lines.'));
});

test('what does not fit is left out, and the text says how to go on', async () => {
  const lines = Array.from({ length: 1000 }, (_, index) => `line ${index + 1}`);
  await using tree = await openTree({
    long: `${lines.join('\n')}\n`,
    wide: `${'ü'.repeat(900)}\n`.repeat(30),
    endless: 'x'.repeat(5000),
  });
  const long = await tree.run(read, { path: 'long', from: null, lines: 5000 });
  expect(long.output.split('\n').slice(398)).toEqual([
    '   399\tline 399',
    '   400\tline 400',
    '[Lines 1 to 400 of 1000. Go on with from: 401.]',
    '',
  ]);
  const wide = await tree.run(read, { path: 'wide', ...all });
  expect(Buffer.byteLength(wide.output)).toBeLessThanOrEqual(16 * 1024);
  expect(wide.output).toMatch(/\n\[Lines 1 to 8 of 30\. Go on with from: 9\.\]\n$/);
  const endless = await tree.run(read, { path: 'endless', ...all });
  expect(endless).toEqual(ok(`     1\t${'x'.repeat(2000)} [3000 characters left out]\n`));
});

test.each([
  ['a file that is not there', 'b.ts', 'b.ts does not exist. Use list or search to find the file.'],
  ['a folder', 'src', 'src is a folder; use list to see what it holds.'],
  ['a file below a file', 'text/x', 'text/x: text is not a folder.'],
  ['a binary file', 'image', 'image is binary (4 bytes), no text in UTF-8, UTF-16 with its mark, or Windows-1252.'],
  ['a pipe', 'pipe', 'pipe is no ordinary file.'],
  [
    'a path upwards',
    '../outside/secret.txt',
    '../outside/secret.txt is outside of the workspace; only paths inside of it can be used.',
  ],
  [
    'a path upwards in its middle',
    'src/../../outside/secret.txt',
    'src/../../outside/secret.txt is outside of the workspace; only paths inside of it can be used.',
  ],
  ['an absolute path', '/etc/passwd', '/etc/passwd is outside of the workspace; only paths inside of it can be used.'],
  [
    'a link to an absolute path',
    'etc/passwd',
    'etc/passwd leads out of the workspace by a symbolic link to /etc; only paths inside of it can be used.',
  ],
  [
    'a link upwards',
    'up/outside/secret.txt',
    'up/outside/secret.txt is outside of the workspace; only paths inside of it can be used.',
  ],
  ['a link to itself', 'loop', 'loop is a symbolic link that leads to itself.'],
  ['a name that is too long', 'x'.repeat(300), `${'x'.repeat(300)}: the name is too long.`],
])('%s is refused with a sentence', async (_name, given, message) => {
  await using tree = await openTree({
    'src/a.ts': 'a',
    text: 'text',
    image: Buffer.from([0x89, 0x50, 0, 1]),
    etc: { link: '/etc' },
    up: { link: '..' },
    loop: { link: 'loop' },
  });
  execFileSync('sh', ['-c', 'mkfifo "$0"', path.join(tree.root, 'pipe')]);
  expect(await tree.run(read, { path: given, ...all })).toEqual(error(message));
});

test('links that stay inside are followed, as the sandbox would follow them', async () => {
  await using tree = await openTree({
    'src/deep/a.ts': 'a\n',
    'by-parts': { link: './src//deep/../deep/a.ts' },
    absolute: { link: '/workspace/src' },
    'src/back': { link: '../src/deep' },
  });
  for (const given of ['by-parts', 'absolute/deep/a.ts', 'src/back/a.ts'])
    expect(await tree.run(read, { path: given, ...all })).toEqual(ok('     1\ta\n'));
});
