import { createHash } from 'node:crypto';
import type {
  AuditExport,
  AuditExportInput,
  AuditInput,
  AuditList,
  AuditVerified,
  AuditVerifyInput,
} from '../../../shared/api/audit.ts';
import type { Principal } from '../../../shared/api/runner-api.ts';
import { AuditRecord, ChainCheck } from '../../../shared/audit/record.ts';
import { actor, asPerson, type ControlPlane } from './plane.ts';

/** Read at once; a record has some hundred bytes. */
const pageRecords = 1_000;

/** Of the caller's tenant. What cannot be read as a record is left out: `verifyAudit` names it. */
export const listAudit = async (
  { store }: ControlPlane,
  caller: Principal,
  { limit, before, action, actor: by, run }: AuditInput,
): Promise<AuditList> => {
  const { tenant } = asPerson(caller);
  const records: AuditRecord[] = [];
  for (let at = before; ;) {
    const { entries } = await store.audited(tenant, { after: null, before: at, limit: pageRecords });
    for (const { text } of entries) {
      const record = AuditRecord.safeParse(parsed(text));
      if (!record.success) continue;
      const { data } = record;
      if (action !== null && data.action !== action && !data.action.startsWith(`${action}.`)) continue;
      if ((by !== null && data.actor !== by) || (run !== null && data.run !== run)) continue;
      if (records.length === limit) return { records, next: records.at(-1)?.seq ?? null };
      records.push(data);
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < pageRecords) return { records, next: null };
    at = last.seq;
  }
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Looks through the whole chain of the caller's tenant. */
export const verifyAudit = async (
  { store }: ControlPlane,
  caller: Principal,
  { anchors }: AuditVerifyInput,
): Promise<AuditVerified> => {
  const { tenant } = asPerson(caller);
  const check = new ChainCheck({ tenant, sha256, anchors });
  for (let after = 0; ;) {
    // Where it ends is read before what is there: when nothing more is, that is where it ends.
    const { entries, head } = await store.audited(tenant, { after, before: null, limit: pageRecords });
    const last = entries.at(-1);
    if (last === undefined) return { tenant, ...check.end(head) };
    for (const { seq, ...entry } of entries) check.add(seq, entry);
    after = last.seq;
  }
};

/** Some of it as it is kept, which whoever has it can check alone. That somebody began to is on record. */
export const exportAudit = async (
  { store }: ControlPlane,
  caller: Principal,
  { after }: AuditExportInput,
): Promise<AuditExport> => {
  const person = asPerson(caller);
  const { tenant } = person;
  if (after === 0) await store.audit(tenant, { actor: actor(person), action: 'audit.exported', run: null, detail: {} });
  const { entries } = await store.audited(tenant, { after, before: null, limit: pageRecords });
  return {
    tenant,
    entries: entries.map(({ text, hash }) => ({ text, hash })),
    next: entries.at(-1)?.seq ?? after,
  };
};
