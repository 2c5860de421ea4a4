import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { canCount, hasCounted, linesRunBy } from './collect.ts';

const text = 'exports.used = () => {\n  return 1;\n};\nexports.unused = () => {\n  return 2;\n};\n';

const counts = (length = text.length): string =>
  JSON.stringify({
    result: [
      {
        url: 'file:///workspace/a.js',
        functions: [
          { ranges: [{ startOffset: 0, endOffset: length, count: 1 }] },
          { ranges: [{ startOffset: text.lastIndexOf('() =>'), endOffset: text.lastIndexOf('}') + 1, count: 0 }] },
        ],
      },
    ],
  });

/** A place where a command has run, with what it left in its home and in its tree. */
const place = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-counted-'));
  const [home, tree] = [path.join(folder, 'home'), path.join(folder, 'tree')];
  const left = path.join(home, '.longhaul-lines');
  for (const each of [home, tree]) await mkdir(each);
  await writeFile(path.join(tree, 'a.js'), text);
  const since = Date.now() - 60_000;
  return {
    folder,
    home,
    tree,
    left,
    /** Writes into the tree, now or before the command began. */
    report: async (name: string, content: string, when: 'now' | 'before' = 'now') => {
      const file = path.join(tree, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
      if (when === 'before') await utimes(file, since / 1000 - 60, since / 1000 - 60);
    },
    lines: () =>
      linesRunBy({
        tree,
        home,
        since,
        added: new Map([
          ['a.js', [1, 2, 4, 5]],
          ['b.md', [1]],
        ]),
        read: async () => [
          { path: 'a.js', content: Buffer.from(text) },
          { path: 'b.md', content: Buffer.from('# b\n') },
        ],
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};

const whole = [{ path: 'a.js', run: [[1, 2]], missed: [[5, 5]] }];
const onlyRun = [{ path: 'a.js', run: [[1, 2]], missed: [] }];

describe('what processes of Node left', () => {
  test('tells of the lines that were added, and of no document', async () => {
    await using at = await place();
    expect([await hasCounted(at.home), await at.lines()]).toEqual([false, []]);
    await mkdir(at.left);
    await writeFile(path.join(at.left, 'coverage-1.json'), counts());
    expect([await hasCounted(at.home), await at.lines()]).toEqual([true, whole]);
  });

  test('tells of nothing that was left out, where a part of it cannot be read', async () => {
    for (const spoil of [
      (file: string) => writeFile(file, counts().slice(0, -9)),
      (file: string) => mkdir(file),
      (file: string) => symlink('/etc/passwd', file),
      async (file: string) => void execFileSync('mkfifo', [file]),
      async (file: string) => {
        await writeFile(file, '');
        await truncate(file, 64 * 1024 * 1024);
      },
      // It ran something else under the name of the file.
      (file: string) => writeFile(file, counts(text.length + 62)),
    ]) {
      await using at = await place();
      await mkdir(at.left);
      await writeFile(path.join(at.left, 'coverage-1.json'), counts());
      await spoil(path.join(at.left, 'coverage-2.json'));
      expect(await at.lines()).toEqual(onlyRun);
    }
  });

  test('is not looked for where a link leads', async () => {
    await using at = await place();
    const elsewhere = path.join(at.folder, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(path.join(elsewhere, 'coverage-1.json'), counts());
    await symlink(elsewhere, at.left);
    expect([await hasCounted(at.home), await at.lines()]).toEqual([false, []]);
  });
});

describe('a report that the command wrote', () => {
  const lcov = 'SF:a.js\nDA:1,1\nDA:2,1\nDA:5,0\nend_of_record\n';

  test('tells of changed files, wherever it lies', async () => {
    await using at = await place();
    await at.report('packages/a/coverage/lcov.info', lcov.replace('SF:', 'SF:/workspace/'));
    expect(await at.lines()).toEqual(whole);
  });

  test.each(['coverage.json', 'coverage/coverage-final.json'])('is read as JSON, as %s', async (name) => {
    await using at = await place();
    await at.report(name, JSON.stringify({ files: { 'a.js': { executed_lines: [1, 2], missing_lines: [5] } } }));
    expect(await at.lines()).toEqual(whole);
  });

  test('counts only if it is newer than the beginning of the command, no link, and of this version of the file', async () => {
    await using at = await place();
    await at.report('coverage/lcov.info', lcov, 'before');
    await at.report('node_modules/x/lcov.info', lcov);
    await at.report('other/lcov.info', `${lcov.replace('end_of_record\n', '')}DA:60,1\nend_of_record\n`);
    await writeFile(path.join(at.folder, 'lcov.info'), lcov);
    await symlink(path.join(at.folder, 'lcov.info'), path.join(at.tree, 'lcov.info'));
    await symlink(at.folder, path.join(at.tree, 'linked'));
    expect(await at.lines()).toEqual([]);
  });

  test('and what Node counted are laid over one another: what one of them saw run was run', async () => {
    await using at = await place();
    await mkdir(at.left);
    await writeFile(path.join(at.left, 'coverage-1.json'), counts());
    await at.report('lcov.info', 'SF:a.js\nDA:2,0\nDA:5,3\n');
    expect(await at.lines()).toEqual([
      {
        path: 'a.js',
        run: [
          [1, 2],
          [5, 5],
        ],
        missed: [],
      },
    ]);
  });
});

test('Node is had count where it may run something that changed', () => {
  expect(canCount(['README.md', 'src/a.mts'])).toBe(true);
  expect(canCount(['README.md', 'src/a.go', 'package.json'])).toBe(false);
});
