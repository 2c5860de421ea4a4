import { chmod, lchown, lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Trouble } from '../../../shared/trouble.ts';
import { homeAt, missingIs, synced } from '../../machine/home/home.ts';
import { copyFile } from './copy.ts';
import { dumpFile, filesFolder, hashOf, readManifest, type Entry, type Header } from './manifest.ts';

export interface RestoreOptions {
  /** The back-up's folder. */
  readonly from: string;
  /** Absolute path of the home; it has nothing in it yet, or is not there. */
  readonly home: string;
  readonly progress: (doing: string) => void;
}

export interface Restored {
  readonly header: Header;
  readonly home: string;
  readonly files: number;
  readonly bytes: number;
  /** With Postgres: what is still to be restored with pg_restore. */
  readonly dump: string | null;
}

/** So many of what is wrong are named. */
const mostNamed = 5;
const staging = '.restoring';

/**
 * Puts a back-up into an empty home. All of it is checked before anything is written, and it is in its place only when
 * all of it is there. Throws Trouble.
 */
export const restore = async (options: RestoreOptions): Promise<Restored> => {
  const { from, progress } = options;
  const home = homeAt(options.home);
  const { header, entries } = await readManifest(from);
  await mustBeEmpty(home.folder);
  await verify(from, entries, progress);
  const draft = join(home.folder, staging);
  await rm(draft, { recursive: true, force: true });
  const entered = process.getuid?.() === 0 ? 0o711 : 0o700;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  await chmod(home.folder, entered);
  const bytes = await putInto(draft, { from, entries, progress });
  await unsettleTrees(draft);
  // The database last: a home without one has no runs.
  const names = (await readdir(draft)).toSorted((a, b) => Number(a === 'database') - Number(b === 'database'));
  for (const name of names) await rename(join(draft, name), join(home.folder, name));
  await rm(draft, { recursive: true });
  await synced(home.folder);
  const files = entries.filter(({ kind }) => kind === 'file').length;
  return { header, home: home.folder, files, bytes, dump: header.store === 'postgres' ? dumpFile(from) : null };
};

const mustBeEmpty = async (folder: string): Promise<void> => {
  const there = (await readdir(folder).catch(missingIs([]))).filter((name) => name !== staging && name !== 'logs');
  if (there.length === 0) return;
  throw new Trouble(`The home ${folder} is not empty: it has ${there.slice(0, mostNamed).join(', ')}.`, {
    remedy: 'Name another with --home or LONGHAUL_HOME, or move this one away when its runner is stopped.',
  });
};

/** Is all there, as it was when it was copied? */
const verify = async (from: string, entries: readonly Entry[], progress: RestoreOptions['progress']): Promise<void> => {
  const wrong: string[] = [];
  let checked = 0;
  for (const entry of entries) {
    checked += 1;
    progress(`Checked ${checked} of ${entries.length}`);
    if (entry.kind !== 'file') continue;
    const file = join(filesFolder(from), entry.path);
    const stat = await lstat(file).catch(missingIs(null));
    if (stat === null) wrong.push(`${entry.path} is not there`);
    else if (!stat.isFile() || stat.size !== entry.bytes || (await hashOf(file)) !== entry.sha256)
      wrong.push(`${entry.path} is not what was copied`);
  }
  if (wrong.length === 0) return;
  const more = wrong.length > mostNamed ? `, and ${wrong.length - mostNamed} more` : '';
  throw new Trouble(`The back-up ${from} is damaged: ${wrong.slice(0, mostNamed).join(', ')}${more}.`, {
    remedy: 'Use another back-up; nothing was written.',
  });
};

interface Put {
  readonly from: string;
  readonly entries: readonly Entry[];
  readonly progress: RestoreOptions['progress'];
}

/** Files first and links last, so that nothing is written through a link; then owners and rights, from the leaves up. */
const putInto = async (draft: string, { from, entries, progress }: Put): Promise<number> => {
  let bytes = 0;
  for (const entry of entries) {
    const to = join(draft, entry.path);
    if (entry.kind === 'folder') await mkdir(to, { recursive: true, mode: 0o700 });
    if (entry.kind !== 'file') continue;
    const copied = await copyFile(join(filesFolder(from), entry.path), to);
    if (copied.sha256 !== entry.sha256)
      throw new Trouble(`${entry.path} of the back-up changed while it was read.`, { remedy: 'Try again.' });
    bytes += copied.bytes;
    progress(`Restored ${Math.round(bytes / 1e6)} MB`);
  }
  const isRoot = process.getuid?.() === 0;
  for (const entry of entries.toReversed()) {
    const to = join(draft, entry.path);
    if (entry.kind === 'link') await symlink(entry.target, to);
    if (isRoot) await lchown(to, entry.uid, entry.gid);
    if (entry.kind !== 'link') await chmod(to, entry.mode);
    if (entry.kind === 'file' && !entry.path.startsWith('runs/')) await synced(to);
  }
  return bytes;
};

/** Trees may be newer than the log that was copied before them: whoever goes on with a run puts its tree back first. */
const unsettleTrees = async (draft: string): Promise<void> => {
  const runs = join(draft, 'runs');
  for (const run of await readdir(runs).catch(missingIs([])))
    await writeFile(join(runs, run, 'visited'), '0', { mode: 0o600 }).catch(missingIs(undefined));
};
