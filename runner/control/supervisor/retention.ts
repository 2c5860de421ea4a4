import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { RunId } from '../../../shared/ids.ts';
import { isResumable, isTerminal, type RunState } from '../../../shared/run/state.ts';
import { missingIs, type Home } from '../../machine/home/home.ts';
import { isHeld } from '../backup/hold.ts';
import type { Blobs } from '../blobs/blobs.ts';
import { asideSuffix, moveAside, removeFolder } from '../../machine/home/remove-folder.ts';
import type { Store } from '../store/store.ts';
import type { SupervisorRole } from '../store/role.ts';

export interface RetentionOptions {
  readonly store: Pick<Store, 'state' | 'forgetBlobs'>;
  readonly blobs: Pick<Blobs, 'remove'>;
  readonly home: Home;
  /** Blobs are those of all control planes: the one that has it looks after them. */
  readonly role: Pick<SupervisorRole, 'held' | 'fence'>;
  /** Days that what `apply` needs is kept after a run is over. */
  readonly sourceDays: number;
  /** Days that what resuming needs is kept after a run failed or was cancelled. */
  readonly treeDays: number;
  /** Others may be delegating into these folders: what belongs to no run may belong to one that is about to be. */
  readonly shared: boolean;
  readonly log: Logger;
  /** Takes a folder away with all that is in it. Given by tests. */
  readonly remove?: (path: string) => Promise<void>;
}

/**
 * Removes what runs leave behind: the tree and its checkpoints when a run is over for good, the rest of its folder days
 * later. And blobs that no run has any more, or has not within a day of their upload.
 *
 * A pass takes as long as the disk does; nothing else may wait for it.
 */
export interface Retention {
  /** Something happened to these runs, or to any (null): perhaps they are over. */
  touched(runs: readonly string[] | null, now: number): void;
  /** Does what is due, and returns when to come back. Ms since the epoch, both. Leaves off between two folders when told to stop. */
  pass(now: number, signal: AbortSignal): Promise<number>;
}

/** A worker that was cancelled has 2 s to leave the tree before it is killed. */
const settleMs = 5_000;
/** A back-up is being made: so often is looked whether it still is. */
const backupMs = 2_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** So many rows are gone through in one transaction, in which nothing else is written. */
const blobsAtOnce = 500;

/** What outlives the tree: `apply --branch` is made from the source, and `undo` from the originals. */
const kept: ReadonlySet<string> = new Set(['source.git', 'undo']);

/** Folders that are there now and belong to no run come from delegations that were cut off; the first pass removes them. */
export const openRetention = async (options: RetentionOptions): Promise<Retention> => {
  const { store, blobs, home, role, shared, log, remove = removeFolder } = options;
  const { sourceDays, treeDays } = options;
  const touched = new Set<string>();
  let touchedAt = Infinity;
  const orphans = await runFolders(home);
  const left = (await readdir(home.runs)).filter((name) => name.includes(asideSuffix));
  let fullAt = 0;
  let blobsAt = 0;

  /** `committed`: something was written about it, so that one which is not there is one that was deleted. */
  const clean = async (run: string, now: number, committed = false): Promise<void> => {
    const found = await store.state(run);
    const deleted = committed && found === null;
    for (const path of deleted ? [home.run(run)] : await due(found, now, options)) {
      const aside = await moveAside(path);
      if (aside === null) continue;
      // It may have been resumed in between: from here on nobody finds what was moved.
      const state = await store.state(run);
      if (state !== null && !isTerminal(state)) return aside.putBack();
      await remove(aside.path);
    }
  };
  /** True: there is more. A blob whose removal fails is left over, and does no harm but take up room. */
  const sweep = async (now: number): Promise<boolean> => {
    const forgotten = await store.forgetBlobs({
      sourcesBefore: now - sourceDays * dayMs,
      checkpointsBefore: now - treeDays * dayMs,
      unusedSince: now - dayMs,
      limit: blobsAtOnce,
      role: role.fence,
    });
    await blobs.remove(forgotten, hourMs).catch((error: unknown) => {
      log.warn({ err: error, blobs: forgotten.length }, 'blobs that nothing needs could not be removed');
    });
    return forgotten.length === blobsAtOnce;
  };
  const removeOrphan = async (run: string, now: number): Promise<void> => {
    if (shared && (await stat(home.run(run))).mtimeMs > now - dayMs) return;
    if ((await store.state(run)) === null) await remove(home.run(run));
  };

  const pass = async (now: number, signal: AbortSignal): Promise<number> => {
    if (await isHeld(home.folder)) return now + backupMs;
    const each = async (names: Iterable<string>, work: (name: string) => Promise<void>): Promise<void> => {
      for (const name of names) {
        if (signal.aborted) return;
        await work(name).catch((error: unknown) => {
          log.warn({ err: error, run: name }, 'the folder of a run could not be removed');
        });
      }
    };
    await each(orphans.splice(0), (run) => removeOrphan(run, now));
    await each(left.splice(0), (name) => remove(join(home.runs, name)));
    if (now >= fullAt) {
      fullAt = now + dayMs;
      await each(await runFolders(home), (run) => clean(run, now));
    }
    if (now >= blobsAt && role.held) blobsAt = (await sweep(now)) ? now : now + hourMs;
    if (now >= touchedAt) {
      const runs = [...touched];
      touched.clear();
      touchedAt = Infinity;
      await each(runs, (run) => clean(run, now, true));
    }
    return Math.min(fullAt, role.held ? blobsAt : now + hourMs, touchedAt);
  };

  return {
    touched: (runs, now) => {
      if (runs === null) fullAt = 0;
      for (const run of runs ?? []) touched.add(run);
      if (touchedAt === Infinity) touchedAt = now + settleMs;
    },
    pass,
  };
};

/** What of a run is needed no longer, as it stands now. */
const due = async (
  state: RunState | null,
  now: number,
  { home, sourceDays, treeDays }: Pick<RetentionOptions, 'home' | 'sourceDays' | 'treeDays'>,
): Promise<readonly string[]> => {
  if (state === null || !isTerminal(state)) return [];
  const over = now - Date.parse(state.updatedAt);
  if (over >= sourceDays * dayMs) return [home.run(state.id)];
  if (isResumable(state) && over < treeDays * dayMs) return [];
  const names = await readdir(home.run(state.id)).catch(missingIs([]));
  return names.filter((name) => !kept.has(name)).map((name) => join(home.run(state.id), name));
};

/** What else lies there is a worker's own. */
const runFolders = async (home: Home): Promise<string[]> =>
  (await readdir(home.runs)).filter((name) => RunId.safeParse(name).success);
