import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BundleRefused, checkTree, takeBundle, writeBundle, type ExpectedBundle } from './bundle.ts';
import { createFixture, treeBomb, type Fixture } from './fixture.ts';
import { git, gitOrThrow } from './git.ts';

/** Three commits, the last of which changes one of many files. */
const history = async (fixture: Fixture) => {
  for (let file = 0; file < 50; file += 1) fixture.write(`f${file}.txt`, `${file}\n${'line of it\n'.repeat(200)}`);
  const first = await fixture.commit('First');
  fixture.write('f7.txt', `7\n${'line of it\n'.repeat(200)}and one more\n`);
  const second = await fixture.commit('Second');
  fixture.write('new.txt', 'new\n');
  const third = await fixture.commit('Third');
  return { first, second, third, from: { gitDirectory: join(fixture.repo, '.git') } };
};

const emptyRepository = async (fixture: Fixture, name: string, format = 'sha1') => {
  const gitDirectory = join(fixture.folder, name);
  await mkdir(gitDirectory);
  await gitOrThrow(['init', '-q', '--bare', '--template=', `--object-format=${format}`, gitDirectory], {
    folder: gitDirectory,
  });
  return { gitDirectory };
};

const expected = (commit: string, different: Partial<ExpectedBundle> = {}): ExpectedBundle => ({
  commit,
  since: [],
  maxTreeBytes: 1e9,
  ...different,
});

test.each(['sha1', 'sha256'])(
  'carries a commit with its files and without its history, as git reads it (%s)',
  async (format) => {
    await using fixture = await createFixture([`--object-format=${format}`]);
    const { third, from } = await history(fixture);
    const file = join(fixture.folder, 'x.bundle');
    const bytes = await writeBundle(from, { commit: third, since: [], whole: true }, file);
    expect(bytes).toBe(readFileSync(file).length);
    expect(await fixture.git('bundle', 'list-heads', file)).toBe(`${third} refs/longhaul/base\n`);
    const to = await emptyRepository(fixture, 'to.git', format);
    await takeBundle(to, file, expected(third));
    const files = await gitOrThrow(['ls-tree', '-r', '--name-only', third], to);
    expect(files.toString().trim().split('\n')).toHaveLength(51);
    expect((await git(['cat-file', '-e', `${third}^`], to)).ok).toBe(false);
  },
);

test('carries only what is new, and builds on what its reader has', async () => {
  await using fixture = await createFixture();
  const { first, second, third, from } = await history(fixture);
  const to = await emptyRepository(fixture, 'to.git');
  const whole = join(fixture.folder, 'whole.bundle');
  const large = await writeBundle(from, { commit: first, since: [], whole: true }, whole);
  await takeBundle(to, whole, expected(first));
  for (const [commit, since] of [
    [second, first],
    [third, second],
  ] as const) {
    const file = join(fixture.folder, `${commit}.bundle`);
    const small = await writeBundle(from, { commit, since: [since], whole: false }, file);
    expect(small).toBeLessThan(large);
    expect(small).toBeLessThan(1_000);
    await takeBundle(to, file, expected(commit, { since: [since] }));
  }
  expect((await gitOrThrow(['show', `${third}:f7.txt`], to)).toString()).toMatch(/and one more\n$/);
});

test('carries nothing but its name where the reader has it all', async () => {
  await using fixture = await createFixture();
  const { third, from } = await history(fixture);
  const to = await emptyRepository(fixture, 'to.git');
  const whole = join(fixture.folder, 'whole.bundle');
  await writeBundle(from, { commit: third, since: [], whole: true }, whole);
  await takeBundle(to, whole, expected(third));
  const file = join(fixture.folder, 'x.bundle');
  const bytes = await writeBundle(from, { commit: third, since: [third], whole: true }, file);
  expect(bytes).toBeLessThan(200);
  await takeBundle(to, file, expected(third, { since: [third] }));
});

test('that is cut off, changed or another one is refused, with what is wrong', async () => {
  await using fixture = await createFixture();
  const { first, second, third, from } = await history(fixture);
  const file = join(fixture.folder, 'x.bundle');
  await writeBundle(from, { commit: third, since: [], whole: true }, file);
  const good = readFileSync(file);
  const to = await emptyRepository(fixture, 'to.git');
  const refusal = async (content: Buffer, wanted: ExpectedBundle): Promise<string> => {
    writeFileSync(file, content);
    try {
      await takeBundle(to, file, wanted);
    } catch (error) {
      if (error instanceof BundleRefused) return error.message;
      throw error;
    }
    return 'taken';
  };
  const flipped = Buffer.from(good);
  flipped[good.length - 300]! ^= 0xff;
  const thin = join(fixture.folder, 'thin.bundle');
  await writeBundle(from, { commit: third, since: [second], whole: true }, thin);
  expect(await refusal(Buffer.from('nothing of the kind'), expected(third))).toBe('It is no git bundle of a snapshot.');
  expect(await refusal(Buffer.alloc(0), expected(third))).toBe('It is no git bundle of a snapshot.');
  expect(await refusal(good, expected(first))).toBe(`It holds ${third} and not ${first}.`);
  expect(await refusal(good.subarray(0, -100), expected(third))).toMatch(/^Its pack cannot be used: .+\.$/);
  expect(await refusal(flipped, expected(third))).toMatch(/^Its pack cannot be used: .+\.$/);
  expect(await refusal(readFileSync(thin), expected(third))).toBe(
    `It relies on ${second}, which its delegation does not name.`,
  );
  // What it relies on is not there: neither are its files.
  expect(await refusal(readFileSync(thin), expected(third, { since: [second] }))).toMatch(
    /^Its (tree is not whole|pack cannot be used): .+\.$/,
  );
  const renamed = Buffer.from(good.toString('latin1').replace(third, 'a'.repeat(40)), 'latin1');
  expect(await refusal(renamed, expected('a'.repeat(40)))).toMatch(/^Its tree is not whole: .+\.$/);
  expect(await refusal(good, expected(third, { maxTreeBytes: 1000 }))).toMatch(
    /^Its files come to \d+ bytes, and 1000 are allowed \(sandbox\.workspaceBytes\)\.$/,
  );
  expect(await refusal(good, expected(third))).toBe('taken');
});

test('of a commit that is not there is an error', async () => {
  await using fixture = await createFixture();
  const { from } = await history(fixture);
  const file = join(fixture.folder, 'x.bundle');
  await expect(writeBundle(from, { commit: 'b'.repeat(40), since: [], whole: true }, file)).rejects.toThrow(
    'pack-objects failed',
  );
});

test('a bundle of some hundred bytes that names ten million files is refused early, and in little memory', async () => {
  await using fixture = await createFixture();
  const commit = await treeBomb(fixture, 7);
  const file = join(fixture.folder, 'bomb.bundle');
  expect(
    await writeBundle({ gitDirectory: join(fixture.repo, '.git') }, { commit, since: [], whole: true }, file),
  ).toBeLessThan(1000);
  const to = await emptyRepository(fixture, 'to.git');
  const before = process.memoryUsage().rss;
  await expect(takeBundle(to, file, expected(commit))).rejects.toThrow(
    new BundleRefused('It has more than 1000000 files, which is more than any run takes.'),
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
});

test.each([
  [
    { entries: 100, pathBytes: 1e9, longestPath: 4095 },
    'It has more than 100 files, which is more than any run takes.',
  ],
  [{ entries: 1e9, pathBytes: 100, longestPath: 4095 }, 'The names of its files come to more than 100 bytes.'],
  [{ entries: 1e9, pathBytes: 1e9, longestPath: 4 }, 'A path in it is longer than 4 bytes, and cannot be a file.'],
])('a tree has a limit: %o', async (limits, message) => {
  await using fixture = await createFixture();
  const commit = await treeBomb(fixture, 3);
  const repository = { gitDirectory: join(fixture.repo, '.git') };
  await checkTree(repository, { commit, maxTreeBytes: 1 });
  await expect(checkTree(repository, { commit, maxTreeBytes: 1 }, limits)).rejects.toThrow(new BundleRefused(message));
});

/** Two contents that differ in a byte, so that one of them travels as a few bytes against the other: git must hold both to tell what it is. */
const deltaBomb = async (fixture: Fixture, bytes: number): Promise<string> => {
  fixture.write('one', Buffer.alloc(bytes));
  await fixture.commit('One');
  const more = Buffer.alloc(bytes);
  more[0] = 1;
  fixture.write('two', more);
  return fixture.commit('Two');
};

test('a bundle that would have git fill the memory is refused; without a limit git takes it', async () => {
  await using fixture = await createFixture();
  const MIB = 1024 * 1024;
  const commit = await deltaBomb(fixture, 48 * MIB);
  const file = join(fixture.folder, 'bomb.bundle');
  const from = { gitDirectory: join(fixture.repo, '.git') };
  expect(await writeBundle(from, { commit, since: [], whole: true }, file)).toBeLessThan(MIB);
  const limits = { memoryBytes: 64 * MIB, fileBytes: 1024 * MIB, outputBytes: MIB };
  const limited = { ...(await emptyRepository(fixture, 'limited.git')), limits };
  await expect(takeBundle(limited, file, expected(commit))).rejects.toThrow(
    new BundleRefused(`Git needs more than ${64 * MIB} bytes of memory to read it.`),
  );
  const free = { ...limits, memoryBytes: 1024 * MIB };
  await takeBundle({ ...(await emptyRepository(fixture, 'free.git')), limits: free }, file, expected(commit));
});
