import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Trouble } from '../../../shared/trouble.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where a runner's data lies: the flag, else LONGHAUL_HOME, else for root /var/lib/longhaul (commands run as other users
 * there, and those cannot enter /root), else below XDG_DATA_HOME or ~/.local/share. Absolute.
 */
export const homeFolder = (env: Environment, flag?: string): string => {
  const named = flag ?? env['LONGHAUL_HOME'];
  if (named !== undefined && named !== '') return resolve(named);
  if (process.getuid?.() === 0) return '/var/lib/longhaul';
  const data = env['XDG_DATA_HOME'];
  return join(data !== undefined && data !== '' ? resolve(data) : join(homedir(), '.local', 'share'), 'longhaul');
};

/**
 * What one runner keeps, all of it below one folder, so that two of them never meet:
 *
 *     config.yaml    settings, written by a person (0600: it may hold a model key)
 *     database/      the store (0700)
 *     blobs/ab/…     large contents, named by their SHA-256 (0700)
 *     runs/<run>/    source.git, the workspace's tree and its checkpoints
 *     logs/          what a runner in the background has to say (0700)
 *     token          the bearer token of the person who owns this folder (0600)
 *     secret         key that run tokens are signed with (0600); with Postgres it is in the database, for all control planes
 *     plane          name of this control plane among those of one database (0600)
 *     runner.json    the running runner: pid, start time, URL (0600)
 *     served.json    what the last `longhaul serve` was told with flags and variables (0600)
 *     endpoint.json  the model endpoint that the last runner had (0600)
 *     backup.*.json  somebody copies the home, and nothing is removed meanwhile (0600)
 *     workers.json   its child processes, so that the next one can end what is left of them (0600)
 */
export const homeAt = (folder: string) => ({
  folder,
  config: join(folder, 'config.yaml'),
  database: join(folder, 'database'),
  blobs: join(folder, 'blobs'),
  runs: join(folder, 'runs'),
  logs: join(folder, 'logs'),
  token: join(folder, 'token'),
  secret: join(folder, 'secret'),
  plane: join(folder, 'plane'),
  runner: join(folder, 'runner.json'),
  served: join(folder, 'served.json'),
  modelEndpoint: join(folder, 'endpoint.json'),
  workers: join(folder, 'workers.json'),
  /** The folder of one run. */
  run: (id: string) => join(folder, 'runs', id),
});
export type Home = Readonly<ReturnType<typeof homeAt>>;

/**
 * Makes the folders where they are missing, and sets their modes; `plane` is the name that this home has among others.
 * As root the home and its runs are 0711: commands run as other users, which must be able to enter and not to look
 * around. Throws Trouble where it cannot be made, or where those users could not reach it.
 */
export const prepareHome = async (folder: string): Promise<{ home: Home; plane: string }> => {
  const home = homeAt(folder);
  const entered = process.getuid?.() === 0 ? 0o711 : 0o700;
  try {
    await mkdir(home.folder, { recursive: true, mode: entered });
    await chmod(home.folder, entered);
    for (const path of [home.runs, home.database, home.blobs, home.logs]) {
      const mode = path === home.runs ? entered : 0o700;
      await mkdir(path, { recursive: true, mode });
      await chmod(path, mode);
    }
    if (entered === 0o711) await checkAncestors(home.folder);
    return { home, plane: await secretFile(home.plane, () => `plane_${randomBytes(6).toString('hex')}`) };
  } catch (error) {
    if (error instanceof Trouble || !isSystemError(error)) throw error;
    throw new Trouble(`The home ${folder} cannot be used: ${error.message}.`, {
      remedy: 'Free the disk or correct the rights, or name another folder with --home or LONGHAUL_HOME.',
    });
  }
};

/** The two secrets of a home that shares its runs with no other; they are made where they are missing. */
export const secretsOf = async (home: Home): Promise<{ token: string; secret: Buffer }> => {
  const token = await secretFile(home.token, () => `lh_${randomBytes(32).toString('base64url')}`);
  const secret = await secretFile(home.secret, () => randomBytes(32).toString('hex'));
  return { token, secret: Buffer.from(secret, 'hex') };
};

/** Throws Trouble where users without rights could not enter a folder because of one above it. */
export const checkAncestors = async (folder: string): Promise<void> => {
  for (let at = dirname(folder); ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & 0o001) === 0)
      throw new Trouble(
        `The home ${folder} lies below ${at}, which other users cannot enter. As root, Longhaul runs commands as users without rights, and they must reach their workspace.`,
        {
          remedy: `Name a home elsewhere with --home or LONGHAUL_HOME, such as /var/lib/longhaul; or: chmod o+x ${at}`,
        },
      );
    if (at === dirname(at)) return;
  }
};

/** Reads a secret, or makes it: only its owner may read it. Two that start at once end up with the same one. */
const secretFile = async (path: string, make: () => string): Promise<string> => {
  const existing = (await readFile(path, 'utf8').catch(missingIs(''))).trim();
  if (existing !== '') {
    await chmod(path, 0o600);
    return existing;
  }
  await writeDurably(path, `${make()}\n`);
  return (await readFile(path, 'utf8')).trim();
};

/** Replaces a small file in one step, readable by its owner alone; after it returned, a power loss leaves it whole. */
export const writeDurably = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, text, { mode: 0o600, flush: true });
  await rename(draft, path);
  await synced(dirname(path));
};

/** Brings a file, or what a folder says is in it, to the disk. */
export const synced = async (path: string): Promise<void> => {
  await using file = await open(path, 'r');
  await file.sync();
};

export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error;

/** For `catch`: a missing file is this value; every other error is thrown on. */
export const missingIs =
  <Value>(value: Value) =>
  (error: unknown): Value => {
    if (isSystemError(error) && error.code === 'ENOENT') return value;
    throw error;
  };
