import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFixture, listing, type Fixture } from '../git/fixture.ts';
import { gitOrThrow } from '../git/git.ts';
import { openWorkspace } from '../../worker/workspace/git-workspace.ts';
import { snapshotRepository, type Snapshot } from './snapshot.ts';

const gitDirectory = (fixture: Fixture): string => join(fixture.folder, 'run', 'source.git');

const snapshot = (fixture: Fixture, base = 'worktree', path = fixture.repo): Promise<Snapshot> =>
  snapshotRepository({ path, gitDirectory: gitDirectory(fixture), base });

/** The files that a worker sees for a snapshot. */
const seen = async (fixture: Fixture, made: Snapshot): Promise<Record<string, string>> => {
  if (made.outcome !== 'ok') throw new Error(made.reason);
  const workspace = await openWorkspace({ lease: 1, folder: join(fixture.folder, 'workspace'), user: null });
  await workspace.prepare(made.source);
  return listing(workspace.root, (path) => path === '.git');
};

/** Everything below `.git` with its content, the index's time, and what git and the disk say about the tree. */
const userState = async (fixture: Fixture): Promise<unknown> => ({
  git: listing(join(fixture.repo, '.git')),
  index: statSync(join(fixture.repo, '.git', 'index'), { bigint: true }).mtimeNs,
  files: listing(fixture.repo, (path) => path === '.git'),
  status: await fixture.git('--no-optional-locks', 'status', '--porcelain=v2', '--branch'),
  stash: await fixture.git('stash', 'list'),
  refs: await fixture.git('for-each-ref'),
});

test('a dirty tree of 5,000 files arrives exactly as it is, and the repository it came from keeps every byte', async () => {
  await using fixture = await createFixture();
  for (let file = 0; file < 5000; file += 1)
    fixture.write(`src/${file % 50}/file ${file}.txt`, `file ${file}\n`.repeat(20));
  fixture.write('.gitignore', '*.log\nbuild/\n');
  fixture.write('mode.sh', '#!/bin/sh\n');
  fixture.write('stashed.txt', 'one\n');
  symlinkSync('mode.sh', join(fixture.repo, 'link'));
  const head = await fixture.commit('base');
  fixture.write('stashed.txt', 'two\n');
  await fixture.git('stash', 'push', '-q');

  const at = (path: string): string => join(fixture.repo, path);
  fixture.write('src/1/file 1.txt', 'modified\n');
  fixture.write('src/2/file 2.txt', 'staged\n');
  await fixture.git('add', 'src/2/file 2.txt');
  fixture.write('src/2/file 2.txt', 'staged, then modified\n');
  fixture.write('staged new.txt', 'staged new\n');
  await fixture.git('add', 'staged new.txt');
  fixture.write('untracked/ünï\ncode.txt', 'untracked\n');
  fixture.write('-rf', 'a name like an option\n');
  fixture.write('binary.bin', Buffer.from(Array.from({ length: 4096 }, (_, byte) => byte % 256)));
  fixture.write('crlf.txt', 'one\r\ntwo\r\n');
  unlinkSync(at('src/3/file 3.txt'));
  await fixture.git('rm', '-q', 'src/4/file 4.txt');
  await fixture.git('mv', 'src/5/file 5.txt', 'renamed in index.txt');
  renameSync(at('src/6/file 6.txt'), at('renamed on disk.txt'));
  chmodSync(at('mode.sh'), 0o755);
  unlinkSync(at('link'));
  symlinkSync('src/1', at('link'));
  symlinkSync('/nowhere', at('dangling'));
  rmSync(at('src/7'), { recursive: true });
  fixture.write('src/7', 'a file where a folder was\n');
  fixture.write('intended.txt', 'git add -N\n');
  await fixture.git('add', '-N', 'intended.txt');
  fixture.write('ignored.log', 'ignored\n');
  fixture.write('build/out.txt', 'ignored\n');

  const before = await userState(fixture);
  const made = await snapshot(fixture);
  expect(await userState(fixture)).toEqual(before);

  const expected = listing(fixture.repo, (path) => path === '.git' || path === 'build' || path.endsWith('.log'));
  expect(made).toEqual({
    outcome: 'ok',
    files: Object.keys(expected).length,
    notes: [],
    source: {
      kind: 'local',
      repository: fixture.repo,
      gitDirectory: gitDirectory(fixture),
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      head,
      branch: 'main',
      dirty: true,
    },
  });
  expect(await seen(fixture, made)).toEqual(expected);
  expect(await userState(fixture)).toEqual(before);
  expect(await snapshot(fixture)).toEqual(made);
});

test('the repository of a run needs nothing of the one it came from', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  await fixture.commit('one');
  fixture.write('file', 'two\n');
  const made = await snapshot(fixture);
  rmSync(fixture.repo, { recursive: true });
  expect(Object.keys(await seen(fixture, made))).toEqual(['file']);
  expect((await gitOrThrow(['fsck', '--strict'], { gitDirectory: gitDirectory(fixture) })).toString()).toBe('');
});

test('a clean tree is its own commit, and a named base is that commit', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  const one = await fixture.commit('one');
  await fixture.git('branch', 'older');
  fixture.write('file', 'two\n');
  const two = await fixture.commit('two');
  const common = { kind: 'local', repository: fixture.repo, gitDirectory: gitDirectory(fixture), dirty: false };
  const ok = (source: object): object => ({ outcome: 'ok', files: 1, notes: [], source: { ...common, ...source } });
  expect(await snapshot(fixture)).toEqual(ok({ commit: two, head: two, branch: 'main' }));
  fixture.write('file', 'dirty\n');
  expect(await snapshot(fixture, 'head')).toEqual(ok({ commit: two, head: two, branch: 'main' }));
  expect(await snapshot(fixture, 'older')).toEqual(ok({ commit: one, head: one, branch: 'older' }));
  expect(await snapshot(fixture, 'HEAD~1')).toEqual(ok({ commit: one, head: one, branch: null }));
  await fixture.git('checkout', '-q', '--detach');
  expect(await snapshot(fixture, 'head')).toEqual(ok({ commit: two, head: two, branch: null }));
});

test('a repository without commits can be delegated from its working tree', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  const made = await snapshot(fixture);
  expect(made).toMatchObject({ outcome: 'ok', files: 1, source: { head: null, branch: 'main', dirty: true } });
  expect(Object.keys(await seen(fixture, made))).toEqual(['file']);
  expect(await snapshot(fixture, 'head')).toEqual({
    outcome: 'refused',
    reason: 'The repository has no commit yet.',
    remedy: 'Commit once, or delegate the working tree.',
  });
});

test('what cannot be delegated is refused with a reason and leaves nothing behind', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  await fixture.commit('one');
  const reason = async (base?: string, path?: string): Promise<string> => {
    const made = await snapshot(fixture, base, path);
    return made.outcome === 'refused' ? made.reason : 'accepted';
  };
  expect(await reason('worktree', fixture.folder)).toBe(`${fixture.folder} is not in a git repository.`);
  expect(await reason('worktree', join(fixture.folder, 'missing'))).toBe(
    `${join(fixture.folder, 'missing')} is not in a git repository.`,
  );
  expect(await reason('worktree', join(fixture.repo, '.git'))).toContain('without a work tree');
  const bare = join(fixture.folder, 'bare.git');
  await fixture.git('init', '-q', '--bare', bare);
  expect(await reason('worktree', bare)).toBe(`${bare} is a repository without a work tree.`);
  expect(await reason('no-such-branch')).toBe(`There is no commit "no-such-branch" in ${fixture.repo}.`);
  expect(await reason('--output=/tmp/x')).toBe(`There is no commit "--output=/tmp/x" in ${fixture.repo}.`);

  await fixture.git('checkout', '-q', '-b', 'side');
  fixture.write('file', 'side\n');
  await fixture.commit('side');
  await fixture.git('checkout', '-q', 'main');
  fixture.write('file', 'main\n');
  await fixture.commit('main');
  await expect(fixture.git('merge', 'side')).rejects.toThrow('git merge failed');
  expect(await reason()).toBe('A merge is not finished: file.');
  expect(await reason('head')).toBe('accepted');
  rmSync(gitDirectory(fixture), { recursive: true });
  expect(await reason()).toBe('A merge is not finished: file.');
  expect(listing(join(fixture.folder, 'run'))).toEqual({});
});

test('another work tree of the repository, and a folder inside it, are as good as the first', async () => {
  await using fixture = await createFixture();
  fixture.write('sub/file', 'one\n');
  const head = await fixture.commit('one');
  const other = join(fixture.folder, 'other tree');
  await fixture.git('worktree', 'add', '-q', '-b', 'topic', other);
  writeFileSync(join(other, 'sub', 'file'), 'other\n');
  writeFileSync(join(other, 'new'), 'new\n');
  const made = await snapshot(fixture, 'worktree', join(other, 'sub'));
  expect(made).toMatchObject({
    outcome: 'ok',
    files: 2,
    source: { repository: other, head, branch: 'topic', dirty: true },
  });
  expect(await seen(fixture, made)).toEqual(listing(other, (path) => path === '.git'));
});

test('a repository with SHA-256 ids works', async () => {
  await using fixture = await createFixture(['--object-format=sha256']);
  fixture.write('file', 'one\n');
  await fixture.commit('one');
  fixture.write('file', 'two\n');
  const made = await snapshot(fixture);
  expect(made).toMatchObject({ outcome: 'ok', source: { commit: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  expect(await seen(fixture, made)).toEqual(listing(fixture.repo, (path) => path === '.git'));
});

test('line endings and filters that the person configured are stored as their git stores them', async () => {
  await using fixture = await createFixture();
  await fixture.git('config', 'core.autocrlf', 'true');
  await fixture.git('config', 'filter.upper.clean', 'tr a-z A-Z');
  fixture.write('.gitattributes', '*.up filter=upper\n');
  fixture.write('text.txt', 'one\r\n');
  fixture.write('same.up', 'same\n');
  await fixture.commit('one');
  fixture.write('text.txt', 'one\r\ntwo\r\n');
  fixture.write('new.up', 'new\n');
  const made = await snapshot(fixture);
  await seen(fixture, made);
  const stored = (path: string): string =>
    readFileSync(join(fixture.folder, 'workspace', 'work.1', 'tree', path), 'utf8');
  expect({ text: stored('text.txt'), same: stored('same.up'), added: stored('new.up') }).toEqual({
    text: 'one\ntwo\n',
    same: 'SAME\n',
    added: 'NEW\n',
  });
});

test("rules that are not in the tree hold for the worker's files as well", async () => {
  await using fixture = await createFixture();
  fixture.write('.git/info/exclude', 'private/\n');
  const personal = join(fixture.folder, 'my ignores');
  writeFileSync(personal, '*.swp\n');
  await fixture.git('config', 'core.excludesFile', personal);
  fixture.write('file', 'one\n');
  fixture.write('private/note', 'mine\n');
  fixture.write('file.swp', 'mine\n');
  await fixture.commit('one');
  const made = await snapshot(fixture);
  expect(Object.keys(await seen(fixture, made))).toEqual(['file']);
  const workspace = await openWorkspace({ lease: 1, folder: join(fixture.folder, 'workspace'), user: null });
  if (made.outcome !== 'ok') throw new Error(made.reason);
  const base = await workspace.prepare(made.source);
  writeFileSync(join(workspace.root, 'x.swp'), 'agent\n');
  mkdirSync(join(workspace.root, 'private'));
  writeFileSync(join(workspace.root, 'private', 'x'), 'agent\n');
  expect((await workspace.checkpoint(base, 'ignored only')).tree).toEqual(base.tree);
});

test('submodules stay pointers and repositories inside the tree stay behind, and both are told', async () => {
  await using library = await createFixture();
  library.write('lib.c', 'int x;\n');
  await library.commit('library');
  await using fixture = await createFixture();
  fixture.write('main.c', 'int y;\n');
  await fixture.git('submodule', '--quiet', 'add', library.repo, 'lib');
  await fixture.commit('with library');
  await gitOrThrow(['init', '-q', join(fixture.repo, 'inner')], { folder: fixture.repo });
  fixture.write('inner/file', 'not mine\n');
  fixture.write('lib/lib.c', 'changed inside\n');
  const before = await userState(fixture);
  const made = await snapshot(fixture);
  expect(await userState(fixture)).toEqual(before);
  expect(made).toMatchObject({
    outcome: 'ok',
    notes: [
      'inner/ is a git repository of its own and stays behind.',
      'Submodules do not come along, the worker does not see their files: lib.',
    ],
    source: { dirty: false },
  });
  expect(Object.keys(await seen(fixture, made))).toEqual(['.gitmodules', 'main.c']);
});

test('what is different in the copy is said in the source, for the person and the agent', async () => {
  await using fixture = await createFixture();
  fixture.write('.gitattributes', '*.bin filter=lfs\n');
  fixture.write('a.bin', 'version https://git-lfs.github.com/spec/v1\n');
  fixture.write('packages/a/file', 'a\n');
  fixture.write('packages/b/file', 'b\n');
  await fixture.commit('monorepo');
  await fixture.git('sparse-checkout', 'set', 'packages/a');
  const made = await snapshot(fixture, 'worktree', join(fixture.repo, 'packages/a'));
  const notes = [
    'Delegated from the folder packages/a; the agent begins at the root of the repository.',
    'This is a sparse checkout: the copy has the files outside of it too. What a run changes there is not applied to the working tree, but as a branch, or after "git sparse-checkout add".',
    'The contents of Git LFS do not come along, the worker sees their pointer files: a.bin.',
  ];
  expect(made).toMatchObject({ outcome: 'ok', notes, source: { notes } });
  expect(Object.keys(await seen(fixture, made))).toContain('packages/b/file');
});
