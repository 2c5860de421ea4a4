import { nothingSpent } from './budget.ts';
import type { EventBody, RunEvent, WaitUntil } from './events.ts';
import { awaited, delayed, lost, released, resumed, returned } from './reduce-activations.ts';
import { everyStanding, withoutPublishing, type Change } from './reduce-decisions.ts';
import { factsAfter, saved } from './reduce-facts.ts';
import { abandoned } from './reduce-work.ts';
import { isPausable, isTerminal, pausedBy, type RunState, type RunStatus } from './state.ts';

/** Spreads facts over a state without touching the fields of its status, so the variant stays whole. */
const set = (state: RunState, change: Change): RunState => ({ ...state, ...change });

/** Drops the fields of the old status and puts those of the new one. What is over stays as it ended. */
const enter = (state: RunState, status: RunStatus, change: Change = {}): RunState =>
  isTerminal(state) ? state : become(state, status, change);

/** `enter`, even from what is over. */
const become = (state: RunState, status: RunStatus, change: Change): RunState => {
  const {
    status: _status,
    activation: _a,
    since: _s,
    until: _u,
    reason: _r,
    by: _b,
    at: _t,
    class: _c,
    message: _m,
    delay: _d,
    pausing: _p,
    archived: _ar,
    ...facts
  } = state as RunState & // safe: a bag of every variant's fields, only to leave them behind
    Record<
      | 'activation'
      | 'since'
      | 'until'
      | 'reason'
      | 'by'
      | 'at'
      | 'class'
      | 'message'
      | 'delay'
      | 'pausing'
      | 'archived',
      unknown
    >;
  // safe: what is left are the facts; `status` is a whole variant and goes over them
  return { ...(facts as unknown as RunState), ...change, ...status };
};

const create = (event: RunEvent, body: Extract<EventBody, { type: 'run.created' }>): RunState => ({
  id: event.run,
  number: body.number,
  task: body.task,
  createdAt: event.at,
  updatedAt: event.at,
  seq: event.seq,
  round: 1,
  fence: 0,
  losses: 0,
  tree: { status: 'unprepared' },
  setup: [],
  underWay: null,
  turn: null,
  unheard: 0,
  contextTokens: null,
  compactedThrough: 0,
  budget: body.task.budget,
  spent: nothingSpent,
  plan: [],
  decisions: {},
  repetition: null,
  idleTurns: 0,
  report: null,
  output: null,
  wrapUp: null,
  givenUp: null,
  verification: [],
  newSetup: null,
  repairs: 0,
  result: null,
  soFar: null,
  model: null,
  reviewMs: null,
  effects: [],
  pullRequest: null,
  merge: null,
  leasedAt: null,
  status: 'ready',
  reason: 'delegated',
});

const milliseconds = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from));

const review = (state: RunState, body: Extract<EventBody, { type: 'review.decided' }>, at: string): RunState => {
  const waited =
    state.status === 'reviewing' ? { reviewMs: (state.reviewMs ?? 0) + milliseconds(state.since, at) } : {};
  switch (body.verdict) {
    case 'accepted':
      return enter(state, { status: 'accepted', by: body.by, at, archived: null }, waited);
    case 'rejected':
      return enter(state, { status: 'rejected', by: body.by, reason: body.reason, at, archived: null }, waited);
    case 'changes':
      return enter(
        state,
        { status: 'ready', reason: 'changes' },
        {
          ...waited,
          round: state.round + 1,
          report: null,
          output: null,
          verification: [],
          repairs: 0,
          wrapUp: null,
          ...(body.merge !== null && { merge: { ...body.merge, step: 'asked' } }),
        },
      );
  }
};

const apply = (state: RunState, event: RunEvent): RunState => {
  const { body, at } = event;
  switch (body.type) {
    case 'run.created':
      return state;
    case 'activation.queued':
      return enter(state, { status: 'queued', activation: body.activation, since: at, delay: null });
    case 'activation.deferred':
      if (state.status !== 'queued' || state.activation !== body.activation) return state;
      return enter(state, { ...waitingForEngine(state), activation: body.next, delay: delayed(state.delay, body, at) });
    case 'activation.awaited':
      if (state.status !== 'queued' || state.activation !== body.activation) return state;
      return enter(state, {
        ...waitingForEngine(state),
        activation: body.activation,
        delay: awaited(state.delay, body, at),
      });
    case 'activation.leased':
      return enter(
        state,
        { status: 'working', activation: body.activation, since: at, pausing: null },
        { ...abandoned(state, false), fence: body.fence, leasedAt: at },
      );
    case 'activation.lost':
      return enter(state, pausedOr(state, { status: 'ready', reason: 'lost' }, at), lost(state, body, at));
    case 'activation.returned':
      return enter(state, pausedOr(state, { status: 'ready', reason: 'returned' }, at), returned(state, at));
    case 'activation.ended':
      // Only a worker that is at it can park a run: behind its own last word (a review, a failure) this changes nothing.
      if (body.until === null || state.status !== 'working') return set(state, released(state, at));
      return enter(state, pausedOr(state, parked(body.until, at), at), released(state, at));
    case 'round.finished':
      return enter(
        state,
        { status: 'reviewing', since: at },
        { ...released(state, at), result: saved(body), soFar: null },
      );
    case 'timer.fired':
      return state.status === 'waiting' ? enter(state, { status: 'ready', reason: 'timer' }) : state;
    case 'review.decided':
      return review(state, body, at);
    case 'pause.requested':
      return pause(state, body.by, at);
    case 'pause.ended':
      return unpause(state);
    case 'run.paused':
      return enter(state, { status: 'waiting', until: { kind: 'decision', decision: body.decision }, since: at });
    case 'run.resumed':
      if (state.status !== 'failed' && state.status !== 'cancelled') return state;
      return become(state, { status: 'ready', reason: 'resumed' }, resumed(state, at));
    case 'run.archived':
      return archive(state, body.by);
    case 'run.unarchived':
      return archive(state, null);
    case 'run.completed':
      return enter(state, { status: 'completed', at, archived: null }, released(state, at));
    case 'run.failed':
      return enter(
        state,
        { status: 'failed', class: body.class, message: body.message, at, archived: null },
        released(state, at),
      );
    case 'run.cancelled':
      return enter(
        state,
        { status: 'cancelled', by: body.by, reason: body.reason, at, archived: null },
        released(state, at),
      );
    default:
      return set(state, factsAfter(state, body, at));
  }
};

/** A pause that was asked for outlives whatever ends its worker's hold on the run, and any other wait. */
const pausedOr = (state: RunState, otherwise: RunStatus, at: string): RunStatus =>
  state.status === 'working' && state.pausing !== null ? paused(state.pausing, at) : otherwise;

/** Where somebody had it go on before its worker could park it, it goes on. */
const parked = (until: WaitUntil, at: string): RunStatus =>
  until.kind === 'resume' ? { status: 'ready', reason: 'resumed' } : { status: 'waiting', until, since: at };

const paused = (by: string, since: string): RunStatus => ({ status: 'waiting', until: { kind: 'resume', by }, since });

const archive = (state: RunState, archived: string | null): RunState =>
  'archived' in state ? { ...state, archived } : state;

const pause = (state: RunState, by: string, at: string): RunState => {
  if (!isPausable(state)) return state;
  return state.status === 'working' ? { ...state, pausing: by } : enter(state, paused(by, at));
};

const unpause = (state: RunState): RunState => {
  if (state.status === 'working') return { ...state, pausing: null };
  return pausedBy(state) === null ? state : enter(state, { status: 'ready', reason: 'resumed' });
};

const waitingForEngine = ({ status, since }: Extract<RunState, { status: 'queued' }>) => ({ status, since });

/** A wait whose decision has been made, or is gone, is over. */
const settled = (state: RunState): RunState => {
  if (state.status !== 'waiting' || state.until.kind !== 'decision') return state;
  const open = state.decisions[state.until.decision];
  return open === undefined || open.status === 'decided'
    ? enter(state, { status: 'ready', reason: 'decision' })
    : state;
};

/** Publishing is asked about the result in review: once there is none, no verdict of old counts for another. */
const withdrawn = (state: RunState): RunState =>
  state.status === 'reviewing' ? state : set(state, withoutPublishing(state, everyStanding) ?? {});

/**
 * The one reducer: folds an event into the state of its run. Pure and total; time and ids come with the event.
 * Returns undefined only for an event before `run.created`. An event that was folded already changes nothing.
 */
export const reduce = (state: RunState | undefined, event: RunEvent): RunState | undefined => {
  if (state === undefined) return event.body.type === 'run.created' ? create(event, event.body) : undefined;
  if (event.seq <= state.seq) return state;
  return settled(withdrawn({ ...apply(state, event), seq: event.seq, updatedAt: event.at }));
};

export const fold = (events: Iterable<RunEvent>, from?: RunState): RunState | undefined => {
  let state = from;
  for (const event of events) state = reduce(state, event);
  return state;
};

/** Folds what is to be appended, as it will be on record. */
export const foldBodies = (state: RunState, bodies: readonly EventBody[], at: string): RunState =>
  fold(
    bodies.map((body, index): RunEvent => ({
      run: state.id,
      seq: state.seq + 1 + index,
      position: 1,
      at,
      activation: null,
      body,
    })),
    state,
  ) ?? state;
