import { notOver } from '../../../shared/run/not-over.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import type { Database } from './schema.ts';
import type { Deleted } from './store.ts';

/** Of `runs.status`: a row that is left so that its number is not given again. No state is read from it. */
export const deletedStatus = 'deleted';

/** Null: it may be deleted. */
export const deletionRefused = (state: RunState): Extract<Deleted, { outcome: 'refused' }> | null =>
  isTerminal(state) ? null : notOver(state);

/** Loose blobs go when they are a day old, and what was written within the last hour is spared: those of a deleted run are taken for 22 hours old. */
const agedMs = 22 * 3_600_000;

interface Gone {
  readonly state: RunState;
  /** Of the event that is left. */
  readonly position: number;
  /** Ms since the epoch. */
  readonly now: number;
}

/** Takes away all that a run has, but for its row, emptied. Its blobs are loose from then on, unless another run has them. */
export const deleteRun = async (db: Database, { state, position, now }: Gone): Promise<void> => {
  const { id, task } = state;
  const blobs = await db.selectFrom('blobs').select(['hash', 'bytes']).where('run', '=', id).execute();
  for (const { hash, bytes } of blobs)
    await db
      .insertInto('loose_blobs')
      .values({ tenant: task.tenant, hash, bytes, uploaded: 0, at: now - agedMs })
      .onConflict((conflict) => conflict.columns(['tenant', 'hash']).doNothing())
      .execute();
  await db.deleteFrom('blobs').where('run', '=', id).execute();
  await db.deleteFrom('decisions').where('run', '=', id).execute();
  await db.deleteFrom('dedupe').where('run', '=', id).execute();
  await db.deleteFrom('events').where('run', '=', id).execute();
  await db
    .updateTable('runs')
    .set({
      status: deletedStatus,
      over: 1,
      archived: 1,
      repository: '',
      state: '{}',
      position,
      wake_at: null,
      effect_at: null,
      followed: 0,
    })
    .where('id', '=', id)
    .execute();
};
