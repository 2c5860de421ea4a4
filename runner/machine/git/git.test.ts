import { chmodSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blobId, readBlobs } from './blobs.ts';
import { createFixture } from './fixture.ts';
import { git, gitOrThrow, line, splitNul } from './git.ts';
import { copyIndex } from './index-file.ts';

test('a failure is a value with exit code and words, and orThrow puts them into the error', async () => {
  await using fixture = await createFixture();
  const options = { folder: fixture.repo };
  expect(await git(['rev-parse', '--verify', 'nothing'], options)).toEqual({
    ok: false,
    code: 128,
    output: Buffer.from(''),
    errors: 'fatal: Needed a single revision',
  });
  await expect(gitOrThrow(['rev-parse', '--verify', 'nothing'], options)).rejects.toThrow(
    'git rev-parse failed (128): fatal: Needed a single revision',
  );
});

test('no hook, file monitor or alias program of a repository runs, and no configuration of the machine is read', async () => {
  await using fixture = await createFixture();
  const witness = join(fixture.folder, 'witness');
  const script = join(fixture.folder, 'program.sh');
  writeFileSync(script, `#!/bin/sh\necho ran >> '${witness}'\n`);
  chmodSync(script, 0o755);
  const hooks = join(fixture.repo, '.git', 'hooks', 'post-index-change');
  fixture.write('.git/hooks/post-index-change', readFileSync(script));
  chmodSync(hooks, 0o755);
  await fixture.git('config', 'core.fsmonitor', script);
  fixture.write('file', 'content');
  await gitOrThrow(['add', '-A'], { folder: fixture.repo });
  await gitOrThrow(['status'], { folder: fixture.repo });
  expect(() => statSync(witness)).toThrow('ENOENT');
  const origins = await gitOrThrow(['config', '--list', '--show-scope', '-z'], { folder: fixture.repo });
  expect(new Set(splitNul(origins).filter((_, position) => position % 2 === 0))).toEqual(new Set(['local', 'command']));
});

test('an alternate object folder may have separators, quotes and newlines in its name', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'content');
  const commit = await fixture.commit('one');
  const odd = join(fixture.folder, 'a:b "c"\n\\d');
  await gitOrThrow(['clone', '-q', '--bare', fixture.repo, odd], {
    folder: fixture.folder,
    config: ['protocol.file.allow=always'],
  });
  const empty = join(fixture.folder, 'empty.git');
  await gitOrThrow(['init', '-q', '--bare', empty], { folder: fixture.folder });
  const options = { gitDirectory: empty, alternates: [join(odd, 'objects')] };
  expect(line(await gitOrThrow(['cat-file', '-t', commit], options))).toBe('commit');
});

test('aborting ends git and rejects', async () => {
  await using fixture = await createFixture();
  const abort = new AbortController();
  const waiting = git(['cat-file', '--batch'], { folder: fixture.repo, signal: abort.signal });
  abort.abort();
  await expect(waiting).rejects.toThrow('aborted');
});

test('blobs come whole and in order, empty and large ones too', async () => {
  await using fixture = await createFixture();
  const contents = [Buffer.from(''), Buffer.alloc(3_000_000, 'long line\n'), Buffer.from('\0\n\n'), Buffer.from('')];
  contents.forEach((content, position) => fixture.write(`f${position}`, content));
  await fixture.commit('all');
  const ids = contents.map((content) => blobId(content, '0'.repeat(40)));
  const read: Buffer[] = [];
  for await (const content of readBlobs({ gitDirectory: join(fixture.repo, '.git') }, ids)) read.push(content);
  expect(read.map((content) => content.equals(contents[read.indexOf(content)]!))).toEqual([true, true, true, true]);
  const missing = readBlobs({ gitDirectory: join(fixture.repo, '.git') }, ['0'.repeat(40)]);
  await expect(missing.next()).rejects.toThrow('expected a blob');
});

test('an edit made in the instant that the index was written shows through a copy of the index', async () => {
  await using fixture = await createFixture();
  // Only the time tells this edit: same size, and git is told to believe nothing else.
  await fixture.git('config', 'core.trustctime', 'false');
  await fixture.git('config', 'core.checkStat', 'minimal');
  fixture.write('file', 'aaaa');
  const instant = new Date(Date.now() - 10_000);
  utimesSync(join(fixture.repo, 'file'), instant, instant);
  await fixture.commit('one');
  const index = join(fixture.repo, '.git', 'index');
  fixture.write('file', 'bbbb');
  utimesSync(join(fixture.repo, 'file'), instant, instant);
  utimesSync(index, instant, instant);
  const copy = join(fixture.folder, 'copied index');
  expect(await copyIndex(index, copy)).toBe(true);
  const options = { gitDirectory: join(fixture.repo, '.git'), workTree: fixture.repo, index: copy };
  expect(splitNul(await gitOrThrow(['diff-files', '-z', '--name-only'], options))).toEqual(['file']);
  expect(await copyIndex(join(fixture.folder, 'no index'), copy)).toBe(false);
});
