import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetOld } from './notified.ts';

test('marks of notices go when nothing has waited behind them for two months', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-notified-'));
  const now = Date.now();
  for (const [name, days] of [
    ['old', 61],
    ['recent', 59],
  ] as const) {
    await writeFile(join(folder, name), '');
    const at = new Date(now - days * 24 * 3_600_000);
    await utimes(join(folder, name), at, at);
  }
  await forgetOld(folder, now);
  expect(await readdir(folder)).toEqual(['recent']);
  await rm(folder, { recursive: true });
  await forgetOld(folder, now);
});
