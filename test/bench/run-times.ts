import type { EventBody, RunEvent } from '../../shared/run/events.ts';
import type { Rig } from '../harness/rig.ts';

/** The first event of a type after another event (by number), as soon as it is on record. Its `at` says when that was. */
export const eventOf = (
  rig: Rig,
  run: string,
  wanted: { readonly type: EventBody['type']; readonly after?: number },
): Promise<RunEvent> => rig.event(run, ({ seq, body }) => seq > (wanted.after ?? 0) && body.type === wanted.type);

/** ms since the epoch. */
export const timeOf = ({ at }: RunEvent): number => Date.parse(at);

/** The process that an activation's worker is. */
export const workerOf = ({ body }: RunEvent): number => {
  const pid = body.type === 'activation.leased' ? Number(/^child (\d+)$/.exec(body.worker)?.[1]) : Number.NaN;
  if (!Number.isInteger(pid)) throw new Error(`no worker's process in ${JSON.stringify(body)}`);
  return pid;
};
