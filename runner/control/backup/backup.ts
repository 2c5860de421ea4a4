import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Trouble } from '../../../shared/trouble.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import { homeAt, missingIs, type Home } from '../../machine/home/home.ts';
import { copyTree } from './copy.ts';
import { databaseOf } from './database.ts';
import { holdRetention } from './hold.ts';
import { filesFolder, writeManifest, type Entry, type Header } from './manifest.ts';

export interface BackupOptions {
  /** Absolute path of the home. A runner may be at work on it. */
  readonly home: string;
  readonly config: RunnerConfig;
  readonly version: string;
  /** Where to: a folder that is not there yet, or empty. */
  readonly to: string;
  /** Called now and then with what is being done. */
  readonly progress: (doing: string) => void;
}

export interface Backup {
  readonly folder: string;
  readonly store: Header['store'];
  readonly position: number;
  readonly files: number;
  readonly bytes: number;
  /** Of blobs that the log names and that the home does not have: what is said of each. */
  readonly missing: readonly string[];
  /** Paths that could not be read, or are no files. */
  readonly skipped: readonly string[];
}

/**
 * Makes a back-up of a home, while its runner works: the database first, as it is at one moment; then the folders, in
 * which whatever that database names is and stays, because nothing is removed meanwhile. Trees of runs that work may be
 * newer than the log; the worker that goes on with a restored run puts them back. Throws Trouble.
 */
export const backUp = async (options: BackupOptions): Promise<Backup> => {
  const { config, progress, version } = options;
  const home = homeAt(options.home);
  const to = await emptyFolder(options.to, home);
  await using _held = await holdRetention(home.folder);
  const madeAt = new Date().toISOString();
  const entries: Entry[] = [];
  const skipped: string[] = [];
  await mkdir(filesFolder(to), { mode: 0o700 });
  progress('Copying the database');
  const database = await databaseOf({ home, store: config.store, to });
  entries.push(...database.entries);
  let bytes = 0;
  const copy = {
    from: home.folder,
    to: filesFolder(to),
    add: (entry: Entry) => {
      entries.push(entry);
      bytes += entry.kind === 'file' ? entry.bytes : 0;
      progress(`Copied ${entries.length} files and folders, ${Math.round(bytes / 1e6)} MB`);
    },
    skip: (path: string) => skipped.push(path),
  };
  const own = config.store.kind === 'sqlite' ? ['token', 'secret', 'database/losses.json'] : [];
  for (const name of ['config.yaml', 'endpoint.json', ...own]) await copyTree(copy, name);
  const blobs = config.blobs.kind;
  if (blobs === 'folder')
    for (const name of await readdir(home.blobs).catch(missingIs([])))
      if (/^[0-9a-f]{2}$/.test(name)) await copyTree(copy, `blobs/${name}`);
  for (const run of await readdir(home.runs).catch(missingIs([]))) await copyTree(copy, `runs/${run}`);
  const missing = blobs === 'folder' ? missingBlobs(database.blobs, entries) : [];
  const { position } = database;
  const store = config.store.kind;
  await writeManifest(to, { header: { format: 1, version, madeAt, store, position, blobs, missing }, entries });
  const files = entries.filter(({ kind }) => kind === 'file').length;
  return { folder: to, store, position, files, bytes: bytes + database.bytes, missing, skipped };
};

const emptyFolder = async (path: string, home: Home): Promise<string> => {
  const folder = resolve(path);
  if (!(await stat(home.folder).then(() => true, missingIs(false))))
    throw new Trouble(`There is no home at ${home.folder}.`, { remedy: 'Name it with --home or LONGHAUL_HOME.' });
  if (`${folder}/`.startsWith(`${home.folder}/`))
    throw new Trouble(`${folder} lies in the home itself.`, { remedy: 'Name a folder elsewhere.' });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0)
    throw new Trouble(`${folder} is not empty.`, { remedy: 'Name a folder that is not there yet.' });
  // It holds the keys of the home.
  await chmod(folder, 0o700);
  return folder;
};

/** Of those that the log names, each that is not among what was copied, or is not what its name says. */
const missingBlobs = (named: ReadonlyMap<string, string>, entries: readonly Entry[]): readonly string[] => {
  const there = new Set(
    entries.flatMap((entry) => (entry.kind === 'file' && entry.path === pathOf(entry.sha256) ? [entry.sha256] : [])),
  );
  return [...named].filter(([hash]) => !there.has(hash)).map(([hash, of]) => `${hash} (${of})`);
};

const pathOf = (hash: string): string => join('blobs', hash.slice(0, 2), hash.slice(2));
