import { afterAll, beforeAll } from 'vitest';
import { PostgresServer } from '../harness/postgres.ts';
import { postgresStores } from '../harness/postgres-store.ts';
import { auditSuite } from '../suites/store-audit.ts';
import { effectsSuite } from '../suites/store-effects.ts';
import { repositoriesSuite } from '../suites/store-repositories.ts';
import { triggersSuite } from '../suites/store-triggers.ts';
import { storeSuite } from '../suites/store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const open = postgresStores(() => server);
storeSuite('Postgres', open);
effectsSuite('Postgres', open);
triggersSuite('Postgres', open);
auditSuite('Postgres', open);
repositoriesSuite('Postgres', open);
