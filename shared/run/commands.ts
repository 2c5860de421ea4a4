import { guarded, problemWith } from './append-rules.ts';
import type { Circumstances, Command, Told, Wanted } from './command.ts';
import { effected, seen } from './command-of-effects.ts';
import * as engine from './command-of-engine.ts';
import * as person from './command-of-person.ts';
import type { EventBody, WorkerEvent } from './events.ts';
import { lossDecision, lossesInARow } from './losses.ts';
import { publishedOrAsked } from './publish-decision.ts';
import { foldBodies } from './reduce.ts';
import { refuse, type Refusal } from './refusal.ts';
import type { RunState } from './state.ts';

export type Obeyed =
  | { readonly outcome: 'done'; readonly events: readonly EventBody[]; readonly state: RunState }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/**
 * What a command does to a run: the events to append, in order, and the state after them. Includes the next activation
 * where the command ended a wait, so that whoever appends these together cannot lose a wake-up.
 */
export const obey = (state: RunState, command: Command, circumstances: Circumstances): Obeyed => {
  const bodies = eventsFor(state, command, circumstances);
  if ('outcome' in bodies) return bodies;
  return settle(state, bodies, circumstances);
};

/** Folds the events and, where that leaves the run with nothing to wait for, adds what follows by itself. */
export const settle = (
  state: RunState,
  bodies: readonly EventBody[],
  circumstances: Circumstances,
): Extract<Obeyed, { outcome: 'done' }> => {
  const after = foldBodies(state, bodies, circumstances.at);
  if (after.status !== 'ready') return { outcome: 'done', events: bodies, state: after };
  const follow = whatFollows(after, circumstances);
  return { outcome: 'done', events: [...bodies, ...follow], state: foldBodies(after, follow, circumstances.at) };
};

const whatFollows = (
  state: Extract<RunState, { status: 'ready' }>,
  circumstances: Circumstances,
): readonly EventBody[] => {
  // Without the worker that would say so: workers are what there was trouble with.
  if (state.givenUp?.class === 'infrastructure') return [{ type: 'run.failed', v: 1, ...state.givenUp }];
  if (state.reason === 'lost' && state.losses >= lossesInARow) {
    const request = lossDecision(state, circumstances);
    return [
      { type: 'decision.requested', v: 3, request },
      { type: 'run.paused', v: 1, decision: request.id },
    ];
  }
  return [{ type: 'activation.queued', v: 2, activation: circumstances.activation, reason: state.reason }];
};

const eventsFor = (state: RunState, command: Command, circumstances: Circumstances): Wanted => {
  switch (command.kind) {
    case 'lease':
      return engine.leased(state, command);
    case 'append':
      return appended(state, command, circumstances);
    case 'defer':
      return engine.deferred(state, command, circumstances);
    case 'await':
      return engine.awaited(state, command);
    case 'refuse':
      return engine.refused(state, command);
    case 'lose':
      return engine.lost(state, command, circumstances);
    case 'return':
      return engine.returned(state, command);
    case 'decide':
      return person.decided(state, command, circumstances);
    case 'expire':
      return engine.expired(state, command, circumstances);
    case 'renew':
      return person.renewed(state, command, circumstances);
    case 'fire':
      return engine.fired(state, command, circumstances);
    case 'message':
      return person.messaged(state, command);
    case 'review':
      return person.reviewed(state, command);
    case 'applied':
      return person.applied(state, command);
    case 'publish':
      return publishedOrAsked(state, command, circumstances);
    case 'effected':
      return effected(state, command, circumstances);
    case 'seen':
      return seen(state, command);
    case 'cancel':
      return person.cancelled(state, command);
    case 'archive':
    case 'unarchive':
      return person.archived(state, command);
    case 'pause':
      return person.paused(state, command);
    case 'resume':
      return person.resumed(state, command);
  }
};

/**
 * What of a worker's events goes on record. A round that ends while a message is on its way to the agent does not end: those events are
 * left out, and the worker, which is answered with the message, goes on.
 */
const appended = (state: RunState, command: Told<'append'>, { at }: Circumstances): Wanted => {
  const { events } = command;
  if (!engine.holdsLease(state, command)) return engine.lostLease(state, command);
  if (!events.some(({ type }) => guarded.has(type))) return events;
  const ends = (event: WorkerEvent): boolean => isEnd(event) || isLeaving(event);
  const stays = events.filter((event) => !ends(event));
  const late = events.some(isEnd) && unheard(foldBodies(state, stays, at));
  const accepted = late ? stays : events;
  let now = state;
  for (const event of accepted) {
    const problem = problemWith(now, event);
    if (problem !== null)
      return refuse('invalid', problem, 'This is a defect of the worker; see the runner’s log (longhaul doctor).');
    now = foldBodies(now, [event], at);
  }
  return accepted;
};

const isEnd = ({ type }: WorkerEvent): boolean => type === 'round.finished' || type === 'run.completed';
const isLeaving = (event: WorkerEvent): boolean => event.type === 'activation.ended' && event.until === null;

/** Where a person stopped the work, the agent is not asked any more, whatever it was still to be told. */
const unheard = ({ unheard: messages, wrapUp }: RunState): boolean => messages > 0 && wrapUp === null;
