import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { metadata, schemaTask, tags } from '@trigger.dev/sdk';
import { Ticket } from '../../../shared/api/worker-api.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import { CheckInput, checkTask, runTask } from '../protocol.ts';
import { runActivations } from '../task/activations.ts';
import { reportMachine } from '../task/machine.ts';
import { changesOf, progressOf, type Progress } from '../task/progress.ts';
import { waitForToken } from '../task/token-wait.ts';
import { startWatchdog, type Watchdog } from '../../worker/start/watchdog.ts';

/** One for the process, which may run several tasks one after the other. */
let watchdog: Watchdog | null = null;

/**
 * A worker as a task of Trigger.dev. It finds its place in the log, so `run` may begin from the top at any time. It is
 * tried once: a failed task is an activation lost, and the control plane starts the next one from the run's own budget.
 */
export const longhaulRun = schemaTask({
  id: runTask,
  description: 'Works on one activation of a Longhaul run',
  schema: Ticket,
  retry: { maxAttempts: 1 },
  // For each concurrencyKey, which is a repository of a tenant. Longhaul's own limits are kept before it triggers.
  queue: { name: 'longhaul', concurrencyLimit: 25 },
  run: async (ticket, { ctx, signal }) => {
    let shown: Progress = {};
    const show = (state: RunState): void => {
      const now = progressOf(state);
      for (const [key, value] of changesOf(shown, now)) metadata.set(key, value as Parameters<typeof metadata.set>[1]); // safe: both are JSON
      shown = now;
    };
    const taskRun = ctx.run.id;
    let last: RunState | null = null;
    const outcome = await runActivations(ticket, {
      worker: `trigger ${taskRun} ${randomBytes(4).toString('hex')}`,
      signal,
      watchdog: (watchdog ??= startWatchdog()),
      wait: waitForToken(taskRun),
      onState: (state) => {
        last = state;
        show(state);
      },
    });
    await tagEnd(last);
    await flushProgress();
    return outcome;
  },
});

/** So that the list of task runs tells how the run stood when each of them ended. */
const tagEnd = async (state: RunState | null): Promise<void> => {
  if (state !== null && (isTerminal(state) || state.status === 'reviewing' || state.status === 'waiting'))
    await tags.add(`ended:${state.status}`);
};

/**
 * Sends what was set last. The SDK (4.8.3) sends by itself once a second and lets a flush that comes while it does so do nothing; what is
 * left then would be lost with the process. One that is under way is over within a second try, as a rule.
 */
const flushProgress = async (): Promise<void> => {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await metadata.flush();
    await pause(100);
  }
};

/** What a deployment is checked with: what its machine has of all that a run needs. Touches nothing. */
export const longhaulCheck = schemaTask({
  id: checkTask,
  description: 'Says what the machine of a task has of what Longhaul needs',
  schema: CheckInput,
  retry: { maxAttempts: 1 },
  machine: 'small-1x',
  maxDuration: 60,
  run: reportMachine,
});
