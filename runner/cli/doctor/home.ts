import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findRunner, logFile } from '../../client/find-runner.ts';
import type { StoreConfig } from '../../config/config.ts';
import { checkAncestors, homeAt } from '../../config/home.ts';
import { loadPostgres } from '../../control/store/open-store.ts';
import { openSqliteStore } from '../../control/store/sqlite/sqlite-store.ts';
import { fail, ok, warn, type Check } from './check.ts';

const GiB = 2 ** 30;
/** Below the first nothing can be recorded for long; below the second a larger repository and its packages do not fit. */
const LEAST_BYTES = 0.25 * GiB;
const GOOD_BYTES = 5 * GiB;

const messageOf = (error: unknown): { readonly message: string; readonly remedy: string } => ({
  message: error instanceof Error ? error.message : String(error),
  remedy: error instanceof Error && 'remedy' in error ? String(error.remedy) : '',
});

/** The home, or the folder that it would be made in. */
const nearest = async (path: string): Promise<string> => {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there || dirname(path) === path ? path : nearest(dirname(path));
};

export const homeCheck = async (home: string): Promise<readonly Check[]> => {
  const elsewhere = 'Name another folder with --home or LONGHAUL_HOME.';
  const folder = await nearest(home);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    // Of root's runs, commands are run by users without rights, who must be able to get there.
    if (process.getuid?.() === 0) await checkAncestors(join(folder, 'x'));
  } catch (error) {
    const { message, remedy } = messageOf(error);
    return [fail('home', `${home}: ${message}`, remedy || elsewhere)];
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const disk = `${(free / GiB).toFixed(1)} GB free`;
  return [
    ok('home', folder === home ? home : `${home} (not there yet)`),
    free < LEAST_BYTES
      ? fail('disk', disk, `Free some space. ${elsewhere}`)
      : free < GOOD_BYTES
        ? warn('disk', disk, 'Enough for small repositories. Free some space for larger ones.')
        : ok('disk', disk),
  ];
};

const postgresCheck = async (url: string): Promise<Check> => {
  try {
    const { probePostgres } = await loadPostgres();
    const { address, version } = await probePostgres(url);
    return ok('database', `${address}, Postgres ${version}`);
  } catch (error) {
    const { message, remedy } = messageOf(error);
    return fail('database', message, remedy);
  }
};

/** Opens the database as a runner would, unless one has it. */
const databaseCheck = async (home: string, store: StoreConfig): Promise<Check> => {
  if (store.kind === 'postgres') return postgresCheck(store.url);
  const folder = homeAt(home).database;
  if ((await nearest(folder)) !== folder) return ok('database', 'none yet');
  try {
    const store = await openSqliteStore({ folder });
    await store[Symbol.asyncDispose]();
    return ok('database', folder);
  } catch (error) {
    const { message, remedy } = messageOf(error);
    return fail('database', message, remedy);
  }
};

export interface RunnerToCheck {
  readonly home: string;
  readonly store: StoreConfig;
  /** Of this command. */
  readonly version: string;
}

export const runnerChecks = async ({ home, store, version }: RunnerToCheck): Promise<readonly Check[]> => {
  const found = await findRunner(home);
  const log = `Its log: ${logFile(home)}`;
  switch (found.outcome) {
    case 'running': {
      const { url, pid, version: its } = found.file;
      const detail = `${url}, process ${pid}, version ${its}`;
      return [
        store.kind === 'postgres' ? await postgresCheck(store.url) : ok('database', 'held by the runner'),
        its === version
          ? ok('runner', detail)
          : warn(
              'runner',
              `${detail}; this command is version ${version}`,
              'Start the new one with: longhaul stop && longhaul serve --detach',
            ),
      ];
    }
    case 'silent':
      return [
        fail(
          'runner',
          `process ${found.file.pid} does not answer at ${found.file.url}`,
          `${log}. Stop it with: longhaul stop`,
        ),
      ];
    case 'dead':
      return [
        await databaseCheck(home, store),
        warn(
          'runner',
          `was killed (process ${found.file.pid})`,
          `The next command that needs it starts it, and its runs go on. ${log}`,
        ),
      ];
    case 'none':
      return [await databaseCheck(home, store), ok('runner', 'not running; it is started when it is needed')];
  }
};
