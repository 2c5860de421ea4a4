import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AppliedFile } from '../../../shared/api/runner-api.ts';
import type { ChangedFile, ChangeSet } from '../../../shared/run/artifacts.ts';
import type { LocalSource } from '../../../shared/run/source.ts';
import { isDone } from '../../../shared/api/written.ts';
import { keepingIn } from '../../../test/harness/keeping.ts';
import { createFixture, listing, type Fixture } from '../git/fixture.ts';
import { openWorkspace } from '../../worker/workspace/git-workspace.ts';
import { applyToWorktree, type Apply } from './apply.ts';
import { applyAsBranch } from './branch.ts';
import { snapshotRepository } from './snapshot.ts';
import { undoApply } from './undo.ts';

interface Delegated {
  readonly source: LocalSource;
  readonly changes: ChangeSet;
  readonly read: (hash: string) => Promise<Buffer>;
  readonly undo: string;
}

/** Delegates the fixture's tree, lets `work` be the agent in the workspace's folder, and gives the result to review. */
const delegate = async (fixture: Fixture, work: (root: string) => void): Promise<Delegated> => {
  const snapshot = await snapshotRepository({
    path: fixture.repo,
    gitDirectory: join(fixture.folder, 'source.git'),
    base: 'worktree',
  });
  if (snapshot.outcome !== 'ok') throw new Error(snapshot.reason);
  const workspace = await openWorkspace({ lease: 1, folder: join(fixture.folder, 'workspace'), user: null });
  const base = await workspace.prepare(snapshot.source);
  work(workspace.root);
  const head = await workspace.checkpoint(base, 'work');
  const blobs = new Map<string, Buffer>();
  const store = async (content: Buffer): Promise<string> => {
    const hash = createHash('sha256').update(content).digest('hex');
    blobs.set(hash, content);
    return hash;
  };
  const { files, patch } = await workspace.changes(base, head, keepingIn(store));
  const changes = { base, head, patch, files: [...files] };
  const read = async (hash: string): Promise<Buffer> => blobs.get(hash) ?? Promise.reject(new Error(`no blob ${hash}`));
  return { source: snapshot.source, changes, read, undo: join(fixture.folder, 'undo') };
};

const outcomes = (applied: Apply): Record<string, string> => {
  if (applied.outcome !== 'ok') throw new Error(applied.reason);
  const tell = ({ outcome, reason }: AppliedFile): string => `${outcome}${reason === '' ? '' : `: ${reason}`}`;
  return Object.fromEntries(applied.files.map((file) => [file.path, tell(file)]));
};

const tree = (fixture: Fixture): Record<string, string> => listing(fixture.repo, (path) => path === '.git');
const gitState = (fixture: Fixture): Record<string, string> => listing(join(fixture.repo, '.git'));
const lines = (...changed: string[]): string =>
  Array.from({ length: 12 }, (_, line) => `${changed[line] ?? `line ${line}`}\n`).join('');

test('a result lands next to work that went on: merged, marked or left alone, never overwritten; and undo brings all of it back', async () => {
  await using fixture = await createFixture();
  const at = (path: string): string => join(fixture.repo, path);
  for (const name of ['untouched', 'merges', 'collides', 'same', 'moves', 'moved and changed', 'deleted both'])
    fixture.write(name, `${name}\n${lines()}`);
  fixture.write('deleted by run', 'gone\n');
  fixture.write('deleted by run, changed here', 'base\n');
  fixture.write('deleted here', 'base\n');
  fixture.write('deep/er/only', 'only\n');
  fixture.write('binary', Buffer.from([0, 1]));
  fixture.write('tool', '#!/bin/sh\n');
  fixture.write('folder here', 'base\n');
  await fixture.commit('base');
  const head = (name: string, ...changed: string[]): string => `${name}\n${lines(...changed)}`;

  const { changes, read, undo } = await delegate(fixture, (root) => {
    const write = (path: string, content: string | Buffer): void => {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), content);
    };
    write('untouched', head('untouched', 'run'));
    write('merges', head('merges', 'run'));
    write('collides', head('collides', 'run'));
    write('same', head('same', 'agreed'));
    renameSync(join(root, 'moves'), join(root, 'moved'));
    renameSync(join(root, 'moved and changed'), join(root, 'arrived'));
    write('arrived', head('moved and changed', 'run'));
    for (const path of ['deleted by run', 'deleted by run, changed here', 'deleted both', 'deep/er/only'])
      rmSync(join(root, path));
    write('deleted here', 'run\n');
    write('binary', Buffer.from([0, 2]));
    chmodSync(join(root, 'tool'), 0o755);
    write('folder here', 'run\n');
    write('new/deep/file', 'new\n');
    write('exists', 'run\n');
    write('exists the same', 'same\n');
    symlinkSync('tool', join(root, 'link'));
  });

  const last = (name: string): string => head(name).replace('line 11', 'here');
  fixture.write('merges', last('merges'));
  fixture.write('collides', head('collides', 'here'));
  fixture.write('same', head('same', 'agreed'));
  fixture.write('moved and changed', last('moved and changed'));
  fixture.write('deleted by run, changed here', 'here\n');
  rmSync(at('deleted here'));
  rmSync(at('deleted both'));
  fixture.write('binary', Buffer.from([0, 3]));
  chmodSync(at('untouched'), 0o640);
  rmSync(at('folder here'));
  fixture.write('folder here/file', 'here\n');
  fixture.write('exists', 'here\n');
  fixture.write('exists the same', 'same\n');
  fixture.write('unrelated', 'here\n');

  const before = tree(fixture);
  const git = gitState(fixture);
  const request = { repository: fixture.repo, changes, read, undo };
  const dry = outcomes(await applyToWorktree({ ...request, dryRun: true }));
  expect(tree(fixture)).toEqual(before);
  expect(existsSync(undo)).toBe(false);
  const applied = outcomes(await applyToWorktree(request));
  expect(dry).toEqual(applied);
  expect(gitState(fixture)).toEqual(git);
  expect(applied).toEqual({
    arrived: 'merged',
    binary: 'conflict: It was changed here and by the run, and its content is binary.',
    collides: 'conflict: Both sides changed the same lines; they are marked in the file.',
    'deep/er/only': 'removed',
    'deleted both': 'already',
    'deleted by run': 'removed',
    'deleted by run, changed here': 'conflict: The run deleted it, but it was changed here.',
    'deleted here': 'conflict: The run changed it, but it was deleted here.',
    exists: 'conflict: Another file is already there.',
    'exists the same': 'already',
    'folder here': 'conflict: A folder is in its place.',
    link: 'written',
    merges: 'merged',
    moved: 'written',
    'new/deep/file': 'written',
    same: 'already',
    tool: 'written',
    untouched: 'written',
  });
  const text = (path: string): string => readFileSync(at(path), 'utf8');
  expect({
    merges: text('merges'),
    arrived: text('arrived'),
    collides: text('collides'),
    link: readlinkSync(at('link')),
  }).toEqual({
    merges: last('merges').replace('line 0', 'run'),
    arrived: last('moved and changed').replace('line 0', 'run'),
    collides: head('collides', '<<<<<<< yours\nhere\n||||||| before the run\nline 0\n=======\nrun\n>>>>>>> Longhaul'),
    link: 'tool',
  });
  expect([existsSync(at('moves')), existsSync(at('moved and changed')), existsSync(at('deep'))]).toEqual([
    false,
    false,
    false,
  ]);
  expect([statSync(at('untouched')).mode & 0o777, statSync(at('tool')).mode & 0o111]).toEqual([0o640, 0o111]);
  fixture.write('untouched', 'changed after apply\n');
  const undone = await undoApply({ repository: fixture.repo, undo });
  if (undone.outcome !== 'ok') throw new Error(undone.reason);
  expect(undone.files.filter((file) => !isDone(file))).toEqual([
    { path: 'untouched', outcome: 'refused', reason: 'It was changed after it was applied.' },
  ]);
  fixture.write('untouched', head('untouched'));
  expect(tree(fixture)).toEqual(before);
  expect([existsSync(at('new')), statSync(at('untouched')).mode & 0o777]).toEqual([false, 0o640]);
  expect(gitState(fixture)).toEqual(git);
});

test('a file becomes a folder and a folder a file', async () => {
  await using fixture = await createFixture();
  fixture.write('a', 'file a\n');
  fixture.write('b/one', 'one in b\n');
  fixture.write('b/two/three', 'three in b\n');
  await fixture.commit('base');
  const before = tree(fixture);
  const { changes, read, undo } = await delegate(fixture, (root) => {
    rmSync(join(root, 'a'));
    mkdirSync(join(root, 'a'));
    writeFileSync(join(root, 'a', 'inside'), 'quite different content\n');
    rmSync(join(root, 'b'), { recursive: true });
    writeFileSync(join(root, 'b'), 'nothing in common\n');
  });
  const request = { repository: fixture.repo, changes, read, undo };
  expect(outcomes(await applyToWorktree(request))).toEqual({
    a: 'removed',
    'a/inside': 'written',
    b: 'written',
    'b/one': 'removed',
    'b/two/three': 'removed',
  });
  expect(tree(fixture)).toEqual(
    listing(join(fixture.folder, 'workspace', 'work.1', 'tree'), (path) => path === '.git'),
  );
  await undoApply({ repository: fixture.repo, undo });
  expect(tree(fixture)).toEqual(before);
});

test('a hostile change set writes nothing outside the repository, through a link, into .git or into a repository inside', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'base\n');
  await fixture.commit('base');
  const outside = join(fixture.folder, 'outside');
  mkdirSync(outside);
  symlinkSync(outside, join(fixture.repo, 'out'));
  fixture.write('inner/.git/config', '[core]\n');
  const { changes, read, undo } = await delegate(fixture, (root) => writeFileSync(join(root, 'evil'), 'evil\n'));
  const evil = changes.files[0]!;
  const add = (path: string, mode: '100644' | '120000' = '100644'): ChangedFile => ({
    ...evil,
    after: { ...evil.after!, path, mode },
  });
  const paths = [
    '../escaped',
    '/tmp/escaped',
    'a/../../escaped',
    '.git/hooks/post-commit',
    'sub/.GIT/config',
    'git~1/config',
    'out/escaped',
    'inner/config',
  ];
  const files = [...paths.map((path) => add(path)), add('later', '120000'), add('later/below')];
  const before = listing(fixture.folder, (path) => path === 'undo');
  expect(
    outcomes(await applyToWorktree({ repository: fixture.repo, changes: { ...changes, files }, read, undo })),
  ).toEqual({
    '../escaped': 'refused: The path leads out of the repository.',
    '/tmp/escaped': 'refused: The path leads out of the repository.',
    'a/../../escaped': 'refused: The path leads out of the repository.',
    '.git/hooks/post-commit': 'refused: The path leads into a git directory.',
    'sub/.GIT/config': 'refused: The path leads into a git directory.',
    'git~1/config': 'refused: The path leads into a git directory.',
    'out/escaped': 'conflict: The path leads through a symbolic link, out.',
    'inner/config': 'conflict: inner is a git repository of its own.',
    later: 'written',
    'later/below': 'refused: The changes hold two results for this place.',
  });
  rmSync(join(fixture.repo, 'later'));
  expect(listing(fixture.folder, (path) => path === 'undo')).toEqual(before);
});

test('line endings on disk stay as the person configured them, also when merging; filtered files are for a branch', async () => {
  await using fixture = await createFixture();
  await fixture.git('config', 'core.autocrlf', 'true');
  await fixture.git('config', 'filter.upper.clean', 'tr a-z A-Z');
  await fixture.git('config', 'filter.upper.smudge', 'tr A-Z a-z');
  fixture.write('.gitattributes', '*.up filter=upper\n');
  fixture.write('clean.txt', lines().replaceAll('\n', '\r\n'));
  fixture.write('merged.txt', lines().replaceAll('\n', '\r\n'));
  fixture.write('x.up', 'filtered\n');
  await fixture.commit('base');
  const { changes, read, undo } = await delegate(fixture, (root) => {
    for (const name of ['clean.txt', 'merged.txt']) writeFileSync(join(root, name), lines('run'));
    writeFileSync(join(root, 'x.up'), 'RUN\n');
  });
  fixture.write('merged.txt', lines().replace('line 11', 'here').replaceAll('\n', '\r\n'));
  expect(outcomes(await applyToWorktree({ repository: fixture.repo, changes, read, undo }))).toEqual({
    'clean.txt': 'written',
    'merged.txt': 'merged',
    'x.up': 'refused: A filter program of your git (such as LFS) handles it; apply the result as a branch instead.',
  });
  const text = (path: string): string => readFileSync(join(fixture.repo, path), 'utf8');
  expect([text('clean.txt'), text('merged.txt'), text('x.up')]).toEqual([
    lines('run').replaceAll('\n', '\r\n'),
    lines('run').replace('line 11', 'here').replaceAll('\n', '\r\n'),
    'filtered\n',
  ]);
});

test('applying twice, and undoing nothing, are refused', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'base\n');
  await fixture.commit('base');
  const { changes, read, undo } = await delegate(fixture, (root) => writeFileSync(join(root, 'file'), 'run\n'));
  const request = { repository: fixture.repo, changes, read, undo };
  expect(await undoApply(request)).toEqual({
    outcome: 'refused',
    reason: 'There is nothing to undo: no apply was recorded.',
    remedy: 'Apply the result first.',
  });
  expect(outcomes(await applyToWorktree(request))).toEqual({ file: 'written' });
  expect(await applyToWorktree(request)).toEqual({
    outcome: 'refused',
    reason: 'The result was applied already, and its undo journal is kept.',
    remedy: 'Undo it first, or name another undo folder.',
  });
  expect(outcomes(await applyToWorktree({ ...request, undo: `${undo}-2` }))).toEqual({ file: 'already' });
});

test('a branch holds the delegated tree and the result, and nothing else of the repository moves', async () => {
  await using fixture = await createFixture();
  await fixture.git('config', 'user.name', 'Ada Lovelace');
  await fixture.git('config', 'user.email', 'ada@example.com');
  fixture.write('file', 'base\n');
  fixture.write('moves', lines());
  fixture.write('turns', 'into a folder\n');
  const head = await fixture.commit('base');
  fixture.write('dirty', 'dirty\n');
  const { source, changes, read } = await delegate(fixture, (root) => {
    writeFileSync(join(root, 'file'), 'run\n');
    renameSync(join(root, 'moves'), join(root, 'moved'));
    rmSync(join(root, 'turns'));
    mkdirSync(join(root, 'turns'));
    writeFileSync(join(root, 'turns', 'inside'), 'something else altogether\n');
  });
  const quiet = async (): Promise<unknown> => ({
    git: listing(join(fixture.repo, '.git'), (path) => path === 'objects' || path.endsWith('/longhaul')),
    tree: tree(fixture),
    status: await fixture.git('--no-optional-locks', 'status', '--porcelain=v2'),
  });
  const before = await quiet();
  const request = {
    repository: fixture.repo,
    gitDirectory: source.gitDirectory,
    source,
    changes,
    read,
    own: true,
    worktree: null,
  };
  const made = await applyAsBranch({ ...request, branch: 'fix/longhaul', message: 'Fix it\n\nBecause.' });
  expect(await quiet()).toEqual(before);
  const log = await fixture.git('log', '--format=%H %an <%ae> %s', '--name-status', '--no-renames', 'fix/longhaul');
  const commits = made.outcome === 'ok' ? made.commits : [];
  expect({ made, log }).toEqual({
    made: { outcome: 'ok', branch: 'fix/longhaul', commits: [expect.any(String), expect.any(String)] },
    log: [
      `${commits[1]} Ada Lovelace <ada@example.com> Fix it\n\nM\tfile\nA\tmoved\nD\tmoves\nD\tturns\nA\tturns/inside`,
      `${commits[0]} Ada Lovelace <ada@example.com> Working tree as delegated\n\nA\tdirty`,
      `${head} Ada <ada@example.com> base\n\nA\tfile\nA\tmoves\nA\tturns\n`,
    ].join('\n'),
  });
  expect(await fixture.git('fsck', '--strict', '--no-dangling')).toBe('');

  const refusal = async (branch: string, other: Partial<typeof request> = {}): Promise<string> => {
    const result = await applyAsBranch({ ...request, ...other, branch, message: 'x' });
    return result.outcome === 'refused' ? result.reason : 'made';
  };
  expect(await refusal('fix/longhaul')).toBe('There is a branch "fix/longhaul" already.');
  for (const name of ['', '-f', 'a..b', 'HEAD', '@{-1}', 'a b'])
    expect(await refusal(name)).toBe(`"${name}" is not a name for a branch.`);
  expect(await refusal('fix/longhaul/below')).toContain('git cannot make the branch');
  expect(await refusal('other', { changes: { ...changes, files: [] } })).toBe('The run changed nothing.');
  const [first] = changes.files;
  const foreign = { ...first!, before: { ...first!.before!, path: 'elsewhere' } };
  expect(await refusal('other', { changes: { ...changes, files: [foreign] } })).toBe(
    'elsewhere is not what the run started from.',
  );
  const escaping = { ...first!, after: { ...first!.after!, path: '.git/config' } };
  expect(await refusal('other', { changes: { ...changes, files: [escaping] } })).toBe(
    'The result holds a path that git must not write.',
  );
  expect(await quiet()).toEqual(before);
});

test('a branch without the person’s own work has the result alone, and refuses a file that both of them changed', async () => {
  await using fixture = await createFixture();
  for (const name of ['file', 'both']) fixture.write(name, 'base\n');
  await fixture.git('add', '.');
  await fixture.git('commit', '-q', '-m', 'base');
  fixture.write('dirty', 'mine\n');
  fixture.write('both', 'mine\n');
  const { source, changes, read } = await delegate(fixture, (root) => {
    for (const name of ['file', 'both']) writeFileSync(join(root, name), 'run\n');
  });
  const request = {
    repository: fixture.repo,
    gitDirectory: source.gitDirectory,
    source,
    read,
    own: false,
    worktree: null,
    message: 'Run',
  };
  const alone = { ...changes, files: changes.files.filter(({ after }) => after?.path === 'file') };
  expect(await applyAsBranch({ ...request, changes: alone, branch: 'alone' })).toMatchObject({ outcome: 'ok' });
  expect(await fixture.git('log', '--format=%s', '--name-status', 'alone')).toBe(
    'Run\n\nM\tfile\nbase\n\nA\tboth\nA\tfile\n',
  );
  expect(await applyAsBranch({ ...request, changes, branch: 'both' })).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('both has changes of yours that were not committed'),
  });
});

test('a branch from a repository without commits begins a history, by Longhaul where git knows no author', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'base\n');
  const { source, changes, read } = await delegate(fixture, (root) => writeFileSync(join(root, 'file'), 'run\n'));
  const made = await applyAsBranch({
    repository: fixture.repo,
    gitDirectory: source.gitDirectory,
    source,
    changes,
    read,
    branch: 'result',
    own: true,
    worktree: null,
    message: 'Run',
  });
  expect(made).toMatchObject({ outcome: 'ok' });
  expect(await fixture.git('log', '--format=%an <%ae> %s', 'result')).toBe(
    'Longhaul <longhaul@localhost> Run\nLonghaul <longhaul@localhost> Working tree as delegated\n',
  );
  expect(await fixture.git('show', 'result:file')).toBe('run\n');
});

test('a result outside of a sparse checkout is refused by name and not taken for deleted', async () => {
  await using fixture = await createFixture();
  fixture.write('a/1.txt', 'a\n');
  fixture.write('b/1.txt', 'b\n');
  fixture.write('b/2.txt', 'b\n');
  await fixture.commit('two folders');
  await fixture.git('sparse-checkout', 'set', 'a');
  const delegated = await delegate(fixture, (root) => {
    writeFileSync(join(root, 'a/1.txt'), 'agent\n');
    writeFileSync(join(root, 'b/1.txt'), 'agent\n');
    rmSync(join(root, 'b/2.txt'));
    writeFileSync(join(root, 'b/3.txt'), 'new\n');
  });
  const outside =
    'refused: It is outside of your sparse checkout; apply the result as a branch, or run "git sparse-checkout add" for its folder first.';
  expect(outcomes(await applyToWorktree({ repository: fixture.repo, ...delegated }))).toEqual({
    'a/1.txt': 'written',
    'b/1.txt': outside,
    'b/2.txt': outside,
    'b/3.txt': 'written',
  });
});
