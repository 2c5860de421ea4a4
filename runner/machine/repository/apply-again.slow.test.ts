import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Applied } from '../../../shared/api/runner-api.ts';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import type { ChangedFile } from '../../../shared/run/artifacts.ts';
import { createFixture, type Fixture } from '../git/fixture.ts';
import { applyResult, type ApplyResult } from './apply-result.ts';

const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex');

/** The result of a run that turned the first text of each path into the second. A new path may follow, with which it was renamed. */
const resultOf = (
  fixture: Fixture,
  changed: Readonly<Record<string, readonly [before: string, after: string, renamed?: string]>>,
): ApplyResult => {
  const texts = Object.values(changed).flatMap(([before, after]) => [before, after]);
  const blobs = new Map(texts.map((text) => [hashOf(text), text]));
  const version = (path: string, text: string) =>
    ({ path, mode: '100644', blob: hashOf(text), bytes: text.length }) as const;
  const files = Object.entries(changed).map(([path, [before, after, renamed]]): ChangedFile => ({
    status: renamed === undefined ? 'modified' : 'renamed',
    before: version(path, before),
    after: version(renamed ?? path, after),
    binary: false,
    additions: 1,
    deletions: 1,
  }));
  const commit = '0'.repeat(40);
  const at = { commit, tree: commit };
  return {
    run: '7',
    title: 'Twice',
    policy: { ...defaultPolicy, limits: [] },
    repository: fixture.repo,
    source: { commit, head: commit, dirty: false },
    undoFolder: join(fixture.folder, 'undo'),
    changes: { base: at, head: at, patch: hashOf(''), files },
    read: async (hash) => Buffer.from(blobs.get(hash) ?? (await Promise.reject(new Error(`no blob ${hash}`)))),
    openSource: async () => null,
  };
};

const whole = { kind: 'worktree', dryRun: false, accepted: null, patch: null } as const;

const told = async (
  result: ApplyResult,
  how: Parameters<typeof applyResult>[1] = whole,
): Promise<{ readonly files: Record<string, string>; readonly onRecord: boolean }> => {
  const done = await applyResult(result, how);
  if (done.outcome === 'refused') throw new Error(done.reason);
  const tell = ({ path, outcome, reason }: Applied['files'][number]): [string, string] => [
    path,
    reason === '' ? outcome : `${outcome}: ${reason}`,
  ];
  return { files: Object.fromEntries(done.applied.files.map(tell)), onRecord: done.onRecord };
};

const undo = { kind: 'undo' } as const;
const still = 'refused: It still has the conflict of an earlier application; resolve it or take it back with --undo.';
const marked = 'conflict: Both sides changed the same lines; they are marked in the file.';

test.each([
  ['line ends', '\n'],
  ['line ends of Windows', '\r\n'],
])('a file that still has the markers of an earlier application is not merged into again: %s', async (_, end) => {
  await using fixture = await createFixture();
  fixture.write('a', `base${end}end${end}`);
  fixture.write('old', `base${end}end${end}`);
  fixture.write('b', 'base\n');
  await fixture.commit('base');
  const result = resultOf(fixture, {
    a: [`base${end}end${end}`, `run${end}end${end}`],
    old: [`base${end}end${end}`, `run${end}end${end}`, 'new'],
    b: ['base\n', 'run\n'],
  });
  fixture.write('a', `mine${end}end${end}`);
  fixture.write('old', `mine${end}end${end}`);
  const text = (path: string): string => readFileSync(join(fixture.repo, path), 'utf8');
  expect(await told(result)).toEqual({ files: { a: marked, new: marked, b: 'written' }, onRecord: true });
  const once = text('a');
  expect(once).toContain(`<<<<<<< yours${end}`);

  for (const dryRun of [true, false])
    expect(await told(result, { ...whole, dryRun })).toEqual({
      files: { a: still, new: still, b: 'already' },
      onRecord: false,
    });
  expect([text('a'), text('new')]).toEqual([once, once]);
  // Half resolved is not resolved.
  writeFileSync(join(fixture.repo, 'a'), once.replace(`<<<<<<< yours${end}`, ''));
  expect((await told(result)).files['a']).toBe(still);
  writeFileSync(join(fixture.repo, 'a'), once);

  expect((await told(result, undo)).files).toEqual({ a: 'written', new: 'removed', old: 'written', b: 'written' });
  expect([text('a'), text('old'), text('b')]).toEqual([`mine${end}end${end}`, `mine${end}end${end}`, 'base\n']);
});

test('a resolved conflict is merged as any change, and lines that look like markers and came with the run are none', async () => {
  await using fixture = await createFixture();
  const example = (first: string): string => `${first}\n2\n3\n4\n<<<<<<< yours\n>>>>>>> Longhaul\n5\n6\n7\nlast\n`;
  fixture.write('example', example('first'));
  fixture.write('a', 'base\n');
  await fixture.commit('base');
  const result = resultOf(fixture, { example: [example('first'), example('run')], a: ['base\n', 'run\n'] });
  fixture.write('example', example('first').replace('last', 'mine'));
  fixture.write('a', 'mine\n');
  expect((await told(result)).files).toEqual({ example: 'merged', a: marked });
  fixture.write('a', 'run\n');
  expect((await told(result)).files).toEqual({ example: 'already', a: 'already' });
});

test('an application that found everything there is none, and undo takes back the one that wrote', async () => {
  await using fixture = await createFixture();
  fixture.write('a', 'base\n');
  fixture.write('b', 'base\n');
  await fixture.commit('base');
  const result = resultOf(fixture, { a: ['base\n', 'run\n'], b: ['base\n', 'run\n'] });
  expect(await told(result)).toEqual({ files: { a: 'written', b: 'written' }, onRecord: true });
  expect(await told(result)).toEqual({ files: { a: 'already', b: 'already' }, onRecord: false });
  expect(await told(result, undo)).toEqual({ files: { a: 'written', b: 'written' }, onRecord: true });
  expect(readFileSync(join(fixture.repo, 'a'), 'utf8')).toBe('base\n');
  expect(await applyResult(result, undo)).toMatchObject({ outcome: 'refused', reason: 'Run 7 was not applied here.' });
});

test.each([
  ['what a person has added since', 'RUN\ntwo\nRUN\nfour\nmine\n', 'RUN\ntwo\nRUN\nfour\n'],
  ['more of the run than is applied now', 'RUN\ntwo\nRUN\nfour\n', 'RUN\ntwo\nthree\nfour\n'],
])(
  'an application to a file that has it all already, and %s, is none either, and undo takes back the one that wrote',
  async (_what, has, applied) => {
    await using fixture = await createFixture();
    const base = 'one\ntwo\nthree\nfour\n';
    fixture.write('a', base);
    await fixture.commit('base');
    const first = 'RUN\ntwo\nRUN\nfour\n';
    await told(resultOf(fixture, { a: [base, first] }));
    fixture.write('a', has);
    const again = resultOf(fixture, { a: [base, applied] });
    expect(await told(again)).toEqual({ files: { a: 'already' }, onRecord: false });
    fixture.write('a', first);
    expect((await told(again, undo)).files).toEqual({ a: 'written' });
    expect(readFileSync(join(fixture.repo, 'a'), 'utf8')).toBe(base);
  },
);

test('an application of an earlier version that wrote nothing is passed over by undo', async () => {
  await using fixture = await createFixture();
  fixture.write('a', 'base\n');
  await fixture.commit('base');
  const result = resultOf(fixture, { a: ['base\n', 'run\n'] });
  await told(result);
  const journal = { version: 1, root: fixture.repo, touched: [] };
  mkdirSync(join(result.undoFolder, '2'));
  writeFileSync(join(result.undoFolder, '2', 'journal.json'), JSON.stringify(journal));
  expect((await told(result, undo)).files).toEqual({ a: 'written' });
  expect(await applyResult(result, undo)).toMatchObject({ outcome: 'refused', reason: 'Run 7 was not applied here.' });
});

test('an application that came upon nothing but changes of that moment is none either', async () => {
  await using fixture = await createFixture();
  fixture.write('a', 'base\n');
  fixture.write('b', 'run\n');
  await fixture.commit('base');
  const result = resultOf(fixture, { a: ['base\n', 'run\n'], b: ['old\n', 'run\n'] });
  const meanwhile: ApplyResult = {
    ...result,
    read: (hash) => {
      if (hash === hashOf('old\n')) fixture.write('a', 'saved just now\n');
      return result.read(hash);
    },
  };
  expect(await told(meanwhile)).toEqual({
    files: { a: 'refused: It changed while the result was applied.', b: 'already' },
    onRecord: false,
  });
  expect(await applyResult(result, undo)).toMatchObject({ outcome: 'refused', reason: 'Run 7 was not applied here.' });
});

test('a file whose name is no UTF-8 is left alone by name, never taken for another, and the others are applied', async () => {
  await using fixture = await createFixture();
  fixture.write('a', 'base\n');
  await fixture.commit('base');
  const result = resultOf(fixture, { a: ['base\n', 'run\n'], 'bad\uFFFDname': ['base\n', 'run\n'] });
  const reason = 'Its name is no UTF-8. The patch itself has it: longhaul diff 7 | git apply';
  expect((await told(result)).files).toEqual({ a: 'written', 'bad\uFFFDname': `refused: ${reason}` });
  const branch = { kind: 'branch', branch: 'b', own: true, accepted: null, patch: null } as const;
  expect(await applyResult(result, branch)).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('is no UTF-8, and a branch would have another file.'),
  });
});
