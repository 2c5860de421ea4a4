import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Ground } from './ground.ts';
import type { Played } from './play.ts';

/** Leaves what happened in a folder that outlives everything else, and tells which. */
export const leave = async (
  { store, rigs }: Ground,
  {
    played,
    runs,
  }: { readonly played: Played; readonly runs: readonly { readonly token: string; readonly followed: object }[] },
): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), `longhaul-kills-${store}-`));
  const put = (name: string, value: object): Promise<void> =>
    writeFile(path.join(folder, name), JSON.stringify(value, null, 2));
  await put('played.json', played);
  for (const { token, followed } of runs) await put(`run-${token}.json`, followed);
  for (const [index, { output }] of rigs.entries())
    await writeFile(path.join(folder, `plane-${index + 1}.log`), output);
  return folder;
};
