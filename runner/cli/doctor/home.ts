import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorMessage, Trouble } from '../../../shared/trouble.ts';
import { findRunner, logFile } from '../../local/find-runner.ts';
import type { StoreConfig } from '../../machine/config/config.ts';
import { checkAncestors, homeAt } from '../../machine/home/home.ts';
import { loadPostgres } from '../../control/ground/ground.ts';
import { inspectSqlite } from '../../control/store/sqlite/inspect.ts';
import { fail, ok, warn, type Check } from '../../machine/check.ts';

const GiB = 2 ** 30;
/** Below the first nothing can be recorded for long; below the second a larger repository and its packages do not fit. */
const leastBytes = 0.25 * GiB;
const goodBytes = 5 * GiB;

const messageOf = (error: unknown): { readonly message: string; readonly remedy: string } => ({
  message: errorMessage(error),
  remedy: error instanceof Trouble ? error.remedy : '',
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
    free < leastBytes
      ? fail('disk', disk, `Free some space. ${elsewhere}`)
      : free < goodBytes
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

/** Looks at all that is in the database, without changing anything; a runner may be at work on it. */
const databaseCheck = async (
  home: string,
  { store, held }: { readonly store: StoreConfig; readonly held: boolean },
): Promise<readonly Check[]> => {
  if (store.kind === 'postgres') return [await postgresCheck(store.url)];
  const inspection = inspectSqlite(homeAt(home).database, { held });
  switch (inspection.outcome) {
    case 'none':
      return [ok('database', 'none yet')];
    case 'damaged':
      return inspection.damage.map(({ message, remedy }) => fail('database', message, remedy));
    case 'sound': {
      const { file, events, losses } = inspection;
      const whole = `${file}, ${events} events${held ? ', at work' : ''}`;
      return [
        ok('database', whole),
        ...losses.map(({ acceptedAt, after, end }) =>
          warn(
            'database',
            `${end.position - after} events after position ${after} were lost; that was accepted at ${acceptedAt}`,
            `The last of them was event ${end.seq} of run ${end.run}, at ${end.at}.`,
          ),
        ),
      ];
    }
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
        ...(await databaseCheck(home, { store, held: true })),
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
        ...(await databaseCheck(home, { store, held: false })),
        warn(
          'runner',
          `was killed (process ${found.file.pid})`,
          `The next command that needs it starts it, and its runs go on. ${log}`,
        ),
      ];
    case 'none':
      return [
        ...(await databaseCheck(home, { store, held: false })),
        ok('runner', 'not running; it is started when it is needed'),
      ];
  }
};
