import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFixture, type Fixture } from '../git/fixture.ts';
import { gitOrThrow, pathBytes, splitNul } from '../git/git.ts';
import { snapshotRepository } from './snapshot.ts';

const snapshot = (fixture: Fixture, without: readonly string[], base = 'worktree') =>
  snapshotRepository({ path: fixture.repo, gitDirectory: join(fixture.folder, 'run', 'source.git'), base, without });

/** Contents by path of what goes along. */
const tree = async (made: Awaited<ReturnType<typeof snapshot>>): Promise<Readonly<Record<string, string>>> => {
  if (made.outcome !== 'ok') throw new Error(made.reason);
  const { gitDirectory, commit } = made.source;
  const names = splitNul(await gitOrThrow(['ls-tree', '-r', '-z', '--name-only', commit], { gitDirectory }));
  const read = async (name: string) => [
    pathBytes(name).toString(),
    (await gitOrThrow(['cat-file', 'blob', `${commit}:${pathBytes(name).toString()}`], { gitDirectory })).toString(),
  ];
  return Object.fromEntries(await Promise.all(names.map(read))) as Record<string, string>; // safe: pairs of texts
};

const dirty = async (): Promise<Fixture> => {
  const fixture = await createFixture();
  fixture.write('changed.txt', 'before\n');
  fixture.write('deleted.txt', 'before\n');
  fixture.write('same.txt', 'before\n');
  fixture.write('folder/x.txt', 'x\n');
  await fixture.commit('base');
  fixture.write('changed.txt', 'after\n');
  fixture.write('new.txt', 'new\n');
  fixture.write('scratch/a b.txt', 'new\n');
  fixture.write('scratch/ä.txt', 'new\n');
  rmSync(join(fixture.repo, 'deleted.txt'));
  return fixture;
};

test('what is left out is as in the last commit, or not there; the rest goes along, and the source says so', async () => {
  await using fixture = await dirty();
  const status = await fixture.git('--no-optional-locks', 'status', '--porcelain', '-z');
  const made = await snapshot(fixture, ['changed.txt', 'deleted.txt', 'scratch/ä.txt']);
  expect(await tree(made)).toEqual({
    'changed.txt': 'before\n',
    'deleted.txt': 'before\n',
    'same.txt': 'before\n',
    'folder/x.txt': 'x\n',
    'new.txt': 'new\n',
    'scratch/a b.txt': 'new\n',
  });
  expect(made).toMatchObject({
    source: {
      dirty: true,
      notes: ['Left out at delegation, so as in the last commit: changed.txt, deleted.txt, scratch/ä.txt.'],
    },
  });
  expect(await fixture.git('--no-optional-locks', 'status', '--porcelain', '-z')).toBe(status);
});

test('a file that was renamed is left out under both of its names, whichever is said', async () => {
  await using fixture = await createFixture();
  const text = Array.from({ length: 20 }, (_, line) => `line ${line}\n`).join('');
  fixture.write('old.txt', text);
  await fixture.commit('base');
  await fixture.git('mv', 'old.txt', 'new.txt');
  for (const name of ['old.txt', 'new.txt']) {
    const made = await snapshot(fixture, [name]);
    expect(await tree(made)).toEqual({ 'old.txt': text });
    rmSync(join(fixture.folder, 'run'), { recursive: true });
  }
});

test('a folder is left out with all that is in it; without any change left it is the last commit', async () => {
  await using fixture = await dirty();
  const made = await snapshot(fixture, ['scratch/', 'new.txt', 'changed.txt', 'deleted.txt']);
  const head = (await fixture.git('rev-parse', 'HEAD')).trim();
  expect(made).toMatchObject({ outcome: 'ok', source: { commit: head, dirty: false } });
});

test('in a repository without commits, too', async () => {
  await using fixture = await createFixture();
  fixture.write('one.txt', '1\n');
  fixture.write('.env', 'secret\n');
  expect(await tree(await snapshot(fixture, ['.env']))).toEqual({ 'one.txt': '1\n' });
});

test('what no change is about, what cannot be left out alone, and any of a commit are refused', async () => {
  await using fixture = await dirty();
  expect(await snapshot(fixture, ['same.txt'])).toEqual({
    outcome: 'refused',
    reason: `Nothing that is not committed lies at "${fixture.repo}/same.txt", so it cannot be left out.`,
    remedy: `Name what git shows there: git -C "${fixture.repo}" status`,
  });
  expect(await snapshot(fixture, ['new.txt'], 'head')).toMatchObject({ outcome: 'refused' });
  rmSync(join(fixture.repo, 'folder'), { recursive: true });
  fixture.write('folder', 'a file now\n');
  expect(await snapshot(fixture, ['folder/x.txt'])).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('cannot be left out alone'),
  });
  expect(await snapshot(fixture, ['folder'])).toMatchObject({ outcome: 'ok' });
});
