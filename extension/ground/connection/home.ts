import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Endpoint } from '../../../shared/client/client.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the runner's data lies, as the runner itself reckons it, so that the editor and the command line share one: the
 * setting, else LONGHAUL_HOME, else for root /var/lib/longhaul, else below XDG_DATA_HOME or ~/.local/share. Absolute.
 */
export const homeFolder = (env: Environment, setting: string, uid: number | undefined): string => {
  const named = setting === '' ? env['LONGHAUL_HOME'] : setting;
  if (named !== undefined && named !== '') return resolve(named);
  if (uid === 0) return '/var/lib/longhaul';
  const data = env['XDG_DATA_HOME'];
  return join(data !== undefined && data !== '' ? resolve(data) : join(homedir(), '.local', 'share'), 'longhaul');
};

/** Where a runner in the background says what it has to say. */
export const logFile = (home: string): string => join(home, 'logs', 'runner.log');

const RunnerFile = z.object({ pid: z.int().positive(), url: z.url() });

/** ms: a runner on this machine answers in one or two; a stopped one never does. */
const HEALTH_MS = 1_000;

/** The runner of a home, if one answers. A file that a killed one left behind leads nowhere, and is no answer. */
export const findRunner = async (home: string): Promise<Endpoint | null> => {
  try {
    const { url } = RunnerFile.parse(JSON.parse(await readFile(join(home, 'runner.json'), 'utf8')));
    const token = (await readFile(join(home, 'token'), 'utf8')).trim();
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(HEALTH_MS) });
    await answer.body?.cancel();
    return answer.ok && token !== '' ? { url, token } : null;
  } catch {
    // Missing, caught half-written, or nobody there: in each case nobody can be reached through it.
    return null;
  }
};
