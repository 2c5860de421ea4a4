import { sql } from 'kysely';
import { locksRows, prepare } from './queries.ts';
import type { Database } from './schema.ts';

const selectRole = prepare<{ readonly fence: number }, { fence: number }>((db, slot) =>
  db
    .selectFrom('roles')
    .select('fence')
    .where('name', '=', 'supervisor')
    .where('fence', '=', slot('fence'))
    .where('until', '>', sql<Date>`clock_timestamp()`)
    .$if(locksRows(db), (query) => query.forShare()),
);

/**
 * May what is done in the supervisor's role be done? The row stays as it is until the commit: nobody takes the role over
 * in between. Null or left out: it is not done in the role, or by a control plane that is alone.
 */
export const isRoleHeld = async (db: Database, fence: number | null | undefined): Promise<boolean> =>
  fence === null || fence === undefined || (await selectRole(db, { fence })).length > 0;
