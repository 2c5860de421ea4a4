import { deletedStatus } from './delete-run.ts';
import { sql } from 'kysely';
import type { ListedTrigger } from '../../../shared/api/triggers.ts';
import type { Audited } from '../../../shared/audit/record.ts';
import { audit } from './audit-writes.ts';
import { locksRows, prepare } from './queries.ts';
import type { Database, Tables } from './schema.ts';
import type {
  EnabledBy,
  Firing,
  PublishTried,
  RecordedFiring,
  Store,
  ToPublish,
  TriggerKey,
  TriggerRow,
} from './store.ts';

/** Somebody said that a trigger is to begin runs, or none any more; or something it was due for is dealt with. No event comes of it. */
export type TriggerWrite =
  | ({ readonly kind: 'enable trigger'; readonly at: number } & EnabledBy & TriggerKey)
  | ({ readonly kind: 'disable trigger'; readonly at: number; readonly by: string } & TriggerKey)
  | ({ readonly kind: 'publish tried'; readonly event: string; readonly tried: PublishTried | null } & TriggerKey)
  | ({ readonly kind: 'trigger handled' } & TriggerKey & Parameters<Store['triggerHandled']>[1]);

export const performOnTriggers = async (db: Database, write: TriggerWrite): Promise<null> => {
  const { tenant, repository, name } = write;
  switch (write.kind) {
    case 'enable trigger': {
      await enable(db, write);
      const { by, publishes, output, at } = write;
      await auditOf(db, write, { at, by: personOf(by), action: 'trigger.enabled', detail: { publishes, output } });
      return null;
    }
    case 'disable trigger': {
      await of(db, write).set({ enabled: 0 }).execute();
      const { at, by } = write;
      await auditOf(db, write, { at, by: personOf(by), action: 'trigger.disabled', detail: {} });
      return null;
    }
    case 'publish tried': {
      const { event, tried } = write;
      await db
        .updateTable('firings')
        .set(tried === null ? { publish: 'no' } : { tried_round: tried.round, unpublished: tried.unpublished })
        .where('tenant', '=', tenant)
        .where('repository', '=', repository)
        .where('name', '=', name)
        .where('event', '=', event)
        .execute();
      return null;
    }
    case 'trigger handled': {
      const { handledAt, failures, problem, began, firing, stop } = write;
      const isNew = firing !== null && (await recordFiring(db, rowOf(write, firing))).length > 0;
      if (isNew && firing.run === null && firing.said !== null) {
        const { at, event, said: why } = firing;
        await auditOf(db, write, {
          at,
          by: control,
          action: 'trigger.refused',
          detail: { event, why: why.slice(0, 500) },
        });
      }
      if (stop) {
        const at = firing?.at ?? handledAt;
        await auditOf(db, write, { at, by: control, action: 'trigger.stopped', detail: { why: problem } });
      }
      await of(db, write)
        .set({
          handled_at: later(handledAt),
          failures,
          problem,
          ...(began !== null && { run: began.run, due_at: began.dueAt }),
          ...(stop && { enabled: 0 }),
        })
        .execute();
      return null;
    }
  }
};

const enable = async (db: Database, write: Extract<TriggerWrite, { kind: 'enable trigger' }>): Promise<void> => {
  const { tenant, repository, name, by, origin, publishes, output, at } = write;
  const by_owner = write.byOwner ? 1 : 0;
  await db
    .insertInto('triggers')
    .values({
      tenant,
      repository,
      name,
      by,
      by_owner,
      origin,
      publishes,
      output,
      enabled: 1,
      enabled_at: at,
      handled_at: at,
      failures: 0,
    })
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'repository', 'name']).doUpdateSet({
        by,
        by_owner,
        origin,
        publishes,
        output,
        enabled: 1,
        enabled_at: at,
        handled_at: later(at),
        failures: 0,
        problem: null,
      }),
    )
    .execute();
};

const rowOf = ({ tenant, repository, name }: TriggerKey, firing: Firing): Tables['firings'] => {
  const { ciRepairs: ci_repairs, ...rest } = firing;
  return { tenant, repository, name, ...rest, ci_repairs, tried_round: 0, unpublished: null };
};

const recordFiring = prepare<Tables['firings'], { readonly event: string }>((db, row) =>
  db
    .insertInto('firings')
    .values(row)
    .onConflict((conflict) => conflict.columns(['tenant', 'repository', 'name', 'event']).doNothing())
    .returning('event'),
);

const control = 'longhaul';
const personOf = (name: string): string => `person:${name}`.slice(0, 200);

/** `at` in ms since the epoch. */
const auditOf = (
  db: Database,
  { tenant, repository, name }: TriggerKey,
  { at, by: actor, action, detail }: Pick<Audited, 'action' | 'detail'> & { readonly at: number; readonly by: string },
): Promise<void> =>
  audit(db, { tenant, at: new Date(at).toISOString() }, [
    { actor, action, run: null, detail: { repository, trigger: name, ...detail } },
  ]);

/** The clock may have been set back meanwhile. */
const later = (at: number) =>
  sql<number>`case when triggers.handled_at > ${sql.lit(at)} then triggers.handled_at else ${sql.lit(at)} end`;

const of = (db: Database, { tenant, repository, name }: TriggerKey) =>
  db.updateTable('triggers').where('tenant', '=', tenant).where('repository', '=', repository).where('name', '=', name);

export const readTriggers = async (db: Database, tenant: string | null): Promise<readonly TriggerRow[]> => {
  let query = db.selectFrom('triggers').selectAll().orderBy('repository').orderBy('name');
  if (tenant !== null) query = query.where('tenant', '=', tenant);
  return (await query.execute()).map((row) => ({
    tenant: row.tenant,
    repository: row.repository,
    name: row.name,
    by: row.by,
    byOwner: row.by_owner === 1,
    origin: row.origin,
    publishes: row.publishes,
    output: row.output,
    enabled: row.enabled === 1,
    enabledAt: row.enabled_at,
    handledAt: row.handled_at,
    run: row.run,
    dueAt: row.due_at,
    failures: row.failures,
    problem: row.problem,
  }));
};

const firingsOf = (db: Database, { tenant, repository, name }: TriggerKey) =>
  db.selectFrom('firings').where('tenant', '=', tenant).where('repository', '=', repository).where('name', '=', name);

export const readFirings = async (db: Database, key: TriggerKey, limit: number): Promise<readonly RecordedFiring[]> => {
  const newest = firingsOf(db, key)
    .select(['event', 'at', 'about', 'url', 'run', 'said', 'publish', 'ci_repairs', 'unpublished'])
    .orderBy('at', 'desc')
    .orderBy('event', 'desc')
    .limit(limit);
  const begun = await newest.where('run', 'is not', null).execute();
  const others = await newest.where('run', 'is', null).execute();
  return [...begun, ...others]
    .toSorted((a, b) => b.at - a.at || (a.event < b.event ? 1 : -1))
    .map(({ ci_repairs: ciRepairs, ...rest }) => ({ ...rest, ciRepairs }));
};

/** A number of what a run's state says that it spent. */
const spentOf = (db: Database, name: 'usd' | 'unpriced') =>
  locksRows(db)
    ? sql<number | null>`sum((runs.state::jsonb #>> ${sql.lit(`{spent,${name}}`)})::float8)`
    : sql<number | null>`sum(json_extract(runs.state, ${sql.lit(`$.spent.${name}`)}))`;

export const readSpentBy = async (
  db: Database,
  { tenant, repository, name }: TriggerKey,
  since: number,
): Promise<ListedTrigger['spent']> => {
  // Several events may have come to one run.
  const begun = db
    .selectFrom('firings')
    .select('run')
    .where('tenant', '=', tenant)
    .where('repository', '=', repository)
    .where('name', '=', name)
    .where('at', '>', since)
    .where('run', 'is not', null);
  const { runs, usd, unpriced } = await db
    .selectFrom('runs')
    .select((eb) => eb.fn.countAll<number | string>().as('runs'))
    .select(spentOf(db, 'usd').as('usd'))
    .select(spentOf(db, 'unpriced').as('unpriced'))
    .where('id', 'in', begun)
    // Of one that was deleted nobody knows what it has spent.
    .where('status', '<>', deletedStatus)
    .executeTakeFirstOrThrow();
  return { runs: Number(runs), usd: usd ?? 0, unpriced: unpriced ?? 0 };
};

export const readToPublish = async (db: Database): Promise<readonly ToPublish[]> => {
  const rows = await db.selectFrom('firings').selectAll().where('publish', '<>', 'no').orderBy('at').execute();
  return rows.flatMap(({ tenant, repository, name, event, run, publish, ci_repairs, tried_round }) =>
    run === null || publish === 'no'
      ? []
      : [
          {
            key: { tenant, repository, name },
            event,
            run,
            publish,
            ciRepairs: ci_repairs,
            triedRound: tried_round,
          },
        ],
  );
};

export const readFiredFor = (db: Database, event: string): Promise<readonly TriggerKey[]> =>
  db.selectFrom('firings').select(['tenant', 'repository', 'name']).where('event', '=', event).execute();

export const readBegunSince = async (db: Database, key: TriggerKey, since: number): Promise<number> => {
  const { count } = await firingsOf(db, key)
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('at', '>', since)
    .where('run', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(count);
};
