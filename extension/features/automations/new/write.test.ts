import { mkdtemp, mkdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeNew } from './write.ts';

const folder = async () => {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'longhaul-new-automation-')));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

test('a file that is there is left as it is', async () => {
  await using root = await folder();
  const file = await writeNew(root.path, 'nightly', 'one\n');
  expect(file).toBe(join(root.path, '.longhaul/triggers/nightly.yaml'));
  await expect(writeNew(root.path, 'nightly', 'two\n')).rejects.toThrow('is there already');
  expect(await readFile(file, 'utf8')).toBe('one\n');
});

test('a link in the repository leads nowhere else', async () => {
  await using root = await folder();
  await using elsewhere = await folder();
  await mkdir(join(root.path, '.longhaul'));
  await symlink(elsewhere.path, join(root.path, '.longhaul/triggers'));
  await expect(writeNew(root.path, 'nightly', 'one\n')).rejects.toThrow('by a link');
});
