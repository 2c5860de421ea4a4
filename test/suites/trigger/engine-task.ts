/** The engine suite's worker as a task of Trigger.dev. */
import { schemaTask } from '@trigger.dev/sdk';
import type { TaskOutcome } from '../../../runner/trigger-dev/protocol.ts';
import { Ticket } from '../../../shared/api/worker-api.ts';
import { obey } from '../engine-worker.ts';

export const engineSuiteTask = schemaTask({
  id: 'longhaul-engine-suite',
  description: 'Does what the test of the engine tells it',
  schema: Ticket,
  retry: { maxAttempts: 1 },
  maxDuration: 300,
  run: async (ticket, { signal }): Promise<TaskOutcome> => ({ left: await obey(ticket, signal) }),
});
