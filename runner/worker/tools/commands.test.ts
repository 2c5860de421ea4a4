import { expect, test } from 'vitest';
import { bash, commandResult } from './bash.ts';
import { openTree } from './fixture.ts';
import { search } from './search.ts';

const result = { outcome: 'ok', output: '', full: null, exitCode: null, refusedHosts: [], reachedHosts: [] } as const;
const run = (command: string) => ({ command, timeoutSeconds: null, network: null });

test('a command runs in the workspace, and the model reads how it ended', async () => {
  await using tree = await openTree({ 'a.txt': 'hello\n' }, { sandboxed: true });
  expect(await tree.run(bash, run('pwd; cat a.txt; echo new > b.txt'))).toEqual({
    ...result,
    output: 'exit code 0\n/workspace\nhello',
    exitCode: 0,
  });
  expect(await tree.run(bash, run('true'))).toEqual({ ...result, output: 'exit code 0, no output', exitCode: 0 });
  expect(await tree.run(bash, run('echo oops >&2; exit 3'))).toEqual({
    ...result,
    outcome: 'error',
    output: 'exit code 3\noops',
    exitCode: 3,
  });
  expect(await tree.read()).toEqual({ 'a.txt': 'hello\n', 'b.txt': 'new\n' });
});

test('a long output is kept whole for people, and its ends for the model', async () => {
  await using tree = await openTree({}, { sandboxed: true });
  const long = await tree.run(bash, run('seq 1 20000'));
  const whole = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('');
  expect({ ...long, output: long.output.replace(/\[\d+ bytes left out\]/, '') }).toMatchObject({
    outcome: 'ok',
    full: whole,
    exitCode: 0,
  });
  expect(long.output).toMatch(/^exit code 0\n1\n2\n[^]*\n\[\d+ bytes left out\]\n[^]*\n19999\n20000$/);
  expect(Buffer.byteLength(long.output)).toBeLessThanOrEqual(16 * 1024);
});

test('a command that takes too long is stopped', async () => {
  await using tree = await openTree({}, { sandboxed: true });
  expect(await tree.run(bash, { command: 'echo begun; sleep 60', timeoutSeconds: 1, network: null })).toEqual({
    ...result,
    outcome: 'error',
    output: 'stopped after 1 seconds, the time limit of this call\nbegun',
  });
});

test('hosts that were refused are named, in order', () => {
  const ended = {
    outcome: 'exited',
    exitCode: 7,
    output: 'curl: (56)\n',
    outputBytes: 11,
    truncated: false,
    durationMs: 5,
    reachedHosts: ['b.example:443'],
  } as const;
  expect(commandResult({ ...ended, refusedHosts: ['z.example:443', 'a.example:80'] }, 120)).toEqual({
    ...result,
    outcome: 'error',
    output:
      'exit code 7\ncurl: (56)\n[No network access to a.example:80, z.example:443. A host that is needed can be asked for in "network".]',
    exitCode: 7,
    refusedHosts: ['a.example:80', 'z.example:443'],
    reachedHosts: ['b.example:443'],
  });
});

const sources = {
  'src/b.ts': 'const needle = 1;\n',
  'src/a.ts': 'x\nneedle();\n',
  'README.md': 'a needle\n',
  '.github/ci.yml': 'needle\n',
  '.git/config': 'needle\n',
  '.gitignore': 'dist\n',
  'dist/a.js': 'needle\n',
};
const everywhere = { path: null, glob: null };

test('matches are shown by path and line, in order, without ignored files and repository data', async () => {
  await using tree = await openTree(sources, { sandboxed: true });
  expect(await tree.run(search, { pattern: 'needle', ...everywhere })).toEqual({
    ...result,
    output: '.github/ci.yml:1:needle\nREADME.md:1:a needle\nsrc/a.ts:2:needle();\nsrc/b.ts:1:const needle = 1;\n',
  });
  expect(await tree.run(search, { pattern: 'needle\\(', path: 'src', glob: '*.ts' })).toEqual({
    ...result,
    output: 'src/a.ts:2:needle();\n',
  });
  expect(await tree.run(search, { pattern: '-x|needle', path: '/workspace/src/b.ts', glob: null })).toEqual({
    ...result,
    output: 'src/b.ts:1:const needle = 1;\n',
  });
});

test('no match is an answer; a wrong pattern or path is an error', async () => {
  await using tree = await openTree(sources, { sandboxed: true });
  expect(await tree.run(search, { pattern: 'haystack', path: 'src', glob: '*.ts' })).toEqual({
    ...result,
    output: 'Nothing matches haystack in src in files like *.ts.',
  });
  expect(await tree.run(search, { pattern: 'a(', ...everywhere })).toMatchObject({
    outcome: 'error',
    output: expect.stringContaining('unclosed group') as string,
  });
  expect(await tree.run(search, { pattern: 'a', path: 'none', glob: null })).toEqual({
    ...result,
    outcome: 'error',
    output: 'none does not exist. Use list to find the folder.',
  });
  expect(await tree.run(search, { pattern: 'root', path: '../../etc', glob: null })).toMatchObject({
    outcome: 'error',
  });
});

test('of many matches a part is shown, and all are kept for people', async () => {
  const many = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`f${index}`, 'needle\n'.repeat(60)]));
  await using tree = await openTree(many, { sandboxed: true });
  const { output, full } = await tree.run(search, { pattern: 'needle', ...everywhere });
  expect(output.split('\n').slice(199)).toEqual([
    'f3:50:needle',
    '[100 more lines left out. Narrow the search by a path, a glob or a longer pattern.]',
    '',
  ]);
  expect(full?.split('\n').length).toBe(301);
});
