import type { EventBody, RunEvent } from '../../shared/run/events.ts';
import type { Rig } from '../harness/rig.ts';

/**
 * The first event of a type after another event, as soon as it is on record; its `at` says when that was. Only what came
 * after that other event is read: a control plane that sends a whole log again has less time for what is measured.
 */
export const eventOf = (
  rig: Rig,
  run: string,
  wanted: { readonly type: EventBody['type']; readonly after?: RunEvent | null },
): Promise<RunEvent> => rig.event(run, ({ body }) => body.type === wanted.type, wanted.after?.position ?? 0);

/** ms since the epoch. */
export const timeOf = ({ at }: RunEvent): number => Date.parse(at);

/** The process that an activation's worker is. */
export const workerOf = ({ body }: RunEvent): number => {
  const pid = body.type === 'activation.leased' ? Number(/child (\d+)$/.exec(body.worker)?.[1]) : Number.NaN;
  if (!Number.isInteger(pid)) throw new Error(`no worker's process in ${JSON.stringify(body)}`);
  return pid;
};
