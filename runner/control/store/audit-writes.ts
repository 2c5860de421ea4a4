import { createHash } from 'node:crypto';
import { auditedOf } from '../../../shared/audit/of-event.ts';
import { chainStart, linkAfter, type AuditHead, type Audited } from '../../../shared/audit/record.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { AuditPage, AuditPageOptions } from './audit-store.ts';
import { eventRow, insertEvent } from './envelopes.ts';
import { locksRows, prepare } from './queries.ts';
import type { Database, Tables } from './schema.ts';

/** Something of consequence of which no event comes. */
export type AuditWrite = {
  readonly kind: 'audit';
  readonly tenant: string;
  /** ISO. */
  readonly at: string;
} & Audited;

export const performOnAudit = async (
  db: Database,
  { kind: _kind, tenant, at, ...record }: AuditWrite,
): Promise<null> => {
  await audit(db, { tenant, at }, [record]);
  return null;
};

/** Appends events of a run, and puts on record what of them is of consequence. `before`: the run as it was. */
export const insertEvents = async (db: Database, before: RunState, events: readonly RunEvent[]): Promise<void> => {
  const { tenant } = before.task;
  for (const event of events) await insertEvent(db, eventRow(event, tenant));
  const records = events.flatMap(({ body }) => auditedOf(body, before) ?? []);
  const at = events.at(-1)?.at;
  if (at !== undefined && records.length > 0) await audit(db, { tenant, at }, records);
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Adds to the chain of a tenant. Whoever else adds to it waits for the commit. */
export const audit = async (
  db: Database,
  { tenant, at }: { readonly tenant: string; readonly at: string },
  records: readonly Audited[],
): Promise<void> => {
  let head = await lockedHead(db, tenant);
  for (const record of records) {
    const entry = linkAfter(head, { ...record, tenant, at }, sha256);
    await insertRecord(db, { tenant, ...entry });
    head = { seq: entry.seq, hash: entry.hash };
  }
  await moveHead(db, { tenant, ...head });
};

const selectHead = prepare<{ readonly tenant: string }, AuditHead>((db, { tenant }) =>
  db
    .selectFrom('audit_heads')
    .select(['seq', 'hash'])
    .where('tenant', '=', tenant)
    .$if(locksRows(db), (query) => query.forUpdate()),
);
const beginHead = prepare<Tables['audit_heads'], unknown>((db, row) =>
  db
    .insertInto('audit_heads')
    .values(row)
    .onConflict((conflict) => conflict.column('tenant').doNothing()),
);
const moveHead = prepare<Tables['audit_heads'], unknown>((db, { tenant, ...head }) =>
  db.updateTable('audit_heads').set(head).where('tenant', '=', tenant),
);
const insertRecord = prepare<Tables['audit'], unknown>((db, row) => db.insertInto('audit').values(row));

const lockedHead = async (db: Database, tenant: string): Promise<AuditHead> => {
  const [known] = await selectHead(db, { tenant });
  if (known !== undefined) return known;
  await beginHead(db, { tenant, ...chainStart });
  // Another may have begun it meanwhile.
  return (await selectHead(db, { tenant }))[0] ?? chainStart;
};

/** Entries of a tenant: so many after a place, in order; or, with `before`, so many before it, the newest first. */
export const readAudit = async (
  db: Database,
  tenant: string,
  { after, before, limit }: AuditPageOptions,
): Promise<AuditPage> => {
  const head = await db
    .selectFrom('audit_heads')
    .select(['seq', 'hash'])
    .where('tenant', '=', tenant)
    .executeTakeFirst();
  let query = db.selectFrom('audit').select(['seq', 'text', 'hash']).where('tenant', '=', tenant).limit(limit);
  if (after !== null) query = query.where('seq', '>', after);
  if (before !== null) query = query.where('seq', '<', before);
  return { entries: await query.orderBy('seq', after === null ? 'desc' : 'asc').execute(), head: head ?? null };
};

/** Where the chain of each tenant ends now. */
export const readAuditHeads = (db: Database): Promise<readonly Tables['audit_heads'][]> =>
  db.selectFrom('audit_heads').select(['tenant', 'seq', 'hash']).orderBy('tenant').execute();
