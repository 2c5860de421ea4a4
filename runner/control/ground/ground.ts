import { createHmac } from 'node:crypto';
import type { Logger } from 'pino';
import type { StoreConfig } from '../../machine/config/config.ts';
import { secretsOf, writeDurably, type Home } from '../../machine/home/home.ts';
import { onlyOne, type SupervisorRole } from '../store/role.ts';
import { lockFolder } from '../store/sqlite/lock.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { StoreError, type Store } from '../store/store.ts';

/** What a control plane stands on, and may share with others. */
export interface Ground extends AsyncDisposable {
  readonly store: Store;
  readonly role: SupervisorRole;
  /** Signs run tokens. */
  readonly secret: Buffer;
  /** The bearer token of the person who owns the home. */
  readonly token: string;
  /** Other control planes may be at work on the same runs. */
  readonly shared: boolean;
}

export interface GroundOptions {
  readonly home: Home;
  /** Of this control plane. */
  readonly name: string;
  readonly config: StoreConfig;
  /** SQLite: goes on though the end of the log is gone. */
  readonly acceptLoss: boolean;
  readonly log: Logger;
}

/** Opens the store that the settings name, and holds the home for this process. Throws StoreError. */
export const openGround = async ({ home, name, config, acceptLoss, log }: GroundOptions): Promise<Ground> => {
  if (config.kind === 'sqlite') {
    const [store, secrets] = await Promise.all([
      openSqliteStore({ folder: home.database, acceptLoss }),
      secretsOf(home),
    ]);
    return {
      store,
      role: onlyOne,
      ...secrets,
      shared: false,
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  }
  await using stack = new AsyncDisposableStack();
  stack.use(lockFolder(home.database));
  const { openPostgresStore } = await loadPostgres();
  const { store, role, secret } = stack.use(await openPostgresStore({ ...config, name, log }));
  const token = tokenFrom(secret);
  await writeDurably(home.token, `${token}\n`);
  const held = stack.move();
  return { store, role, secret, token, shared: true, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
};

/** The same for every control plane of a database, so that whoever is let in by one is let in by all. */
const tokenFrom = (secret: Buffer): string =>
  `lh_${createHmac('sha256', secret).update('local token').digest('base64url')}`;

/** Its driver comes with the npm package only. */
export const loadPostgres = async () => {
  try {
    return await import('../store/postgres/postgres-store.ts');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new StoreError('io', 'This copy of Longhaul cannot talk to Postgres: the package pg is not there.', {
      remedy: 'Use the runner of the npm package or of a checkout; the one in the editor has SQLite alone.',
      cause: error,
    });
  }
};
