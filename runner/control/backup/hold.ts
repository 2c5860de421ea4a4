import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { missingIs, writeDurably } from '../../machine/home/home.ts';
import { isRunning, processStart } from '../../machine/processes/process-start.ts';

const Holder = z.object({ pid: z.int().positive(), startTime: z.number().nullable() });
const name = /^backup\.\d+\.json$/;

/** While it lasts, nothing that a run left behind is removed from the home: what the copied log names is still there to copy. */
export const holdRetention = async (home: string): Promise<AsyncDisposable> => {
  const file = join(home, `backup.${process.pid}.json`);
  await writeDurably(file, JSON.stringify({ pid: process.pid, startTime: processStart(process.pid) }));
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
};

/** Is a back-up of this home being made? One whose process is gone is not. */
export const isHeld = async (home: string): Promise<boolean> => {
  for (const found of (await readdir(home)).filter((entry) => name.test(entry))) {
    const text = await readFile(join(home, found), 'utf8').catch(missingIs(''));
    const holder = text === '' ? null : Holder.safeParse(JSON.parse(text));
    if (holder?.success === true && isRunning(holder.data)) return true;
    await rm(join(home, found), { force: true });
  }
  return false;
};
