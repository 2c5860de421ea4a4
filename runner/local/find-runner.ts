import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Trouble } from '../../shared/trouble.ts';
import type { Endpoint } from '../../shared/client/client.ts';
import { homeAt, isSystemError } from '../machine/home/home.ts';
import { isRunning } from '../machine/processes/process-start.ts';

export { homeFolder } from '../machine/home/home.ts';

/** What a running runner writes into its home, in `runner.json`. */
const RunnerFile = z.object({
  pid: z.int().positive(),
  /** In clock ticks since boot; null where the system has no /proc. */
  startTime: z.number().nullable(),
  url: z.url(),
  version: z.string(),
  startedAt: z.string(),
});
export type RunnerFile = z.infer<typeof RunnerFile>;

/** Where a runner in the background says what it has to say. */
export const logFile = (home: string): string => join(homeAt(home).logs, 'runner.log');

/** `dead`: it left without taking its file away, so it was killed. `silent`: it is there and does not answer (yet). */
export type FoundRunner =
  | { readonly outcome: 'running'; readonly file: RunnerFile; readonly token: string }
  | { readonly outcome: 'silent'; readonly file: RunnerFile }
  | { readonly outcome: 'dead'; readonly file: RunnerFile }
  | { readonly outcome: 'none' };

/** ms: a runner on this machine answers in one or two; a stopped one never does. */
const healthMs = 1_000;

/** Looks for the runner of a home: its file, then the process by pid and start time, then its address. Starts nothing. */
export const findRunner = async (home: string): Promise<FoundRunner> => {
  const file = await readRunnerFile(home);
  if (file === null) return { outcome: 'none' };
  if (!isRunning(file)) return { outcome: 'dead', file };
  const token = await readToken(home);
  return token !== null && (await isHealthy(file.url))
    ? { outcome: 'running', file, token }
    : { outcome: 'silent', file };
};

/** How to reach the runner of a home; null: none answers. Throws Trouble where the home cannot be read. */
export const findEndpoint = async (home: string): Promise<Endpoint | null> => {
  const found = await findRunner(home);
  return found.outcome === 'running' ? { url: found.file.url, token: found.token } : null;
};

const readRunnerFile = async (home: string): Promise<RunnerFile | null> => {
  const text = await readIn(home, homeAt(home).runner);
  try {
    return text === null ? null : RunnerFile.parse(JSON.parse(text));
  } catch {
    // Caught half-written: nobody can be reached through it.
    return null;
  }
};

/** Null: there is no such file. Throws Trouble where that cannot be found out. */
const readIn = async (home: string, file: string): Promise<string | null> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT') return null;
    throw new Trouble(`The home ${home} cannot be read: ${error.message}.`, {
      remedy: 'Correct the rights, or name another folder with --home or LONGHAUL_HOME.',
    });
  }
};

/** Null: no runner was ever started in that home. Throws Trouble where that cannot be found out. */
export const readToken = async (home: string): Promise<string | null> => {
  const token = (await readIn(home, homeAt(home).token))?.trim() ?? '';
  return token === '' ? null : token;
};

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(healthMs) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
};
