import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitOrThrow, line } from '../../machine/git/git.ts';
import { longhaul } from '../../machine/git/longhaul.ts';
import { writeCommit } from './commit-object.ts';

const ref = 'refs/longhaul/latest';

const repositoryOf = (format: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-commit-'));
  execFileSync('git', ['init', '-q', '--bare', `--object-format=${format}`, folder]);
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
};

test.for(['sha1', 'sha256'])('a commit is the one that git would write, in a %s repository', async (format) => {
  using ours = repositoryOf(format);
  using theirs = repositoryOf(format);
  const commits: string[][] = [];
  for (const { folder } of [ours, theirs]) {
    const tree = line(await gitOrThrow(['mktree'], { gitDirectory: folder }));
    let parent: string | null = null;
    const ids: string[] = [];
    for (const label of ['Base', 'bash call_1', 'Größe\n\nwith more lines\n', '']) {
      if (folder === ours.folder) parent = writeCommit(folder, { tree, parent, label, rest: null }, ref);
      else {
        const args: string[] = ['commit-tree', tree, ...(parent === null ? [] : ['-p', parent]), '-F', '-'];
        const options = { gitDirectory: folder, identity: longhaul, input: `${label}\n` };
        parent = line(await gitOrThrow(args, options));
      }
      ids.push(parent);
    }
    commits.push(ids);
  }
  expect(commits[0]).toEqual(commits[1]);
  const read = { gitDirectory: ours.folder };
  expect(line(await gitOrThrow(['rev-parse', ref], read))).toBe(commits[0]?.at(-1));
  expect((await gitOrThrow(['fsck', '--strict', '--full', '--no-dangling'], read)).toString()).toBe('');
});

test('a commit that is there already is not written again, and only the ref moves', async () => {
  using repository = repositoryOf('sha1');
  const { folder } = repository;
  const tree = line(await gitOrThrow(['mktree'], { gitDirectory: folder }));
  const first = writeCommit(folder, { tree, parent: null, label: 'one', rest: null }, ref);
  const second = writeCommit(folder, { tree, parent: first, label: 'two', rest: null }, ref);
  const objects = readdirSync(join(folder, 'objects'), { recursive: true });
  expect(writeCommit(folder, { tree, parent: null, label: 'one', rest: null }, ref)).toBe(first);
  expect(readdirSync(join(folder, 'objects'), { recursive: true })).toEqual(objects);
  expect(line(await gitOrThrow(['rev-parse', ref], { gitDirectory: folder }))).toBe(first);
  expect(second).not.toBe(first);
});

test('a NUL in a label does not cut the message short', async () => {
  using repository = repositoryOf('sha1');
  const gitDirectory = repository.folder;
  const tree = line(await gitOrThrow(['mktree'], { gitDirectory }));
  const commit = writeCommit(gitDirectory, { tree, parent: null, label: 'a\0b', rest: null }, ref);
  expect((await gitOrThrow(['log', '-1', '--format=%B', commit], { gitDirectory })).toString()).toBe('a b\n\n');
});
