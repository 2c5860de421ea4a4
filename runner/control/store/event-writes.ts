import { OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { isSameRepository } from '../../../shared/recipe/repository-address.ts';
import { prepare } from './queries.ts';
import type { Database, Tables } from './schema.ts';
import type { Store, StoredEvent } from './store.ts';

/** Something happened outside, or was looked at. No event of a run comes of it. */
export type EventWrite =
  | ({ readonly kind: 'outside event'; readonly at: number } & Parameters<Store['recordEvent']>[0])
  | { readonly kind: 'event handled'; readonly id: string }
  | { readonly kind: 'forget events'; readonly before: number };

export interface Recorded {
  readonly outcome: Awaited<ReturnType<Store['recordEvent']>>;
}

export const performOnEvents = async (db: Database, write: EventWrite): Promise<Recorded | null> => {
  switch (write.kind) {
    case 'outside event': {
      const { id, digest, event, at } = write;
      if (!(await isAwaited(db, event))) return { outcome: 'unwanted' };
      const row = { id, digest, event: JSON.stringify(event), at, done: 0 };
      return { outcome: (await insertEvent(db, row)).length === 0 ? 'known' : 'new' };
    }
    case 'event handled':
      await db.updateTable('outside_events').set({ done: 1 }).where('id', '=', write.id).execute();
      return null;
    case 'forget events':
      await db.deleteFrom('outside_events').where('at', '<', write.before).where('done', '=', 1).execute();
      // Of a run that is not over, later rounds are still to be published.
      await db.deleteFrom('firings').where('at', '<', write.before).where('publish', '=', 'no').execute();
      return null;
  }
};

/** Told again it may have another name or another form, but not both. */
const insertEvent = prepare<Tables['outside_events'], { readonly id: string }>((db, row) =>
  db
    .insertInto('outside_events')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
);

const enabled = prepare<object, { readonly tenant: string; readonly repository: string }>((db) =>
  db.selectFrom('triggers').select(['tenant', 'repository']).distinct().where('enabled', '=', 1),
);

/** What nothing waits for is not kept, however much of it is told. */
const isAwaited = async (db: Database, { repository: where, tenant: whose }: OutsideEvent): Promise<boolean> =>
  (await enabled(db, {})).some(
    ({ tenant, repository }) =>
      (whose === null || whose === tenant) && (where === null || isSameRepository(where, repository)),
  );

export const readNewEvents = async (db: Database, limit: number): Promise<readonly StoredEvent[]> => {
  const rows = await db
    .selectFrom('outside_events')
    .select(['id', 'at', 'event'])
    .where('done', '=', 0)
    .orderBy('at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id, at, event }) => ({ id, at, event: OutsideEvent.parse(JSON.parse(event)) }));
};
