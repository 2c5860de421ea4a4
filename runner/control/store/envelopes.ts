import type { EventBody, RunEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { prepare } from './queries.ts';
import type { Tables } from './schema.ts';

interface Envelope {
  /** Before the events. */
  readonly state: RunState;
  readonly position: number;
  readonly at: string;
  /** The activation whose worker sent the first `count` of them; what follows is the control plane's own. */
  readonly by: { readonly activation: string; readonly count: number } | null;
}

export const envelop = (bodies: readonly EventBody[], { state, position, at, by }: Envelope): readonly RunEvent[] =>
  bodies.map((body, index) => ({
    run: state.id,
    seq: state.seq + 1 + index,
    position: position + index,
    at,
    activation: by !== null && index < by.count ? by.activation : null,
    body,
  }));

export const eventRow = (event: RunEvent, tenant: string): Tables['events'] => ({
  ...event,
  tenant,
  type: event.body.type,
  body: JSON.stringify(event.body),
});

export const insertEvent = prepare<Tables['events'], unknown>((db, row) => db.insertInto('events').values(row));
