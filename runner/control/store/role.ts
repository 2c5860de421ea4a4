import { sql } from 'kysely';
import { locksRows, prepare } from './queries.ts';
import type { Database } from './schema.ts';

/** Which of the control planes of one database looks after all runs, and brings what is queued to its engine. */
export interface SupervisorRole {
  /** Is it this one? It ends by itself: a control plane that hung for longer than its lease comes back without it. */
  readonly held: boolean;
  /**
   * Goes with every write that is done in this role, which is refused when another has it by then, or when this one never
   * had it. Null: there is nobody else who could.
   */
  readonly fence: number | null;
  /** Called whenever this one comes to hold it, not for a role that is held from the start. */
  onTaken(listener: () => void): void;
}

/** Of a control plane that is alone. */
export const onlyOne: SupervisorRole = { held: true, fence: null, onTaken: () => {} };

const selectRole = prepare<{ readonly fence: number }, { fence: number }>((db, given) =>
  db
    .selectFrom('roles')
    .select('fence')
    .where('name', '=', 'supervisor')
    .where('fence', '=', given.fence)
    .where('until', '>', sql<Date>`clock_timestamp()`)
    .$if(locksRows(db), (query) => query.forShare()),
);

/**
 * May what is done in the supervisor's role be done? The row stays as it is until the commit: nobody takes the role over
 * in between. Null or left out: it is not done in the role, or by a control plane that is alone.
 */
export const isRoleHeld = async (db: Database, fence: number | null | undefined): Promise<boolean> =>
  fence === null || fence === undefined || (await selectRole(db, { fence })).length > 0;
