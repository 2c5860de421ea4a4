import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { RunEvent } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import { comparable, type JournalEntry } from '../fakes/openai/index.ts';
import { normalised } from '../harness/normalise.ts';

/** What a run came to, as far as it must not depend on who was killed on the way. */
export interface Outcome {
  readonly tree: string;
  readonly events: readonly object[];
  /** Digests of what the model was asked. */
  readonly requests: readonly string[];
  readonly raw: readonly RunEvent[];
}

interface Ended {
  readonly state: RunState;
  readonly events: readonly RunEvent[];
  readonly journal: readonly JournalEntry[];
}

export const outcomeOf = ({ state, events, journal }: Ended): Outcome => ({
  tree: state.result?.patch ?? '',
  events: normalised(events),
  requests: comparable(journal).map((request) => digest({ ...request, idempotencyKey: null })),
  raw: events,
});

const digest = (value: object): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** `crash` says in a failure what was done to it. */
export const expectSame = (crashed: Outcome, plain: Outcome, crash: object): void => {
  const lost = crashed.raw.filter(({ body }) => body.type === 'model.lost').length;
  expect({
    crash,
    tree: crashed.tree,
    events: crashed.events,
    requests: [...new Set(crashed.requests)],
    // A call in flight may have been asked twice, and then the log says so.
    repeated: crashed.requests.length - plain.requests.length <= lost && lost <= 1,
  }).toEqual({ crash, tree: plain.tree, events: plain.events, requests: [...new Set(plain.requests)], repeated: true });
};
