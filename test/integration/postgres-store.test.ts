import { afterAll, beforeAll } from 'vitest';
import { PostgresServer } from '../harness/postgres.ts';
import { postgresStores } from '../harness/postgres-store.ts';
import { storeSuite } from '../suites/store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

storeSuite(
  'Postgres',
  postgresStores(() => server),
);
