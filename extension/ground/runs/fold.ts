import type { RunEvent } from '../../../shared/run/events.ts';
import { reduce } from '../../../shared/run/reduce.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import { decisionSummaries, type DecisionSummary } from '../../../shared/run/summary.ts';

/** Runs by id. */
export type RunBook = ReadonlyMap<string, RunState>;

/**
 * What an event does to what is known. `missing`: it is about a run that is not known, or comes after events that were
 * not seen, so that the run must be asked for.
 */
export type Folded =
  | { readonly outcome: 'changed'; readonly state: RunState }
  | { readonly outcome: 'known' }
  | { readonly outcome: 'missing' };

export const foldEvent = (book: RunBook, event: RunEvent): Folded => {
  const before = book.get(event.run);
  if (before !== undefined && event.seq <= before.seq) return { outcome: 'known' };
  if (before !== undefined && event.seq > before.seq + 1) return { outcome: 'missing' };
  const state = reduce(before, event);
  return state === undefined ? { outcome: 'missing' } : { outcome: 'changed', state };
};

/** The newer of two states of one run: answers of the API and the feed overtake each other. */
export const newer = (before: RunState | undefined, state: RunState): RunState =>
  before !== undefined && before.seq >= state.seq ? before : state;

export const newestFirst = (book: RunBook): readonly RunState[] =>
  [...book.values()].sort((a, b) => b.number - a.number);

/** Open decisions, in the order in which they run out. */
/** The oldest runs that are over, of a book that has more than so many: a window that stays open for weeks must not keep all that were. */
export const beyond = (book: RunBook, most: number): readonly string[] => {
  if (book.size <= most) return [];
  return [...book.values()]
    .filter((state) => isTerminal(state))
    .toSorted((a, b) => a.number - b.number)
    .slice(0, book.size - most)
    .map(({ id }) => id);
};

export const openDecisionsIn = (book: RunBook): readonly DecisionSummary[] =>
  [...book.values()].flatMap(decisionSummaries).sort((a, b) => (a.request.expiresAt < b.request.expiresAt ? -1 : 1));

/** A run's log as far as it was told on: takes events in any order and more than once, gives the new ones that follow. */
export interface Tail {
  /** Sequence number of the last event that was told on; 0: none. */
  readonly seq: number;
  readonly fresh: readonly RunEvent[];
  /** Events between were not seen: they must be asked for, after `seq`. */
  readonly gap: boolean;
}

export const tailOf = (seq: number, events: readonly RunEvent[]): Tail => {
  const fresh: RunEvent[] = [];
  let last = seq;
  for (const event of events) {
    if (event.seq <= last) continue;
    if (event.seq > last + 1) return { seq: last, fresh, gap: true };
    fresh.push(event);
    last = event.seq;
  }
  return { seq: last, fresh, gap: false };
};
