import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { openPostgresStore } from '../../runner/control/store/postgres/postgres-store.ts';
import { PostgresServer } from '../harness/postgres.ts';
import { storeSuite } from '../suites/store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

storeSuite('Postgres', async ({ now }) => {
  const url = await server.database();
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
});
