import type { Ticket } from '../../../shared/api/worker-api.ts';
import { waitKey } from '../protocol.ts';
import type { TriggerApi } from './api.ts';
import { fateOf } from './fate.ts';

/**
 * Gives an activation to the task that waits for it, if there is one: completes the token of the run's last wait. Returns
 * the id of that task's run; null: nobody is waiting, and a task has to be started. May be repeated: the token keeps what it
 * was completed with first.
 *
 * Where no task has come to wait (it died, or has yet to get there), the token is completed with nothing, so that one that
 * comes late ends at once and does not hold a machine for days.
 */
export const handOver = async (api: TriggerApi, ticket: Ticket, fence: number): Promise<string | null> => {
  // A run that was never leased has never waited.
  if (fence === 0) return null;
  const token = await api.token(waitKey(ticket.run, fence));
  const before = token.known ? await api.readToken(token.id) : null;
  if (before?.status === 'timed out') return null;
  if (before?.status !== 'completed') {
    const waits = before !== null && before.waiter !== null && (await isWaiting(api, before.waiter));
    await api.completeToken(token.id, { ticket: waits ? ticket : null });
  }
  const after = await api.readToken(token.id);
  return after.next?.ticket?.activation === ticket.activation ? after.waiter : null;
};

const isWaiting = async (api: TriggerApi, taskRun: string): Promise<boolean> => {
  const found = await api.taskRun(taskRun);
  const fate = found === null ? null : fateOf(found).kind;
  // Off the Cloud a task that waits is "executing" all the while.
  return fate === 'waiting' || fate === 'under way';
};
