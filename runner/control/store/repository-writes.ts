import type { Database, Tables } from './schema.ts';
import type { RepositoryKey, RepositoryRecords, RepositoryRow, RunsOfRepository } from './repository-records.ts';

/** Somebody put a repository on record or took it off, or it was looked at. No event comes of it. */
export type RepositoryWrite =
  | ({ readonly kind: 'add repository'; readonly by: string; readonly at: number } & RepositoryKey)
  | ({ readonly kind: 'remove repository'; readonly addresses: readonly string[] } & RepositoryKey)
  | ({ readonly kind: 'repository look'; readonly look: string } & RepositoryKey);

export const performOnRepositories = async (db: Database, write: RepositoryWrite): Promise<null> => {
  const { tenant, repository } = write;
  switch (write.kind) {
    case 'add repository': {
      const { by, at } = write;
      // Of one that was only looked at, nobody had put it on record.
      await insert(db, { tenant, repository, by: null, at: null, look: null });
      await of(db, write).set({ by, at }).where('by', 'is', null).execute();
      return null;
    }
    case 'remove repository':
      await db.deleteFrom('repositories').where('tenant', '=', tenant).where('repository', '=', repository).execute();
      // With it, so that nothing begins runs of what somebody sees to be gone.
      await db
        .updateTable('triggers')
        .set({ enabled: 0 })
        .where('tenant', '=', tenant)
        .where('repository', 'in', [repository, ...write.addresses])
        .execute();
      return null;
    case 'repository look':
      await insert(db, { tenant, repository, by: null, at: null, look: null });
      await of(db, write).set({ look: write.look }).execute();
      return null;
  }
};

const of = (db: Database, { tenant, repository }: RepositoryKey) =>
  db.updateTable('repositories').where('tenant', '=', tenant).where('repository', '=', repository);

/** One that is there stays as it is. */
const insert = (db: Database, row: Tables['repositories']) =>
  db
    .insertInto('repositories')
    .values(row)
    .onConflict((conflict) => conflict.columns(['tenant', 'repository']).doNothing())
    .execute();

export const readRepositories = async (db: Database, tenant: string): Promise<readonly RepositoryRow[]> => {
  const rows = await db
    .selectFrom('repositories')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('repository')
    .execute();
  return rows.map(({ by, at, ...rest }) => ({ ...rest, added: by === null || at === null ? null : { by, at } }));
};

/** Of one index alone: no run's own row is read. */
export const readRunsByRepository: (
  db: Database,
  input: Parameters<RepositoryRecords['runsByRepository']>[0],
) => Promise<readonly RunsOfRepository[]> = async (db, { tenant, since }) => {
  const rows = await db
    .selectFrom('runs')
    .select((eb) => [
      'repository',
      eb.fn.sum<number | string>(eb.case().when('over', '=', 0).then(1).else(0).end()).as('open'),
      eb.fn
        .sum<number | string>(eb.case().when('created_at', '>', new Date(since).toISOString()).then(1).else(0).end())
        .as('lately'),
    ])
    .where('tenant', '=', tenant)
    // What is left of a run that was deleted has none.
    .where('repository', '<>', '')
    .groupBy('repository')
    .orderBy('repository')
    .execute();
  return rows.map(({ repository, open, lately }) => ({ repository, open: Number(open), lately: Number(lately) }));
};
