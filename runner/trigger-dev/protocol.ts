import { z } from 'zod';
import { Ticket, WorkSettings } from '../../shared/api/worker-api.ts';

/** The tasks that are deployed, and what the control plane and they say to one another through Trigger.dev. */
export const runTask = 'longhaul-run';
export const checkTask = 'longhaul-check';

/** What a run of the task returns. `left` null: its activation was ended, the log says how. Else why it was left without that. */
export const TaskOutcome = z.object({ left: z.string().nullable() });
export type TaskOutcome = z.infer<typeof TaskOutcome>;

/** What a waiting task's token is completed with: the run's next activation, or nothing: then the task ends. */
export const NextTicket = z.object({ ticket: Ticket.nullable() });
export type NextTicket = z.infer<typeof NextTicket>;

/**
 * Names the token of one wait. A run parks at most once under a fence, and both sides know it: the worker from its lease,
 * the control plane from the run's state until the next lease.
 */
export const waitKey = (run: string, fence: number): string => `longhaul:${run}:${fence}`;

/** On a token: which task run waits for it. Trigger.dev's ids have letters, digits and underscores. */
const waiterPrefix = 'waiter:';
export const waiterTag = (taskRun: string): string => `${waiterPrefix}${taskRun}`;
export const waiterOf = (tags: readonly string[]): string | null =>
  tags.find((tag) => tag.startsWith(waiterPrefix))?.slice(waiterPrefix.length) ?? null;

/** What the checking task is to try. */
export const CheckInput = z.object({
  isolation: WorkSettings.shape.isolation,
  /** That the model endpoint speaks; it says which key is needed. */
  api: WorkSettings.shape.model.shape.api.default('responses'),
});
export type CheckInput = z.infer<typeof CheckInput>;

/** What a machine of Trigger.dev can do, as the checking task found it. Null: the program is not there. */
export const MachineReport = z.object({
  contract: z.int(),
  node: z.string(),
  programs: z.record(z.string(), z.string().nullable()),
  sandbox: z.object({ outcome: z.enum(['ok', 'refused']), reason: z.string(), remedy: z.string() }),
  modelKey: z.boolean(),
});
export type MachineReport = z.infer<typeof MachineReport>;
