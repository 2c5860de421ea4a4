import { prepare } from './queries.ts';
import { isRoleHeld } from './role.ts';
import type { Database, Tables } from './schema.ts';
import { resumable } from '../../../shared/run/state.ts';
import type { BlobUse, Store, StoredBlob } from './store.ts';

/** Writes about which blobs are whose; none of them appends an event. */
export type BlobWrite =
  | ({ readonly kind: 'blob'; readonly run: string; readonly use: BlobUse } & StoredBlob)
  | ({ readonly kind: 'upload'; readonly tenant: string; readonly now: number } & StoredBlob)
  | ({ readonly kind: 'forget blobs'; readonly now: number } & Parameters<Store['forgetBlobs']>[0]);

/** Blobs that nothing refers to any more. */
export interface Forgotten {
  readonly hashes: readonly string[];
}

export const performOnBlobs = async (db: Database, write: BlobWrite): Promise<Forgotten | null> => {
  switch (write.kind) {
    case 'blob': {
      const { run, hash, bytes, use } = write;
      await (use === 'result' ? insertResult : insertBlob)(db, { run, hash, bytes, use });
      return null;
    }
    case 'upload': {
      const { tenant, hash, bytes, now } = write;
      await insertUpload(db, { tenant, hash, bytes, uploaded: 1, at: now });
      return null;
    }
    case 'forget blobs':
      return forget(db, write);
  }
};

/** Makes uploads the source and the images of a run, in the transaction that creates the run. */
export const takeUploads = async (
  db: Database,
  {
    run,
    tenant,
    source,
    images = [],
  }: Pick<Parameters<Store['create']>[0], 'run' | 'source' | 'images'> & { readonly tenant: string },
): Promise<void> => {
  const taken = [
    ...(source === undefined ? [] : [{ ...source, use: 'source' as const }]),
    ...images.map((image) => ({ ...image, use: 'image' as const })),
  ];
  for (const { hash, bytes, use } of taken) {
    await insertBlob(db, { run, hash, bytes, use });
    await db.deleteFrom('loose_blobs').where('tenant', '=', tenant).where('hash', '=', hash).execute();
  }
};

const insertBlob = prepare<Tables['blobs'], unknown>((db, row) =>
  db
    .insertInto('blobs')
    .values(row)
    .onConflict((conflict) => conflict.columns(['run', 'hash']).doNothing()),
);

/** One content can be a checkpoint and a result: then it is a result. */
const insertResult = prepare<Tables['blobs'], unknown>((db, row) =>
  db
    .insertInto('blobs')
    .values(row)
    .onConflict((conflict) => conflict.columns(['run', 'hash']).doUpdateSet({ use: row.use })),
);

const insertUpload = prepare<Tables['loose_blobs'], unknown>((db, row) =>
  db
    .insertInto('loose_blobs')
    .values(row)
    .onConflict((conflict) => conflict.columns(['tenant', 'hash']).doUpdateSet({ uploaded: row.uploaded, at: row.at })),
);

const insertLeftover = prepare<Tables['loose_blobs'], unknown>((db, row) =>
  db
    .insertInto('loose_blobs')
    .values(row)
    .onConflict((conflict) => conflict.columns(['tenant', 'hash']).doNothing()),
);

type Forget = Extract<BlobWrite, { kind: 'forget blobs' }>;

const forget = async (
  db: Database,
  { now, sourcesBefore, checkpointsBefore, unusedSince, limit, role }: Forget,
): Promise<Forgotten> => {
  if (!(await isRoleHeld(db, role))) return { hashes: [] };
  const iso = (ms: number): string => new Date(ms).toISOString();
  const ended = await db
    .selectFrom('blobs')
    .innerJoin('runs', 'runs.id', 'blobs.run')
    .innerJoin('events', 'events.position', 'runs.position')
    .select(['blobs.run', 'blobs.hash', 'blobs.bytes', 'runs.tenant'])
    .where('runs.over', '=', 1)
    .where((e) =>
      e.or([
        e.and([
          e('blobs.use', '=', 'checkpoint'),
          e.or([e('runs.status', 'not in', resumable), e('events.at', '<=', iso(checkpointsBefore))]),
        ]),
        e.and([e('blobs.use', '=', 'source'), e('events.at', '<=', iso(sourcesBefore))]),
      ]),
    )
    .limit(limit)
    .execute();
  for (const { run, hash, bytes, tenant } of ended) {
    await db.deleteFrom('blobs').where('run', '=', run).where('hash', '=', hash).execute();
    await insertLeftover(db, { tenant, hash, bytes, uploaded: 0, at: now });
  }
  const old = await db
    .selectFrom('loose_blobs')
    .select(['tenant', 'hash'])
    .where('at', '<=', unusedSince)
    .limit(limit)
    .execute();
  const hashes: string[] = [];
  for (const { tenant, hash } of old) {
    await db.deleteFrom('loose_blobs').where('tenant', '=', tenant).where('hash', '=', hash).execute();
    if (!(await isReferredTo(db, hash))) hashes.push(hash);
  }
  return { hashes };
};

const isReferredTo = async (db: Database, hash: string): Promise<boolean> => {
  const linked = await db.selectFrom('blobs').select('hash').where('hash', '=', hash).limit(1).execute();
  const loose = await db.selectFrom('loose_blobs').select('hash').where('hash', '=', hash).limit(1).execute();
  return linked.length + loose.length > 0;
};
