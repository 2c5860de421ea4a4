import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { placeRipgrep } from './place-ripgrep.ts';

test('a newer search program is used once it is there, and the older one stays for whoever runs it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ripgrep-'));
  const program = path.join(folder, 'given');
  const tools = path.join(folder, '.tools');
  await writeFile(program, 'old');
  await chmod(program, 0o755);
  const old = await placeRipgrep(program, tools);
  expect(await placeRipgrep(program, tools)).toBe(old);
  await writeFile(program, 'new');
  const newer = await placeRipgrep(program, tools);
  expect([await readFile(old, 'utf8'), await readFile(newer, 'utf8')]).toEqual(['old', 'new']);
  expect([path.basename(newer), (await stat(newer)).mode & 0o777]).toEqual(['rg', 0o755]);
  await rm(folder, { recursive: true });
});
