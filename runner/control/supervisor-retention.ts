import { chmod, lstat, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { RunId } from '../../shared/ids.ts';
import { isTerminal } from '../../shared/run/state.ts';
import { isSystemError, missingIs, type Home } from '../config/home.ts';
import type { Blobs } from './blobs/blobs.ts';
import type { Store } from './store/store.ts';

export interface RetentionOptions {
  readonly store: Pick<Store, 'state' | 'forgetBlobs'>;
  readonly blobs: Pick<Blobs, 'remove'>;
  readonly home: Home;
  /** Days that what `apply` needs is kept after a run is over. */
  readonly sourceDays: number;
  /** Others may be delegating into these folders: what belongs to no run may belong to one that is about to be. */
  readonly shared: boolean;
  readonly log: Logger;
}

/**
 * Removes what runs leave behind: the tree and its checkpoints when a run is over, the rest of its folder days later. And
 * blobs that no run has any more, or has not within a day of their upload.
 */
export interface Retention {
  /** Something happened to these runs, or to any (null): perhaps they are over. */
  touched(runs: readonly string[] | null, now: number): void;
  /** Does what is due, and returns when to come back. Ms since the epoch, both. */
  pass(now: number): Promise<number>;
}

/** A worker that was cancelled has 2 s to leave the tree before it is killed. */
const settleMs = 5_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** So many rows are gone through in one transaction, in which nothing else is written. */
const blobsAtOnce = 500;

/** What outlives the tree: `apply --branch` is made from the source, and `undo` from the originals. */
const kept: ReadonlySet<string> = new Set(['source.git', 'undo']);

/** Folders that are there now and belong to no run come from delegations that were cut off; the first pass removes them. */
export const openRetention = async (options: RetentionOptions): Promise<Retention> => {
  const { store, blobs, home, sourceDays, shared, log } = options;
  const touched = new Set<string>();
  let touchedAt = Infinity;
  let orphans: readonly string[] = await runFolders(home);
  let fullAt = 0;
  let blobsAt = 0;

  const clean = async (run: string, now: number): Promise<void> => {
    const state = await store.state(run);
    if (state === null || !isTerminal(state)) return;
    if (Date.parse(state.updatedAt) + sourceDays * dayMs <= now) {
      await remove(home.run(run));
      return;
    }
    const names = await readdir(home.run(run)).catch(missingIs([]));
    for (const name of names) if (!kept.has(name)) await remove(join(home.run(run), name));
  };
  /** True: there is more. A blob whose removal fails is left over, and does no harm but take up room. */
  const sweep = async (now: number): Promise<boolean> => {
    const forgotten = await store.forgetBlobs({
      sourcesBefore: now - sourceDays * dayMs,
      unusedSince: now - dayMs,
      limit: blobsAtOnce,
    });
    await blobs.remove(forgotten, hourMs).catch((error: unknown) => {
      log.warn({ err: error, blobs: forgotten.length }, 'blobs that nothing needs could not be removed');
    });
    return forgotten.length === blobsAtOnce;
  };
  const each = async (runs: readonly string[], work: (run: string) => Promise<void>): Promise<void> => {
    for (const run of runs) {
      try {
        await work(run);
      } catch (error) {
        log.warn({ err: error, run }, 'the folder of a run could not be removed');
      }
    }
  };

  return {
    touched: (runs, now) => {
      if (runs === null) fullAt = 0;
      for (const run of runs ?? []) touched.add(run);
      if (touchedAt === Infinity) touchedAt = now + settleMs;
    },
    pass: async (now) => {
      if (orphans.length > 0) {
        const found = orphans;
        orphans = [];
        await each(found, async (run) => {
          if (shared && (await stat(home.run(run))).mtimeMs > now - dayMs) return;
          if ((await store.state(run)) === null) await remove(home.run(run));
        });
      }
      if (now >= fullAt) {
        fullAt = now + dayMs;
        await each(await runFolders(home), (run) => clean(run, now));
      }
      if (now >= blobsAt) blobsAt = (await sweep(now)) ? now : now + hourMs;
      if (now >= touchedAt) {
        const runs = [...touched];
        touched.clear();
        touchedAt = Infinity;
        await each(runs, (run) => clean(run, now));
      }
      return Math.min(fullAt, blobsAt, touchedAt);
    },
  };
};

/** What else lies there is a worker's own. */
const runFolders = async (home: Home): Promise<readonly string[]> =>
  (await readdir(home.runs)).filter((name) => RunId.safeParse(name).success);

/** Removes a folder, even one with folders in it that a command made unreadable. */
const remove = async (path: string): Promise<void> => {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!isSystemError(error) || (error.code !== 'EACCES' && error.code !== 'EPERM')) throw error;
    await makeReachable(path);
    await rm(path, { recursive: true, force: true });
  }
};

/** Follows no link: what is behind one is not ours. */
const makeReachable = async (path: string): Promise<void> => {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await makeReachable(join(path, entry.name));
};
