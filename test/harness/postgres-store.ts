import { pino } from 'pino';
import { openPostgresStore } from '../../runner/control/store/postgres/postgres-store.ts';
import type { OpenStore } from '../suites/store.ts';
import type { PostgresServer } from './postgres.ts';

/** A store of the suites in a database of its own. `server`: once it runs. */
export const postgresStores =
  (server: () => PostgresServer): OpenStore =>
  async ({ now }) => {
    const url = await server().database();
    const open = () => openPostgresStore({ url, name: 'test', connections: 10, now, log: pino({ level: 'silent' }) });
    let opened = await open();
    return {
      get store() {
        return opened.store;
      },
      async reopen() {
        await opened[Symbol.asyncDispose]();
        opened = await open();
        return opened.store;
      },
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  };
