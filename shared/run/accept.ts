import { mayStart } from './call.ts';
import { canonicalJson } from '../decision/canonical.ts';
import type { DecisionRequest } from '../decision/decision.ts';
import type { EventBody, WorkerEvent } from './events.ts';
import { refuse, type Refusal } from './refusal.ts';
import type { RunState } from './state.ts';

type Accepted =
  | { readonly outcome: 'accepted'; readonly events: readonly WorkerEvent[] }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** What events make of a state. Given, since this stands below the reducer's users. */
export type Folding = (state: RunState, bodies: readonly EventBody[]) => RunState;

/** Events that a state decides about; all others a worker may append as it likes. */
const guarded: ReadonlySet<WorkerEvent['type']> = new Set<WorkerEvent['type']>([
  'call.started',
  'decision.requested',
  'verification.setup.started',
  'round.finished',
  'run.completed',
]);

/**
 * What of a worker's events goes on record. The control plane does not take the worker's word for what it may do: a call starts
 * only where policy or a person let it start, on the tree that the person saw, and a question names the tree of the run's head.
 * A round that ends while a message is on its way to the agent does not end: those events are left out, and the
 * worker, which is answered with the message, goes on.
 */
export const accept = (state: RunState, events: readonly WorkerEvent[], fold: Folding): Accepted => {
  if (!events.some(({ type }) => guarded.has(type))) return { outcome: 'accepted', events };
  const accepted: WorkerEvent[] = [];
  const late =
    events.some(isEnd) &&
    unheard(
      fold(
        state,
        events.filter((event) => !isEnd(event) && !isLeaving(event)),
      ),
    );
  let now = state;
  for (const event of events) {
    if (late && (isEnd(event) || isLeaving(event))) continue;
    const problem = problemWith(now, event);
    if (problem !== null)
      return refuse('invalid', problem, 'This is a defect of the worker; see the runner’s log (longhaul doctor).');
    accepted.push(event);
    now = fold(now, [event]);
  }
  return { outcome: 'accepted', events: accepted };
};

const isEnd = ({ type }: WorkerEvent): boolean => type === 'round.finished' || type === 'run.completed';
const isLeaving = (event: WorkerEvent): boolean => event.type === 'activation.ended' && event.until === null;

/** Where a person stopped the work, the agent is not asked any more, whatever it was still to be told. */
const unheard = ({ unheard: messages, wrapUp }: RunState): boolean => messages > 0 && wrapUp === null;

const problemWith = (state: RunState, event: WorkerEvent): string | null => {
  if (event.type === 'decision.requested') return problemWithRequest(state, event.request);
  if (event.type === 'verification.setup.started') return problemWithSetup(state, event);
  if (event.type !== 'call.started') return null;
  const call = state.turn?.phase === 'taken' ? state.turn.calls.find(({ id }) => id === event.call) : undefined;
  if (call === undefined) return `Call ${event.call} is none of the turn at hand.`;
  if (!mayStart(call, treeOf(state))) return `Call ${event.call} is ${call.status}: it may not be started.`;
  if (canonicalJson(call.arguments) !== canonicalJson(event.arguments))
    return `Call ${event.call} may be started with other arguments than these.`;
  return event.attempt === call.attempt + 1 ? null : `Call ${event.call} was started ${call.attempt} times before.`;
};

const problemWithRequest = (state: RunState, request: DecisionRequest): string | null =>
  request.tree === boundTree(state, request.kind, request.requester.call)
    ? null
    : `Decision ${request.id} is not about the tree that the run has now.`;

type SetupStarted = Extract<WorkerEvent, { type: 'verification.setup.started' }>;

/** On the agent's files nothing has network but a setup that a person approved for this very tree, once for each verification command. */
const problemWithSetup = (
  state: RunState,
  { on, network, index, command, verification }: SetupStarted,
): string | null => {
  const planned = state.task.setup[index];
  if (planned?.command !== command || !network.every((host) => planned.network.includes(host)))
    return `Setup command ${index} is another than the task has.`;
  if (on === 'base' || network.length === 0) return null;
  const { newSetup } = state;
  const approved = newSetup?.verdict === 'approved' && newSetup.tree !== null && newSetup.tree === treeOf(state);
  if (!approved) return 'Nobody approved a setup with network on the tree that the run has now.';
  return newSetup.begun.some((begun) => begun.verification === verification && begun.index === index)
    ? `Setup command ${index} was begun before for verification command ${verification}: one approval is good for one attempt.`
    : null;
};

export const treeOf = ({ head }: RunState): string | null => head?.tree ?? null;

/** The tree that a decision has to name: what a call, or a setup, that it is about would run on. */
export const boundTree = (state: RunState, kind: DecisionRequest['kind'], call: string | null): string | null =>
  kind === 'setup' || (call !== null && (kind === 'call' || kind === 'retry')) ? treeOf(state) : null;
