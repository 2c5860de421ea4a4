import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** A project of its own, whose files of tests are these, by their names in `test/`. */
const projectOf = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const root = await mkdtemp(path.join(tmpdir(), 'longhaul-drawn-test-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const script of ['drawn.ts', 'count-tests.mjs'])
    await cp(path.join(import.meta.dirname, script), path.join(root, 'scripts', script), { recursive: true });
  await symlink(path.join(import.meta.dirname, '..', 'node_modules'), path.join(root, 'node_modules'));
  const project = (name: string) => ({ test: { name, include: [`test/${name}/*.test.mjs`] } });
  const config = {
    reporters: ['json'],
    projects: [project('deep'), project('editor')],
  };
  await writeFile(
    path.join(root, 'vitest.config.mjs'),
    `export default { test: { ...${JSON.stringify(config)}, outputFile: process.env.LONGHAUL_TEST_RESULTS + '/' + process.pid + '.json' } };`,
  );
  await mkdir(path.join(root, 'results'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, 'test', name)), { recursive: true });
    await writeFile(path.join(root, 'test', name), `import { expect, test } from 'vitest';\n${text}`);
  }
  return root;
};

/** What the gate's lot and its count say of it. */
const drawn = (root: string, minutes: string): { readonly drew: number | null; readonly counted: string } => {
  const env = { ...process.env, LONGHAUL_TEST_RESULTS: path.join(root, 'results') };
  const options = { cwd: root, env, encoding: 'utf8' } as const;
  const lot = spawnSync(process.execPath, ['scripts/drawn.ts', minutes, 'deep', 'editor'], options);
  const count = spawnSync(process.execPath, ['scripts/count-tests.mjs', 'results'], options);
  return { drew: lot.status, counted: `${lot.stdout}${count.stdout}` };
};

/** Fails when it is run for the first time in its folder. */
const failsFirst = (name: string) => `
import { existsSync, writeFileSync } from 'node:fs';
test(${JSON.stringify(name)}, () => {
  const mark = import.meta.filename + '.ran';
  const ran = existsSync(mark);
  writeFileSync(mark, '');
  expect(ran).toBe(true);
});
test('beside it', () => {});
`;

test('a file of the editor that fails is run once more, and what failed first is told; of others what fails has failed', async () => {
  const editor = await projectOf({ 'editor/a.test.mjs': failsFirst('now and then') });
  const told = drawn(editor, '1');
  expect(told.counted).toContain('FAILED THE FIRST TIME, and run once more: test/editor/a.test.mjs: now and then');
  expect(told.counted).toContain('2 passed, 0 failed');
  expect(told.drew).toBe(0);
  const deep = await projectOf({ 'deep/a.test.mjs': failsFirst('now and then') });
  const counted = drawn(deep, '1');
  expect(counted.counted).toContain('FAILED test/deep/a.test.mjs: now and then');
  expect(counted.counted).toContain('1 passed, 1 failed');
  expect(counted.drew).toBe(1);
});

test('a file of the editor that fails twice has failed, and what there is no time for is named', async () => {
  const files = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e'].map((name) => [`editor/${name}.test.mjs`, "test('fine', () => {});"]),
  );
  const root = await projectOf({ ...files, 'editor/a.test.mjs': "test('never', () => expect(1).toBe(2));" });
  const whole = drawn(root, '1');
  expect(whole.counted).toContain('FAILED test/editor/a.test.mjs: never');
  expect(whole.counted).toContain('4 passed, 1 failed');
  expect(whole.drew).toBe(1);
  const cut = drawn(root, '0.00001');
  expect(cut.counted).toContain('not drawn this time, for want of time: test/editor/');
});
