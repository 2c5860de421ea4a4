import { audit } from './audit-writes.ts';
import { prepare } from './queries.ts';
import type { Database, Tables } from './schema.ts';

/** Somebody of a tenant said that what a repository's settings open may be open; no event comes of it. */
export type TrustWrite = { readonly kind: 'trust' } & Tables['trusted_settings'];

export const performOnTrust = async (db: Database, { tenant, repository, hash, by, at }: TrustWrite): Promise<null> => {
  await insertTrust(db, { tenant, repository, hash, by, at });
  await audit(db, { tenant, at }, [{ actor: by, action: 'settings.trusted', run: null, detail: { repository, hash } }]);
  return null;
};

/** Who said it first stays on record. */
const insertTrust = prepare<Tables['trusted_settings'], unknown>((db, row) =>
  db
    .insertInto('trusted_settings')
    .values(row)
    .onConflict((conflict) => conflict.columns(['tenant', 'repository', 'hash']).doNothing()),
);

export const readTrust = async (
  db: Database,
  { tenant, repository, hash }: Pick<Tables['trusted_settings'], 'tenant' | 'repository' | 'hash'>,
): Promise<boolean> =>
  (
    await db
      .selectFrom('trusted_settings')
      .select('hash')
      .where('tenant', '=', tenant)
      .where('repository', '=', repository)
      .where('hash', '=', hash)
      .execute()
  ).length > 0;
