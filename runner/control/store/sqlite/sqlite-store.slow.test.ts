import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { effectsSuite } from '../../../../test/suites/store-effects.ts';
import { queueSuite } from '../../../../test/suites/store-queue.ts';
import { auditSuite } from '../../../../test/suites/store-audit.ts';
import { repositoriesSuite } from '../../../../test/suites/store-repositories.ts';
import { triggersSuite } from '../../../../test/suites/store-triggers.ts';
import { storeSuite, type OpenStore } from '../../../../test/suites/store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const open: OpenStore = async ({ now }) => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-store-'));
  let store = await openSqliteStore({ folder, now });
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store[Symbol.asyncDispose]();
      store = await openSqliteStore({ folder, now });
      return store;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
};

storeSuite('SQLite', open);
queueSuite('SQLite', open);
effectsSuite('SQLite', open);
triggersSuite('SQLite', open);
auditSuite('SQLite', open);
repositoriesSuite('SQLite', open);
