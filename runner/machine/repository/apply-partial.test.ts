import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { AcceptedFile } from '../../../shared/api/runner-api.ts';
import { keepingIn } from '../../../test/harness/keeping.ts';
import { createFixture, type Fixture } from '../git/fixture.ts';
import { openWorkspace } from '../../worker/workspace/git-workspace.ts';
import { applyToWorktree } from './apply.ts';
import { acceptedPart, type WholeResult } from './apply-partial.ts';
import { applyAsBranch } from './branch.ts';
import { snapshotRepository } from './snapshot.ts';
import { undoApply } from './undo.ts';

const delegate = async (fixture: Fixture, work: (root: string) => void) => {
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
  const read = async (hash: string): Promise<Buffer> => blobs.get(hash) ?? Promise.reject(new Error(`no blob ${hash}`));
  const whole: WholeResult = { changes: { base, head, patch, files: [...files] }, patch: await read(patch), read };
  return { source: snapshot.source, whole };
};

const accept = async (whole: WholeResult, accepted: readonly AcceptedFile[]) => {
  const part = await acceptedPart(whole, accepted);
  if (part.outcome !== 'ok') throw new Error(part.reason);
  return part;
};

/** Twenty lines, of which each that is named is changed. */
const lines = (changed: Readonly<Record<number, string>> = {}, end = '\n'): string =>
  Array.from({ length: 20 }, (_, at) => `${changed[at] ?? `line ${at}`}${end}`).join('');

/** One line in the place of another, both from 0. */
const line = (at: number): string => `-${at + 1},1 +${at + 1},1`;

const fileNames = (fixture: Fixture): Promise<string> =>
  fixture.git('ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate');

test('exactly the accepted changes and files reach the working tree, next to work that went on; undo takes them back', async () => {
  await using fixture = await createFixture();
  fixture.write('both', lines());
  fixture.write('crlf', lines({}, '\r\n').slice(0, -2));
  fixture.write('latin', Buffer.from(lines({ 3: 'caf\u00e9' }), 'latin1'));
  fixture.write('left', 'left\n');
  fixture.write('gone', 'gone\n');
  fixture.write('stays', 'stays\n');
  fixture.write('moves', lines());
  fixture.write('moves only', lines({ 0: 'moves only' }));
  fixture.write('tool', lines());
  await fixture.commit('base');
  const { whole } = await delegate(fixture, (root) => {
    const write = (path: string, content: string | Buffer): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    };
    write('both', lines({ 1: 'one', 10: 'ten', 19: 'nineteen' }));
    write('crlf', lines({ 1: 'one', 19: 'nineteen' }, '\r\n'));
    write('latin', Buffer.from(lines({ 0: '\u00fc', 3: 'caf\u00e9', 19: '\u00e4' }), 'latin1'));
    write('left', 'changed\n');
    rmSync(join(root, 'gone'));
    rmSync(join(root, 'stays'));
    renameSync(join(root, 'moves'), join(root, 'moved \u00fc'));
    write('moved \u00fc', lines({ 1: 'one', 19: 'nineteen' }));
    renameSync(join(root, 'moves only'), join(root, 'moved only'));
    write('moved only', lines({ 0: 'moves only', 19: 'nineteen' }));
    write('tool', lines({ 1: 'one' }));
    chmodSync(join(root, 'tool'), 0o755);
    write('new/file', 'new\n');
    write('unwanted', 'unwanted\n');
    symlinkSync('both', join(root, 'link'));
  });
  fixture.write('both', lines({ 5: 'mine' }));
  const before = await fixture.git('status', '--porcelain');
  const part = await accept(whole, [
    { path: 'both', units: [line(1), line(19)] },
    { path: 'crlf', units: [line(19)] },
    { path: 'latin', units: [line(19)] },
    { path: 'left', units: [] },
    { path: 'gone', units: ['whole'] },
    { path: 'stays', units: [] },
    { path: 'moved \u00fc', units: ['name', line(19)] },
    { path: 'moved only', units: ['name'] },
    { path: 'tool', units: ['mode'] },
    { path: 'new/file', units: null },
    { path: 'unwanted', units: [] },
    { path: 'link', units: null },
  ]);
  expect(
    part.changes.files.map(({ after, before, additions, deletions }) => [
      after?.path ?? before?.path,
      additions,
      deletions,
    ]),
  ).toEqual([
    ['both', 2, 2],
    ['crlf', 1, 1],
    ['gone', 0, 1],
    ['latin', 1, 1],
    ['link', 1, 0],
    ['moved only', 0, 0],
    ['moved \u00fc', 1, 1],
    ['new/file', 1, 0],
    ['tool', 0, 0],
  ]);
  const request = { repository: fixture.repo, undo: join(fixture.folder, 'undo'), ...part };
  const applied = await applyToWorktree(request);
  expect(applied.outcome === 'ok' && applied.files.map(({ path, outcome }) => `${path}: ${outcome}`)).toEqual([
    'both: merged',
    'crlf: written',
    'gone: removed',
    'latin: written',
    'link: written',
    'moved only: written',
    'moved \u00fc: written',
    'new/file: written',
    'tool: written',
  ]);
  const text = (path: string): string => readFileSync(join(fixture.repo, path), 'latin1');
  expect({
    both: text('both'),
    crlf: text('crlf'),
    latin: text('latin'),
    left: text('left'),
    moved: text('moved \u00fc'),
    only: text('moved only'),
    tool: text('tool'),
  }).toEqual({
    both: lines({ 1: 'one', 5: 'mine', 19: 'nineteen' }),
    crlf: lines({ 19: 'nineteen' }, '\r\n'),
    latin: lines({ 3: 'caf\u00e9', 19: '\u00e4' }),
    left: 'left\n',
    moved: lines({ 19: 'nineteen' }),
    only: lines({ 0: 'moves only' }),
    tool: lines(),
  });
  expect(['gone', 'stays', 'unwanted', 'moves'].map((path) => existsSync(join(fixture.repo, path)))).toEqual([
    false,
    true,
    false,
    false,
  ]);
  await undoApply(request);
  expect(await fixture.git('status', '--porcelain')).toBe(before);
  expect(text('both')).toBe(lines({ 5: 'mine' }));
});

test('a name, a mode, lines and what is no text are taken each by itself, and none of them with another', async () => {
  await using fixture = await createFixture();
  fixture.write('near', lines());
  fixture.write('run me', lines());
  fixture.write('old', lines({ 0: 'old' }));
  fixture.write('picture', Buffer.from([0, 1]));
  fixture.write('turns', 'text\n');
  symlinkSync('near', join(fixture.repo, 'link'));
  await fixture.commit('base');
  const { whole } = await delegate(fixture, (root) => {
    writeFileSync(join(root, 'near'), lines({ 1: 'one', 3: 'three' }));
    writeFileSync(join(root, 'run me'), lines({ 1: 'one' }));
    chmodSync(join(root, 'run me'), 0o755);
    renameSync(join(root, 'old'), join(root, 'new'));
    writeFileSync(join(root, 'new'), lines({ 0: 'old', 5: 'five' }));
    chmodSync(join(root, 'new'), 0o755);
    writeFileSync(join(root, 'picture'), Buffer.from([0, 2]));
    chmodSync(join(root, 'picture'), 0o755);
    for (const [path, target] of [
      ['turns', 'near'],
      ['link', 'old'],
    ] as const) {
      rmSync(join(root, path));
      symlinkSync(target, join(root, path));
    }
  });
  const made = async (path: string, ...units: string[]): Promise<unknown> => {
    const { changes, read } = await accept(whole, [{ path, units }]);
    const [file] = changes.files;
    const { status, before, after } = file!;
    return [status, before?.path, after?.path, after?.mode, (await read(after!.blob)).toString('latin1')];
  };
  expect([
    await made('near', line(1)),
    await made('near', line(3)),
    await made('run me', line(1)),
    await made('run me', 'mode'),
    await made('new', line(5)),
    await made('new', 'name'),
    await made('new', 'mode'),
    await made('new', 'name', line(5)),
    await made('picture', 'mode'),
    await made('picture', 'content'),
    await made('turns', 'whole'),
    await made('link', 'whole'),
  ]).toEqual([
    ['modified', 'near', 'near', '100644', lines({ 1: 'one' })],
    ['modified', 'near', 'near', '100644', lines({ 3: 'three' })],
    ['modified', 'run me', 'run me', '100644', lines({ 1: 'one' })],
    ['modified', 'run me', 'run me', '100755', lines()],
    ['modified', 'old', 'old', '100644', lines({ 0: 'old', 5: 'five' })],
    ['renamed', 'old', 'new', '100644', lines({ 0: 'old' })],
    ['modified', 'old', 'old', '100755', lines({ 0: 'old' })],
    ['renamed', 'old', 'new', '100644', lines({ 0: 'old', 5: 'five' })],
    ['modified', 'picture', 'picture', '100755', '\u0000\u0001'],
    ['modified', 'picture', 'picture', '100644', '\u0000\u0002'],
    ['modified', 'turns', 'turns', '120000', 'near'],
    ['modified', 'link', 'link', '120000', 'old'],
  ]);
});

test('accepting everything change by change is the whole result, byte for byte', async () => {
  await using fixture = await createFixture();
  fixture.write('a', lines());
  fixture.write('b', lines({}, '\r\n').slice(0, -2));
  await fixture.commit('base');
  const { whole } = await delegate(fixture, (root) => {
    writeFileSync(join(root, 'a'), lines({ 1: 'one', 19: 'nineteen' }).slice(0, -1));
    writeFileSync(join(root, 'b'), lines({ 1: 'one', 19: 'nineteen' }));
  });
  const part = await accept(whole, [
    { path: 'a', units: [line(1), line(19)] },
    { path: 'b', units: ['-1,20 +1,20'] },
  ]);
  expect(part.changes).toEqual(whole.changes);
});

test('what the result does not have, what is listed twice, and nothing at all are refused', async () => {
  await using fixture = await createFixture();
  fixture.write('a', lines());
  await fixture.commit('base');
  const { whole } = await delegate(fixture, (root) => writeFileSync(join(root, 'a'), lines({ 1: 'one' })));
  const reason = async (...accepted: AcceptedFile[]): Promise<string> => {
    const part = await acceptedPart(whole, accepted);
    return part.outcome === 'refused' ? part.reason : 'accepted';
  };
  expect([
    await reason({ path: 'b', units: null }),
    await reason({ path: 'a', units: [line(2)] }),
    await reason({ path: 'a', units: null }, { path: 'a', units: [line(1)] }),
    await reason({ path: 'a', units: [] }),
    await reason(),
  ]).toEqual([
    'The result does not change b.',
    'The result has no change "-3,1 +3,1" in a.',
    'A file is listed twice among the accepted ones.',
    'Nothing of the result was accepted.',
    'Nothing of the result was accepted.',
  ]);
});

test('the accepted part becomes a branch in a work tree of its own, and the person\u2019s stays as it is', async () => {
  await using fixture = await createFixture();
  fixture.write('a', lines());
  fixture.write('b', 'b\n');
  await fixture.commit('base');
  const { source, whole } = await delegate(fixture, (root) => {
    writeFileSync(join(root, 'a'), lines({ 1: 'one', 19: 'nineteen' }));
    writeFileSync(join(root, 'b'), 'rejected\n');
  });
  const part = await accept(whole, [{ path: 'a', units: [line(19)] }]);
  const worktree = join(fixture.folder, 'beside', 'tree');
  const request = {
    repository: fixture.repo,
    gitDirectory: source.gitDirectory,
    source,
    ...part,
    branch: 'part',
    own: true,
    worktree,
    message: 'Part',
  };
  const files = await fileNames(fixture);
  expect(await applyAsBranch(request)).toMatchObject({ outcome: 'ok', branch: 'part' });
  expect([readFileSync(join(worktree, 'a'), 'utf8'), readFileSync(join(worktree, 'b'), 'utf8')]).toEqual([
    lines({ 19: 'nineteen' }),
    'b\n',
  ]);
  expect(await fixture.git('-C', worktree, 'status', '--porcelain', '--branch')).toBe('## part\n');
  expect([await fileNames(fixture), await fixture.git('status', '--porcelain')]).toEqual([files, '']);
  const refusal = async (other: Partial<typeof request>): Promise<string> => {
    const made = await applyAsBranch({ ...request, ...other });
    return made.outcome === 'refused' ? made.reason : 'made';
  };
  expect([await refusal({ branch: 'again' }), await refusal({ branch: 'again', worktree: 'relative' })]).toEqual([
    `${worktree} is not empty.`,
    'relative is not an absolute path.',
  ]);
  expect(await fixture.git('branch', '--list', 'again')).toBe('');
});
