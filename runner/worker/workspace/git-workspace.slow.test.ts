import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Checkpoint } from '../../../shared/run/artifacts.ts';
import type { Source } from '../../../shared/run/source.ts';
import { keepingIn } from '../../../test/harness/keeping.ts';
import { createFixture, listing, type Fixture } from '../../machine/git/fixture.ts';
import { gitOrThrow } from '../../machine/git/git.ts';
import { openWorkspace } from './git-workspace.ts';
import type { Workspace } from './workspace.ts';

const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');
const store = async (content: Buffer): Promise<string> => sha256(content);
const files = (workspace: Workspace): Record<string, string> =>
  listing(workspace.root, (path) => path.split('/').includes('.git'));

interface Prepared {
  readonly workspace: Workspace;
  readonly base: Checkpoint;
  readonly source: Source;
  readonly folder: string;
  readonly at: (path: string) => string;
  readonly write: (path: string, content: string | Buffer) => void;
}

/** A prepared workspace; the source is the fixture's repository itself, at the commit of its files. */
const prepare = async (fixture: Fixture, user: { uid: number; gid: number } | null = null): Promise<Prepared> => {
  const commit = await fixture.commit('base');
  const source: Source = {
    kind: 'local',
    repository: fixture.repo,
    gitDirectory: join(fixture.repo, '.git'),
    commit,
    head: commit,
    branch: 'main',
    dirty: false,
  };
  const folder = join(fixture.folder, 'workspace');
  const workspace = await openWorkspace({ lease: 1, folder, user });
  const base = await workspace.prepare(source);
  const at = (path: string): string => join(workspace.root, path);
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(join(at(path), '..'), { recursive: true });
    writeFileSync(at(path), content);
  };
  return { workspace, base, source, folder, at, write };
};

test('checkpoints hold exactly the tree, and restoring brings it back with modes, links and without what came later', async () => {
  await using fixture = await createFixture();
  fixture.write('a/one', '1\n');
  fixture.write('a/two', '2\n');
  fixture.write('tool', '#!/bin/sh\n');
  fixture.write('.gitignore', 'ignored\n');
  symlinkSync('a/one', join(fixture.repo, 'link'));
  const { workspace, base, at, write } = await prepare(fixture);
  const before = files(workspace);
  expect(before).toEqual(listing(fixture.repo, (path) => path === '.git'));
  expect(await workspace.checkpoint(base, 'nothing happened')).toEqual(base);

  rmSync(at('a'), { recursive: true });
  write('a', 'a file where a folder was\n');
  chmodSync(at('tool'), 0o755);
  rmSync(at('link'));
  write('link/inside', 'a folder where a link was\n');
  write('new/deep/file', 'new\n');
  write('ignored', 'kept\n');
  write('odd\nname\t"', 'odd\n');
  write('-rf', 'dash\n');
  const after = files(workspace);
  const changed = await workspace.checkpoint(base, 'after');
  expect(changed).not.toEqual(base);

  expect(await workspace.restore(base)).toBe(true);
  expect(files(workspace)).toEqual(before);
  expect(existsSync(at('new'))).toBe(false);
  expect(await workspace.restore(changed)).toBe(true);
  expect(files(workspace)).toEqual(after);
  expect(await workspace.checkpoint(changed, 'again')).toEqual(changed);
});

test('what a removed ignore rule had hidden goes with it, and so does what the checkpoint itself ignores and had not', async () => {
  await using fixture = await createFixture();
  fixture.write('.gitignore', 'cache/\n');
  const { workspace, base, write } = await prepare(fixture);
  write('cache/kept', 'kept\n');
  write('.gitignore', 'cache/\nsub/\n');
  await workspace.checkpoint(base, 'more rules');
  write('sub/.gitignore', 'hidden\n');
  write('sub/hidden', 'hidden\n');
  await workspace.restore(base);
  expect(Object.keys(files(workspace))).toEqual(['.gitignore']);
  expect(await workspace.checkpoint(base, 'base again')).toEqual(base);
});

test('the same source and the same edits give the same ids', async () => {
  const once = async (): Promise<Checkpoint[]> => {
    await using fixture = await createFixture();
    fixture.write('file', 'one\n');
    const { workspace, base, write } = await prepare(fixture);
    write('file', 'two\n');
    return [base, await workspace.checkpoint(base, 'edit')];
  };
  expect(await once()).toEqual(await once());
});

test('prepare after an attempt that was cut off at any moment, and after work, gives the same tree and the same base', async () => {
  await using fixture = await createFixture();
  for (let file = 0; file < 300; file += 1) fixture.write(`d${file % 7}/f${file}`, `${file}\n`);
  const { workspace, base, source, folder, write } = await prepare(fixture);
  const expected = files(workspace);
  const module = join(import.meta.dirname, 'git-workspace.ts');
  const script = `
    const { openWorkspace } = await import(${JSON.stringify(module)});
    const workspace = await openWorkspace({ lease: 1, folder: ${JSON.stringify(folder)}, user: null });
    await workspace.prepare(${JSON.stringify(source)});
    process.stdout.write('done');
    setInterval(() => {}, 1000);`;
  // Its steps show in the folder: things of the earlier attempt go, new ones are made, and are renamed into place.
  for (const step of [1, 4, 6, 8]) {
    write('leftover', 'leftover\n');
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    let seen = 0;
    const watcher = watch(folder, () => {
      seen += 1;
      if (seen === step) child.kill('SIGKILL');
    });
    child.stdout.once('data', () => child.kill('SIGKILL'));
    await exit;
    watcher.close();
    expect(await workspace.prepare(source)).toEqual(base);
    expect(files(workspace)).toEqual(expected);
  }
  expect(listing(folder, (path) => /^work\.\d+$/.test(path) || path === 'checkpoints.git')).toEqual({});
});

test('attributes that a command writes run nothing and change no byte', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  const { workspace, base, at, write } = await prepare(fixture);
  const witness = join(fixture.folder, 'witness');
  write(
    '.gitattributes',
    '[attr]text filter=evil\n* text eol=crlf ident filter=evil diff=evil merge=evil working-tree-encoding=UTF-16 export-ignore\n',
  );
  for (const kind of [
    'filter.evil.clean',
    'filter.evil.smudge',
    'diff.evil.textconv',
    'diff.evil.command',
    'core.fsmonitor',
  ]) {
    execFileSync('git', ['config', kind, `touch '${witness}'`], { cwd: workspace.root });
  }
  const contents = {
    lf: 'a\nb\n',
    crlf: 'a\r\nb\r\n',
    mixed: 'a\r\nb\n\r',
    ident: '$Id$ $Id: 123 $\n',
    utf16: Buffer.from('\ufeffhi\n', 'utf16le'),
  };
  for (const [name, content] of Object.entries(contents)) write(name, content);
  const checkpoint = await workspace.checkpoint(base, 'attributes');
  for (const name of Object.keys(contents)) rmSync(at(name));
  await workspace.restore(checkpoint);
  const out = join(fixture.folder, 'out');
  await workspace.checkout(checkpoint, out);
  for (const [name, content] of Object.entries(contents)) {
    expect([name, readFileSync(at(name)), readFileSync(join(out, name))]).toEqual([
      name,
      Buffer.from(content),
      Buffer.from(content),
    ]);
  }
  const { files: changed } = await workspace.changes(base, checkpoint, keepingIn(store));
  expect(changed.map(({ after, binary }) => [after?.path, after?.blob, binary])).toEqual([
    ['.gitattributes', sha256(readFileSync(at('.gitattributes'))), false],
    ...(['crlf', 'ident', 'lf', 'mixed', 'utf16'] as const).map((name) => [
      name,
      sha256(contents[name]),
      name === 'utf16',
    ]),
  ]);
  expect(existsSync(witness)).toBe(false);
});

test('repositories that commands make inside the tree are saved as files, with or without a commit', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  const { workspace, base, write, at } = await prepare(fixture);
  for (const name of ['empty', 'unborn', 'committed', 'committed/inner']) {
    mkdirSync(at(name), { recursive: true });
    execFileSync('git', ['init', '-q'], { cwd: at(name) });
  }
  write('unborn/file', 'in unborn\n');
  write('committed/file', 'in committed\n');
  write('committed/.gitignore', 'skip\n');
  write('committed/skip', 'skipped\n');
  write('committed/inner/file', 'in inner\n');
  execFileSync('git', ['add', 'file'], { cwd: at('committed') });
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=b', 'commit', '-qm', 'x'], { cwd: at('committed') });
  const saved = await workspace.checkpoint(base, 'nested');
  const { files: changed } = await workspace.changes(base, saved, keepingIn(store));
  expect(changed.map(({ after }) => after?.path)).toEqual([
    'committed/.gitignore',
    'committed/file',
    'committed/inner/file',
    'unborn/file',
  ]);
  write('committed/second', 'later\n');
  const later = await workspace.checkpoint(saved, 'later');
  expect((await workspace.changes(saved, later, keepingIn(store))).files.map(({ after }) => after?.path)).toEqual([
    'committed/second',
  ]);
  await workspace.restore(base);
  expect(Object.keys(files(workspace))).toEqual(['file']);
  expect(existsSync(at('unborn'))).toBe(false);
  expect(await workspace.checkpoint(base, 'base again')).toEqual(base);
});

test('pipes, sockets, unreadable files and names that look like .git do not stop a checkpoint', async () => {
  await using fixture = await createFixture();
  fixture.write('tracked', 'one\n');
  fixture.write('locked/inside', 'one\n');
  const { workspace, base, write, at } = await prepare(fixture);
  rmSync(at('tracked'));
  execFileSync('sh', ['-c', 'mkfifo "$@"', 'sh', at('tracked'), at('pipe')]);
  for (const name of ['.GIT', 'sub/.Git']) write(`${name}/config`, '[core]\n\tfsmonitor = false\n');
  write('sub/.git', 'gitdir: /nowhere\n');
  write('sub/git~1', 'short name\n');
  write('.g\u200cit/x', 'ignored by HFS\n');
  write('secret', 'unreadable\n');
  chmodSync(at('secret'), 0);
  chmodSync(at('locked'), 0);
  const saved = await workspace.checkpoint(base, 'odd');
  const { files: changed } = await workspace.changes(base, saved, keepingIn(store));
  expect(changed.map(({ status, before, after }) => [status, (after ?? before)?.path])).toEqual([
    ['added', '.g\u200cit/x'],
    ['added', 'secret'],
    ['added', 'sub/git~1'],
    ['deleted', 'tracked'],
  ]);
  expect(await workspace.restore(base)).toBe(true);
  expect(lstatSync(at('tracked')).isFile()).toBe(true);
});

test('restoring and checking out write and delete nothing through links out of the tree', async () => {
  await using fixture = await createFixture();
  fixture.write('dir/file', 'one\n');
  fixture.write('dir/other', 'two\n');
  const outside = join(fixture.folder, 'outside');
  mkdirSync(outside);
  for (const name of ['file', 'other', 'victim']) writeFileSync(join(outside, name), 'outside\n');
  const { workspace, base, write, at } = await prepare(fixture);
  write('dir/victim', 'to be removed by restore\n');
  write('made/file', 'to be removed by restore\n');
  await workspace.checkpoint(base, 'more');
  const expected = listing(outside);
  for (const name of ['dir', 'made']) {
    rmSync(at(name), { recursive: true });
    symlinkSync(outside, at(name));
  }
  const linked = await workspace.checkpoint(base, 'linked');
  await workspace.restore(base);
  expect(listing(outside)).toEqual(expected);
  expect(Object.keys(files(workspace))).toEqual(['dir/file', 'dir/other']);

  rmSync(at('dir/file'));
  symlinkSync(join(outside, 'file'), at('dir/file'));
  await workspace.restore(base);
  rmSync(at('dir/other'));
  linkSync(join(outside, 'other'), at('dir/other'));
  await workspace.restore(base);
  expect(listing(outside)).toEqual(expected);
  expect(readFileSync(at('dir/other'), 'utf8')).toBe('two\n');

  await workspace.restore(linked);
  expect(readlinkSync(at('dir'))).toBe(outside);
  expect(listing(outside)).toEqual(expected);
});

test('changes tell kind, lines, contents and a patch that git applies', async () => {
  await using fixture = await createFixture();
  const text = Array.from({ length: 20 }, (_, number) => `line ${number}\n`).join('');
  fixture.write('modified', text);
  fixture.write('moved', `${text}moved\n`);
  fixture.write('gone', 'gone\n');
  fixture.write('mode', 'mode\n');
  fixture.write('typed', 'a file\n');
  fixture.write('binary', Buffer.from([0, 1, 2]));
  const { workspace, base, write, at } = await prepare(fixture);
  write('modified', text.replace('line 3\n', 'line three\nand more\n'));
  renameSync(at('moved'), at('arrived'));
  rmSync(at('gone'));
  chmodSync(at('mode'), 0o755);
  rmSync(at('typed'));
  symlinkSync('modified', at('typed'));
  write('binary', Buffer.from([0, 1, 3]));
  write('née', 'née\n');
  const head = await workspace.checkpoint(base, 'changes');
  const kept = new Map<string, Buffer>();
  const { files: changed, patch } = await workspace.changes(
    base,
    head,
    keepingIn(async (content) => {
      kept.set(sha256(content), content);
      return sha256(content);
    }),
  );
  const side = (path: string, content: string | Buffer, mode = '100644'): object => ({
    path,
    mode,
    blob: sha256(content),
    bytes: Buffer.from(content).length,
  });
  const counts = (additions: number, deletions: number, binary = false): object => ({ additions, deletions, binary });
  expect(changed).toEqual([
    {
      status: 'renamed',
      before: side('moved', `${text}moved\n`),
      after: side('arrived', `${text}moved\n`),
      ...counts(0, 0),
    },
    {
      status: 'modified',
      before: side('binary', Buffer.from([0, 1, 2])),
      after: side('binary', Buffer.from([0, 1, 3])),
      ...counts(0, 0, true),
    },
    { status: 'deleted', before: side('gone', 'gone\n'), after: null, ...counts(0, 1) },
    { status: 'modified', before: side('mode', 'mode\n'), after: side('mode', 'mode\n', '100755'), ...counts(0, 0) },
    {
      status: 'modified',
      before: side('modified', text),
      after: side('modified', text.replace('line 3\n', 'line three\nand more\n')),
      ...counts(2, 1),
    },
    { status: 'added', before: null, after: side('née', 'née\n'), ...counts(1, 0) },
    {
      status: 'modified',
      before: side('typed', 'a file\n'),
      after: side('typed', 'modified', '120000'),
      ...counts(1, 1),
    },
  ]);
  const versions = changed.flatMap(({ before, after }) => [before, after].flatMap((version) => version ?? []));
  expect(versions.every(({ blob, bytes }) => kept.get(blob)?.length === bytes)).toBe(true);
  await gitOrThrow(['apply', '--index'], { folder: fixture.repo, input: kept.get(patch)! });
  expect(listing(fixture.repo, (path) => path === '.git')).toEqual(files(workspace));
});

test("the agent's own repository starts clean, takes commits and names no path of the host", async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  fixture.write('.gitattributes', '* text=auto\n');
  const { workspace, base, write, at } = await prepare(fixture);
  const agent = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: workspace.root,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        HOME: '/nonexistent',
      },
    });
  expect(agent('status', '--porcelain=v2', '--branch')).toBe(`# branch.oid ${base.commit}\n# branch.head main\n`);
  expect(agent('log', '--format=%an %s')).toBe('Longhaul Base\n');
  write('file', 'two\n');
  agent('commit', '-qam', 'mine');
  expect(agent('log', '--format=%s')).toBe('mine\nBase\n');
  const mentions = spawnSync('grep', ['-rlF', fixture.folder, at('.git')], { encoding: 'utf8' });
  expect([mentions.status, mentions.stdout]).toEqual([1, '']);
});

test('a tree without its own repository, or with locks of a killed git in it, is repaired by restore', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  const { workspace, base, write, at } = await prepare(fixture);
  write('.git/index.lock', '');
  await workspace.restore(base);
  expect(existsSync(at('.git/index.lock'))).toBe(false);
  const outside = join(fixture.folder, 'outside');
  mkdirSync(outside);
  rmSync(at('.git'), { recursive: true });
  symlinkSync(outside, at('.git'));
  await workspace.restore(base);
  expect(execFileSync('git', ['status', '--porcelain'], { cwd: workspace.root, encoding: 'utf8' })).toBe('');
  expect(listing(outside)).toEqual({});
  rmSync(workspace.root, { recursive: true });
  await workspace.restore(base);
  expect(files(workspace)).toEqual(listing(fixture.repo, (path) => path === '.git'));
});

test('a checkpoint that this machine does not hold is not restored', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  const { workspace, base, folder } = await prepare(fixture);
  expect(await workspace.restore({ commit: '1'.repeat(40), tree: base.tree })).toBe(false);
  rmSync(join(folder, 'checkpoints.git'), { recursive: true });
  expect(await workspace.restore(base)).toBe(false);
  expect(Object.keys(files(workspace))).toEqual(['file']);
});

test('a stale copy of the index, as a killed worker leaves it, changes nothing', async () => {
  await using fixture = await createFixture();
  fixture.write('file', 'one\n');
  const { workspace, base, folder, write } = await prepare(fixture);
  writeFileSync(join(folder, 'checkpoints.git', 'index.lock'), '');
  writeFileSync(join(folder, 'checkpoints.git', 'index.0123456789ab'), 'half');
  write('file', 'two\n');
  const saved = await workspace.checkpoint(base, 'two');
  await workspace.restore(base);
  expect(readFileSync(join(workspace.root, 'file'), 'utf8')).toBe('one\n');
  await workspace.restore(saved);
  expect(readFileSync(join(workspace.root, 'file'), 'utf8')).toBe('two\n');
});

test('files are for their owner alone, and belong to the account that commands run as', async () => {
  await using fixture = await createFixture();
  fixture.write('dir/file', 'one\n');
  symlinkSync('dir', join(fixture.repo, 'link'));
  // Only root can give files away; another account keeps them, which is what it does in a real run.
  const root = process.getuid?.() === 0;
  const user = root ? { uid: 61_234, gid: 61_234 } : null;
  const { workspace, base, folder, at } = await prepare(fixture, user);
  const owner = root ? 61_234 : process.getuid?.();
  rmSync(at('dir'), { recursive: true });
  await workspace.restore(base);
  const out = join(fixture.folder, 'out');
  await workspace.checkout(base, out);
  const paths = ['', 'dir', 'dir/file', 'link', '.git', '.git/config', '.git/index', '.git/objects'];
  expect(paths.map((path) => lstatSync(at(path)).uid)).toEqual(paths.map(() => owner));
  expect(['', 'dir', 'dir/file', 'link'].map((path) => lstatSync(join(out, path)).uid)).toEqual([
    owner,
    owner,
    owner,
    owner,
  ]);
  const mode = (path: string): number => statSync(path).mode & 0o777;
  expect([mode(folder), mode(workspace.root), mode(join(folder, 'checkpoints.git')), mode(out)]).toEqual([
    root ? 0o711 : 0o700,
    0o700,
    0o700,
    0o700,
  ]);
  expect(statSync(join(folder, 'checkpoints.git')).uid).toBe(process.getuid?.());
});

test('a checkpoint after nothing changed is the tree that is there, also when another worker saved in between', async () => {
  await using fixture = await createFixture();
  const { workspace, base, write, folder } = await prepare(fixture);
  write('a.txt', 'one\n');
  const one = await workspace.checkpoint(base, 'one');
  expect(await workspace.checkpoint(one, 'again')).toEqual(one);
  // The tree on disk is the same, and this parent is not what it was last saved as.
  expect((await workspace.checkpoint(base, 'one')).tree).toBe(one.tree);
  const other = await openWorkspace({ lease: 1, folder, user: null });
  write('a.txt', 'two\n');
  const two = await other.checkpoint(one, 'two');
  expect(await workspace.checkpoint(two, 'after the other')).toEqual(two);
  expect(await workspace.restore(one)).toBe(true);
  expect(await workspace.checkpoint(one, 'after restore')).toEqual(one);
});

test('a later commit of its remote is brought, and merged with: what both changed stands there between markers', async () => {
  await using fixture = await createFixture();
  fixture.write('both', 'first\nmiddle\nlast\n');
  fixture.write('theirs', 'old\n');
  fixture.write('.gitignore', 'made\n');
  const { workspace, base, source, folder, at, write } = await prepare(fixture);
  write('both', 'first, ours\nmiddle\nlast\n');
  write('ours', 'new\n');
  write('made', 'by setup\n');
  const ours = await workspace.checkpoint(base, 'ours');
  fixture.write('both', 'first, theirs\nmiddle\nlast\n');
  fixture.write('theirs', 'newer\n');
  const commit = await fixture.commit('theirs');
  const remote = `file://${fixture.repo}`;
  const asked: string[] = [];
  const far = await openWorkspace({
    lease: 2,
    folder,
    user: null,
    origin: {
      blob: () => Promise.reject(new Error('there is none')),
      credential: async (of) => {
        asked.push(of);
        return null;
      },
    },
  });
  const brought = await far.bringBase({ remote, branch: 'main', commit }, ours);
  expect(asked).toEqual(['base']);
  // The same, whoever brings it.
  expect(await far.bringBase({ remote, branch: 'main', commit }, ours)).toEqual(brought);
  expect(await far.restore(brought)).toBe(true);
  await far.startFrom(brought);
  const moved = await far.checkpoint(brought, 'Base');
  const text = (path: string): string => readFileSync(at(path), 'utf8');
  expect([text('both'), text('theirs')]).toEqual(['first, theirs\nmiddle\nlast\n', 'newer\n']);
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: far.root, encoding: 'utf8' });
  expect([git('status', '--porcelain'), git('log', '--format=%s')]).toEqual(['', 'Base\n']);

  const { checkpoint, conflicts } = await far.merge({ from: base, ours, onto: moved }, moved);
  expect(conflicts).toEqual(['both']);
  expect(await far.restore(checkpoint)).toBe(true);
  expect(text('both')).toBe(
    '<<<<<<< longhaul/result\nfirst, ours\n=======\nfirst, theirs\n>>>>>>> longhaul/incoming\nmiddle\nlast\n',
  );
  expect([text('ours'), text('theirs')]).toEqual(['new\n', 'newer\n']);
  expect(git('status', '--porcelain', '--', 'theirs')).toBe('');
  // What git does not cover is as it was.
  expect(text('made')).toBe('by setup\n');
  // All of it goes to another machine with what leads there from the source.
  const bundle = join(fixture.folder, 'bundle');
  await far.bundle(checkpoint, base, async (file) => {
    writeFileSync(bundle, readFileSync(file));
  });
  const elsewhere = await openWorkspace({ lease: 1, folder: join(fixture.folder, 'elsewhere'), user: null });
  expect(await elsewhere.prepare({ ...source, gitDirectory: join(folder, 'checkpoints.git') } as Source)).toEqual(base);
  await elsewhere.take(checkpoint, base, async (file) => {
    writeFileSync(file, readFileSync(bundle));
  });
  expect([await elsewhere.has(moved), await elsewhere.restore(checkpoint)]).toEqual([true, true]);
  expect(files(elsewhere)).toEqual(Object.fromEntries(Object.entries(files(far)).filter(([path]) => path !== 'made')));
});
