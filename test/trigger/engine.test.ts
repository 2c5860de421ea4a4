import { ApiClient } from '@trigger.dev/core/v3';
import { afterAll } from 'vitest';
import { openTestEngine } from '../harness/trigger.ts';
import { engineSuite } from '../suites/engine.ts';

/** The suite's own task, which has to be deployed or in `trigger dev`: LONGHAUL_TRIGGER_SUITE=1. */
const task = 'longhaul-engine-suite';
// main.ts has looked that they are there.
const url = process.env['TRIGGER_API_URL'] ?? '';
const secretKey = process.env['TRIGGER_SECRET_KEY'] ?? '';

engineSuite(
  `trigger, at ${url}`,
  async ({ workers }) => openTestEngine({ url, secretKey }, { workers, task }),
  // How a process ended, a server tells in words of its own.
  { crash: 'Trigger.dev: ', kill: 'Trigger.dev: ' },
);

/** Whatever a test left behind: none of it may run on, or wait for a worker that comes tomorrow. */
afterAll(async () => {
  const client = new ApiClient(url, secretKey);
  const left = await client.listRuns({
    taskIdentifier: task,
    status: ['PENDING_VERSION', 'QUEUED', 'DEQUEUED', 'EXECUTING', 'WAITING', 'DELAYED'],
    limit: 100,
  });
  for await (const run of left) await client.cancelRun(run.id);
});
