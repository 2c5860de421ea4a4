import type { Appended, Held } from '../../../shared/api/worker-api.ts';
import { RunEvent, type WorkerEvent } from '../../../shared/run/events.ts';
import { DifferentContract } from './misunderstanding.ts';

interface Sent {
  readonly run: string;
  readonly activation: string;
  readonly events: readonly WorkerEvent[];
}

/** The events of an answer, those among them that it does not repeat because this worker has just sent them. Throws ZodError and DifferentContract. */
export const told = (answer: Appended, { run, activation, events }: Sent): Held => ({
  outcome: 'held',
  events: answer.events.map((event) => {
    if (!('own' in event)) return RunEvent.parse(event);
    const { seq, position, at, own } = event;
    const body = events[own];
    if (body === undefined) throw new DifferentContract(`it tells of event ${own} of ${events.length} that were sent.`);
    return { run, seq, position, at, activation, body };
  }),
});
