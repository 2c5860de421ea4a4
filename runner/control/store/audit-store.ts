import type { AuditEntry, AuditHead, Audited } from '../../../shared/audit/record.ts';

/** One of the two is given, or neither: the newest. */
export interface AuditPageOptions {
  readonly after: number | null;
  readonly before: number | null;
  readonly limit: number;
}

export interface AuditPage {
  readonly entries: readonly (AuditEntry & { readonly seq: number })[];
  /** Where the chain is said to end; null: it has not begun. Read before the entries. */
  readonly head: AuditHead | null;
}

/** What was done of consequence, in a chain for each tenant. */
export interface AuditStore {
  /**
   * Puts something of consequence on record that no other write does. What events of runs, trust and triggers are of consequence goes there with
   * them, in their transaction.
   */
  audit(tenant: string, record: Audited): Promise<void>;
  /** Entries of a tenant: so many after a place, in order; or, with `before`, so many before it, the newest first. */
  audited(tenant: string, page: AuditPageOptions): Promise<AuditPage>;
  /** Where the chain of each tenant ends. */
  auditHeads(): Promise<readonly (AuditHead & { readonly tenant: string })[]>;
}
