import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Source } from '../../../shared/run/source.ts';
import { keepingIn } from '../../../test/harness/keeping.ts';
import { createFixture, type Fixture } from '../../machine/git/fixture.ts';
import { openWorkspace } from './git-workspace.ts';

/** Everything in a tree: kinds, contents, permissions, targets; `.git` folders too. */
const manifest = (folder: string): Record<string, string> => {
  const found: Record<string, string> = {};
  const walk = (at: string): void => {
    for (const name of readdirSync(path.join(folder, at))) {
      const inside = path.join(at, name);
      const place = path.join(folder, inside);
      const stat = lstatSync(place);
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) found[inside] = `link ${readlinkSync(place)}`;
      else if (stat.isDirectory()) {
        found[inside] = `folder ${mode}`;
        walk(inside);
      } else found[inside] = `file ${mode} ${readFileSync(place).toString('base64')}`;
    }
  };
  walk('.');
  return found;
};

const start = async (fixture: Fixture, options: { readonly bytes?: number; readonly files?: number } = {}) => {
  fixture.write('.gitignore', 'cache/\n*.log\n');
  fixture.write('src/one', '1\n');
  fixture.write('src/two', '2\n');
  const commit = await fixture.commit('base');
  const source: Source = {
    kind: 'local',
    repository: fixture.repo,
    gitDirectory: path.join(fixture.repo, '.git'),
    commit,
    head: commit,
    branch: 'main',
    dirty: false,
  };
  const folder = path.join(fixture.folder, 'workspace');
  const restLimits = { bytes: options.bytes ?? 1024 ** 3, files: options.files ?? 10_000 };
  /** The workspace as the worker of a lease opens it. */
  const lease = (number: number) => openWorkspace({ folder, lease: number, user: null, restLimits });
  const workspace = await lease(1);
  const base = await workspace.prepare(source);
  return { folder, workspace, base, lease, at: (name: string) => path.join(workspace.root, name) };
};

/** One thing that a command may do to a tree, by names that git covers, ignores, or does not look at. */
const names = [
  'src/one',
  'src/new',
  'a.log',
  'cache/x',
  'cache/deep/y',
  '.git/HEAD',
  '.git/own/z',
  'sub/.git/config',
  'empty',
];
const modes = [0o644, 0o755, 0o600, 0o640, 0o444, 0o700];
const mutation = fc.oneof(
  fc.record({ do: fc.constant('write' as const), name: fc.constantFrom(...names), text: fc.string({ maxLength: 8 }) }),
  fc.record({ do: fc.constant('append' as const), name: fc.constantFrom(...names), text: fc.string({ maxLength: 8 }) }),
  fc.record({ do: fc.constant('remove' as const), name: fc.constantFrom(...names, 'cache', '.git', 'src', 'sub') }),
  fc.record({
    do: fc.constant('folder' as const),
    name: fc.constantFrom('empty', 'cache/none', 'src/hollow/deep', '.git/refs/void'),
  }),
  fc.record({
    do: fc.constant('mode' as const),
    name: fc.constantFrom(...names, 'src', 'cache', '.git'),
    mode: fc.constantFrom(...modes),
  }),
  fc.record({
    do: fc.constant('link' as const),
    name: fc.constantFrom('a.log', 'cache/link', 'src/link'),
    target: fc.constantFrom('x', '/etc/passwd', '../..'),
  }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never;

const mutate = (root: string, one: Mutation): void => {
  const place = path.join(root, one.name);
  const stat = lstatSync(place, { throwIfNoEntry: false });
  const clear = (): void => {
    for (let parent = path.dirname(place); parent.length > root.length; parent = path.dirname(parent))
      if (lstatSync(parent, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(parent);
    mkdirSync(path.dirname(place), { recursive: true });
    rmSync(place, { recursive: true, force: true });
  };
  switch (one.do) {
    case 'write':
      clear();
      return writeFileSync(place, one.text);
    case 'append':
      if (stat?.isFile() === true && (stat.mode & 0o200) !== 0) appendFileSync(place, one.text);
      return;
    case 'remove':
      return rmSync(place, { recursive: true, force: true });
    case 'folder':
      clear();
      return void mkdirSync(place, { recursive: true });
    case 'mode':
      if (stat?.isFile() === true) chmodSync(place, one.mode);
      if (stat?.isDirectory() === true) chmodSync(place, one.mode | 0o700);
      return;
    case 'link':
      clear();
      return symlinkSync(one.target, place);
  }
};

/** As long as rest.ts takes a file for too fresh: time is what this is about. */
const racyMs = 100;

describe('what git does not cover', () => {
  test('comes back with a restore, in place and to another lease, whatever was done to it before and after', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutation, { maxLength: 12 }),
        fc.array(mutation, { maxLength: 12 }),
        async (before, after) => {
          await using fixture = await createFixture();
          const { workspace, base, lease } = await start(fixture);
          for (const one of before) mutate(workspace.root, one);
          const checkpoint = await workspace.checkpoint(base, 'before');
          const whole = manifest(workspace.root);
          // A `.git` that is gone is made anew: it is the agent's only way to git.
          const keeps = Object.keys(whole).some((name) => name === '.git');
          const kept = (root: string) =>
            Object.fromEntries(Object.entries(manifest(root)).filter(([name]) => keeps || !/^\.git(\/|$)/.test(name)));
          for (const one of after) mutate(workspace.root, one);
          await workspace.restore(checkpoint);
          expect(kept(workspace.root)).toEqual(whole);
          for (const one of after) mutate(workspace.root, one);
          const next = await lease(2);
          expect(await next.renew(checkpoint)).toBe('whole');
          expect(kept(next.root)).toEqual(whole);
          expect((await next.checkpoint(checkpoint, 'nothing happened')).tree).toBe(checkpoint.tree);
        },
      ),
      { numRuns: 25 },
    );
  }, 600_000);

  test('is seen to have changed, though its size and times say that it has not', async () => {
    await using fixture = await createFixture();
    const { workspace, base, at } = await start(fixture);
    writeFileSync(at('a.log'), 'one');
    const { mtime, atime } = statSync(at('a.log'));
    const one = await workspace.checkpoint(base, 'one');
    writeFileSync(at('a.log'), 'two');
    utimesSync(at('a.log'), atime, mtime);
    const two = await workspace.checkpoint(one, 'two');
    await workspace.restore(one);
    expect(readFileSync(at('a.log'), 'utf8')).toBe('one');
    await workspace.restore(two);
    expect(readFileSync(at('a.log'), 'utf8')).toBe('two');
  });

  test('costs what changed of it, and not what there is', async () => {
    await using fixture = await createFixture();
    const { folder, workspace, base, at } = await start(fixture);
    const kept = () =>
      readdirSync(path.join(folder, 'work.1', 'rest')).reduce(
        (sum, name) => sum + statSync(path.join(folder, 'work.1', 'rest', name)).size,
        0,
      );
    for (let file = 0; file < 500; file += 1) {
      mkdirSync(at(`cache/${file % 20}`), { recursive: true });
      writeFileSync(at(`cache/${file % 20}/${file}`), String(file).repeat(1000));
    }
    writeFileSync(at('a.log'), '');
    let head = await workspace.checkpoint(base, 'many');
    // What was too fresh to be trusted is looked at once more, by whichever checkpoint comes late enough.
    appendFileSync(at('a.log'), 'first\n');
    for (let size = -1; size !== kept();) {
      size = kept();
      await new Promise((resolve) => setTimeout(resolve, 2 * racyMs));
      head = await workspace.checkpoint(head, 'many');
    }
    const before = kept();
    for (let line = 0; line < 10; line += 1) {
      appendFileSync(at('a.log'), `${line}\n`);
      head = await workspace.checkpoint(head, 'a line');
    }
    expect(kept() - before).toBeLessThan(5_000);
    expect(readFileSync(at('a.log'), 'utf8').split('\n')).toHaveLength(12);
  });

  test('is given up in whole folders where it is too much, which are named, and then stays as it lies', async () => {
    await using fixture = await createFixture();
    const { workspace, base, at, lease } = await start(fixture, { bytes: 200_000 });
    mkdirSync(at('src/modules/deep'), { recursive: true });
    writeFileSync(at('.gitignore'), 'cache/\n*.log\nmodules/\n');
    writeFileSync(at('src/modules/deep/large'), 'x'.repeat(300_000));
    mkdirSync(at('cache'));
    writeFileSync(at('cache/small'), 'small');
    const head = await workspace.checkpoint(base, 'large');
    expect(workspace.left).toEqual(['src/modules']);
    await workspace.checkpoint(head, 'again');
    expect(workspace.left).toEqual([]);
    writeFileSync(at('src/modules/deep/other'), 'later');
    rmSync(at('cache'), { recursive: true });
    await workspace.restore(head);
    expect(readFileSync(at('cache/small'), 'utf8')).toBe('small');
    expect(readdirSync(at('src/modules/deep'))).toEqual(['large', 'other']);
    const next = await lease(2);
    expect(await next.renew(head)).toBe('whole');
    expect(readdirSync(path.join(next.root, 'src/modules/deep'))).toEqual(['large', 'other']);
    expect(readFileSync(path.join(next.root, 'cache/small'), 'utf8')).toBe('small');
  });

  test('is no part of what a run changed', async () => {
    await using fixture = await createFixture();
    const { workspace, base, at } = await start(fixture);
    writeFileSync(at('a.log'), 'SECRET-OF-THE-LOG');
    writeFileSync(at('.git/own'), 'SECRET-OF-THE-LOG');
    writeFileSync(at('src/one'), 'changed\n');
    const head = await workspace.checkpoint(base, 'both');
    const { files, patch } = await workspace.changes(
      base,
      head,
      keepingIn(async (content) => content.toString()),
    );
    expect(files.map(({ after }) => after?.path)).toEqual(['src/one']);
    expect(patch).not.toContain('SECRET-OF-THE-LOG');
    let bundle = '';
    await workspace.bundle(head, base, async (file) => {
      bundle = execFileSync('git', ['-C', fixture.repo, 'bundle', 'list-heads', file]).toString();
      expect(statSync(file).size).toBeLessThan(1_000);
    });
    expect(bundle).toContain(head.commit);
  });

  test('written anew when most of what is kept is not in use any more, it is the same', async () => {
    await using fixture = await createFixture();
    const { folder, workspace, base, at } = await start(fixture);
    let head = base;
    const sizes: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      mkdirSync(at('cache'), { recursive: true });
      writeFileSync(at('cache/large'), Buffer.alloc(24 * 1024 * 1024, round));
      head = await workspace.checkpoint(head, `round ${round}`);
      sizes.push(
        readdirSync(path.join(folder, 'work.1', 'rest'))
          .map((name) => statSync(path.join(folder, 'work.1', 'rest', name)).size)
          .reduce((sum, size) => sum + size, 0),
      );
    }
    expect(Math.max(...sizes)).toBeLessThan(6 * 24 * 1024 * 1024);
    rmSync(at('cache'), { recursive: true });
    await workspace.restore(head);
    expect(readFileSync(at('cache/large')).equals(Buffer.alloc(24 * 1024 * 1024, 5))).toBe(true);
  });
});
