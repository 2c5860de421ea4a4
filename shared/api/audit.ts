import { z } from 'zod';
import { AuditHead, type AuditEntry, type AuditRecord } from '../audit/record.ts';
import { RunId } from '../ids.ts';

/** The newest first. */
export const AuditInput = z.strictObject({
  limit: z.int().min(1).max(500).default(100),
  /** Only those before this one; null: the newest. */
  before: z.int().positive().nullable().default(null),
  /** Only those of such actions, as `decision` or `decision.made`. */
  action: z.string().min(1).max(100).nullable().default(null),
  actor: z.string().min(1).max(200).nullable().default(null),
  run: RunId.nullable().default(null),
});
export type AuditInput = z.infer<typeof AuditInput>;

export interface AuditList {
  readonly records: readonly AuditRecord[];
  /** For `before`: the next page; null: there is none. */
  readonly next: number | null;
}

export const AuditVerifyInput = z.strictObject({ anchors: z.array(AuditHead).max(100_000).default([]) });
export type AuditVerifyInput = z.infer<typeof AuditVerifyInput>;

export interface AuditVerified {
  readonly tenant: string;
  readonly records: number;
  readonly head: AuditHead;
  /** A sentence each; empty: nothing is wrong. */
  readonly faults: readonly string[];
}

export const AuditExportInput = z.strictObject({ after: z.int().nonnegative() });
export type AuditExportInput = z.infer<typeof AuditExportInput>;

export interface AuditExport {
  readonly tenant: string;
  /** In order; empty: there are no more. */
  readonly entries: readonly AuditEntry[];
  /** For `after`. */
  readonly next: number;
}

/** Of the caller's tenant. */
export interface AuditApi<Caller> {
  /** What was done of consequence, the newest first. */
  audit(caller: Caller, input: AuditInput): Promise<AuditList>;
  /** Whether that chain is whole. */
  verifyAudit(caller: Caller, input: AuditVerifyInput): Promise<AuditVerified>;
  exportAudit(caller: Caller, input: AuditExportInput): Promise<AuditExport>;
}
