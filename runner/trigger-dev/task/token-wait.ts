import { wait } from '@trigger.dev/sdk';
import type { WaitUntil } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { NextTicket, waiterTag, waitKey } from '../protocol.ts';
import type { Wait } from './activations.ts';

/** After its time a wait's token is of no use any more; the control plane's clock may be a little behind. */
const graceMs = 60_000;

/**
 * Holds a token until the control plane completes it with the run's next activation. On Trigger.dev's Cloud the machine
 * is given up meanwhile. The key makes it the same token for whoever asks for it, first or second; one that the control
 * plane had completed already, because the next activation came before this task waited, ends the wait at once.
 */
export const waitForToken =
  (taskRun: string): Wait =>
  async (parked) => {
    // Nobody knows until when: no task waits for that.
    if (parked.until.kind === 'resume') return null;
    const token = await wait.createToken({
      idempotencyKey: waitKey(parked.id, parked.fence),
      timeout: new Date(endOf(parked.until, parked.decisions) + graceMs),
      tags: [waiterTag(taskRun), `run:${parked.id}`],
    });
    const answer = await wait.forToken<unknown>(token.id);
    const next = answer.ok ? NextTicket.safeParse(answer.output) : null;
    return next?.success === true ? next.data.ticket : null;
  };

/** Ms since the epoch. A decision that expired undecided may be asked for again, days later: no task waits for that. */
const endOf = (until: Exclude<WaitUntil, { kind: 'resume' }>, decisions: RunState['decisions']): number =>
  Date.parse(until.kind === 'time' ? until.at : (decisions[until.decision]?.request.expiresAt ?? ''));
