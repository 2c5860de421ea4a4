import { appendFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { SupervisorRole } from '../store/role.ts';
import type { Store } from '../store/store.ts';
import { startPasses } from '../supervisor/passes.ts';

export interface AnchoringOptions {
  readonly store: Pick<Store, 'auditHeads'>;
  readonly role: Pick<SupervisorRole, 'held' | 'onTaken'>;
  /** Absolute path. Only ever added to. */
  readonly file: string;
  /** How long after the last time, ms. */
  readonly everyMs: number;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Writes down where the chain of each tenant ends, in a file outside of the store: who changes the store from the beginning of a chain on cannot make
 * that file say so. Only who has the supervisor's role does, and once more when it ends.
 */
export const startAnchoring = ({ store, role, file, everyMs, now, log }: AnchoringOptions): AsyncDisposable => {
  const written = new Map<string, string>();
  const write = async (): Promise<void> => {
    const heads = (await store.auditHeads()).filter(({ tenant, hash }) => written.get(tenant) !== hash);
    if (heads.length === 0) return;
    const at = new Date(now()).toISOString();
    await appendFile(file, heads.map((head) => `${JSON.stringify({ at, ...head })}\n`).join(''), { mode: 0o600 });
    for (const { tenant, hash } of heads) written.set(tenant, hash);
  };
  const trouble = (error: unknown): void =>
    log.error({ err: error, file }, 'the heads of the audit log could not be written down');
  const passes = startPasses({
    pass: async () => {
      if (role.held) await write();
      return now() + everyMs;
    },
    now,
    onTrouble: trouble,
  });
  role.onTaken(() => passes.wakeAt(now()));
  passes.wakeAt(now());
  return {
    [Symbol.asyncDispose]: async () => {
      await passes[Symbol.asyncDispose]();
      if (role.held) await write().catch(trouble);
    },
  };
};
