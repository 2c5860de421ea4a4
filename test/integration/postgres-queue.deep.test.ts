import { afterAll, beforeAll } from 'vitest';
import { PostgresServer } from '../harness/postgres.ts';
import { postgresStores } from '../harness/postgres-store.ts';
import { queueSuite } from '../suites/store-queue.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

queueSuite(
  'Postgres',
  postgresStores(() => server),
);
