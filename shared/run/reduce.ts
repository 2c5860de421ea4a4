import { nothingSpent, type Spent } from './budget.ts';
import type { EventBody, RunEvent } from './events.ts';
import type { ModelItem, Usage } from './model-item.ts';
import { decide, decided, withDecision, withoutDecisions, type Change } from './reduce-decisions.ts';
import {
  isTerminal,
  type Call,
  type CommandRecord,
  type RoundResult,
  type RunState,
  type RunStatus,
  type Turn,
} from './state.ts';

/** Spreads facts over a state without touching the fields of its status, so the variant stays whole. */
const set = (state: RunState, change: Change): RunState => ({ ...state, ...change });

/** Drops the fields of the old status and puts those of the new one. What is over stays as it ended. */
const enter = (state: RunState, status: RunStatus, change: Change = {}): RunState => {
  if (isTerminal(state)) return state;
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
    ...facts
  } = state as RunState & // safe: a bag of every variant's fields, only to leave them behind
    Record<'activation' | 'since' | 'until' | 'reason' | 'by' | 'at' | 'class' | 'message', unknown>;
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
  prepared: false,
  base: null,
  head: null,
  bundles: [],
  setup: [],
  turn: null,
  contextTokens: null,
  compactedThrough: 0,
  budget: body.task.budget,
  spent: nothingSpent,
  plan: [],
  decisions: {},
  repetition: null,
  idleTurns: 0,
  report: null,
  wrapUp: null,
  givenUp: null,
  verification: [],
  newSetup: null,
  repairs: 0,
  result: null,
  soFar: null,
  reviewMs: null,
  leasedAt: null,
  status: 'ready',
  reason: 'delegated',
});

const spend = (spent: Spent, usage: Usage | null, cost: number | null): Spent => ({
  ...spent,
  inputTokens: spent.inputTokens + (usage?.input ?? 0),
  outputTokens: spent.outputTokens + (usage?.output ?? 0),
  usd: spent.usd + (cost ?? 0),
  unpriced: spent.unpriced + (cost === null ? 1 : 0),
});

const retried = (spent: Spent): Spent => ({ ...spent, retries: spent.retries + 1 });

const milliseconds = (from: string | null, to: string): number =>
  from === null ? 0 : Math.max(0, Date.parse(to) - Date.parse(from));

const released = (state: RunState, at: string): Change => ({
  leasedAt: null,
  spent: { ...state.spent, activeMs: state.spent.activeMs + milliseconds(state.leasedAt, at) },
});

const mapCall = (state: RunState, id: string, change: (call: Call) => Call): Turn | null =>
  state.turn?.phase === 'taken'
    ? { ...state.turn, calls: state.turn.calls.map((call) => (call.id === id ? change(call) : call)) }
    : state.turn;

const record = ({ index, command, outcome, exitCode, durationMs }: CommandRecord): CommandRecord => ({
  index,
  command,
  outcome,
  exitCode,
  durationMs,
});

const saved = ({ head, changes, patch, files, additions, deletions }: RoundResult): RoundResult => ({
  head,
  changes,
  patch,
  files,
  additions,
  deletions,
});

const refusalOf = (items: readonly ModelItem[]): string | null => {
  const refusal = items.find((item) => item.type === 'refusal');
  return refusal?.type === 'refusal' ? refusal.text : null;
};

const review = (state: RunState, body: Extract<EventBody, { type: 'review.decided' }>, at: string): RunState => {
  const waited =
    state.status === 'reviewing' ? { reviewMs: (state.reviewMs ?? 0) + milliseconds(state.since, at) } : {};
  switch (body.verdict) {
    case 'accepted':
      return enter(state, { status: 'accepted', by: body.by, at }, waited);
    case 'rejected':
      return enter(state, { status: 'rejected', by: body.by, reason: body.reason, at }, waited);
    case 'changes':
      return enter(
        state,
        { status: 'ready', reason: 'changes' },
        { ...waited, round: state.round + 1, report: null, verification: [], repairs: 0, wrapUp: null },
      );
  }
};

const apply = (state: RunState, event: RunEvent): RunState => {
  const { body, at } = event;
  switch (body.type) {
    case 'run.created':
      return state;
    case 'activation.queued':
      return enter(state, { status: 'queued', activation: body.activation, since: at });
    case 'activation.leased':
      return enter(
        state,
        { status: 'working', activation: body.activation, since: at },
        { fence: body.fence, leasedAt: at },
      );
    case 'activation.lost': {
      const losses = state.losses + 1;
      return enter(
        state,
        { status: 'ready', reason: 'lost' },
        { ...released(state, at), losses, spent: retried({ ...state.spent, ...released(state, at).spent }) },
      );
    }
    case 'activation.ended':
      // Only a worker that is at it can park a run: behind its own last word (a review, a failure) this changes nothing.
      if (body.until === null || state.status !== 'working') return set(state, released(state, at));
      return enter(state, { status: 'waiting', until: body.until, since: at }, released(state, at));
    case 'prepare.started':
      return state;
    case 'prepare.finished':
      return set(state, { prepared: true, base: body.base, head: body.base, losses: 0 });
    case 'setup.started':
      return state;
    case 'setup.finished':
      return set(state, {
        setup: [...state.setup, record(body)],
        losses: 0,
        spent: { ...state.spent, toolMs: state.spent.toolMs + body.durationMs },
      });
    case 'model.started':
      return set(state, {
        turn: { phase: 'asking', number: body.turn, attempt: body.attempt, purpose: body.purpose, responseId: null },
      });
    case 'model.accepted':
      return state.turn?.phase === 'asking'
        ? set(state, { turn: { ...state.turn, responseId: body.responseId } })
        : state;
    case 'model.failed': {
      const purpose = state.turn?.phase === 'asking' ? state.turn.purpose : 'turn';
      return set(state, {
        turn: {
          phase: 'failed',
          number: body.turn,
          attempt: body.attempt,
          purpose,
          trouble: body.trouble,
          retryAt: body.retryAt,
          responseId: body.resume,
        },
        spent: retried(spend(state.spent, body.usage, body.cost)),
        losses: 0,
      });
    }
    case 'model.lost':
      return set(state, {
        turn: {
          phase: 'failed',
          number: body.turn,
          attempt: body.attempt,
          retryAt: at,
          responseId: null,
          purpose: state.turn?.phase === 'asking' ? state.turn.purpose : 'turn',
          trouble: {
            code: 'lost',
            message: 'The worker died while the model was answering.',
            retryable: true,
            status: null,
          },
        },
        spent: retried(spend(state.spent, null, null)),
      });
    case 'turn.taken': {
      const refusal = refusalOf(body.items);
      return set(state, {
        turn: { phase: 'taken', number: body.turn, calls: [], refusal },
        contextTokens: body.usage?.input ?? state.contextTokens,
        spent: { ...spend(state.spent, body.usage, body.cost), turns: state.spent.turns + 1 },
        idleTurns: body.items.some((item) => item.type === 'call') ? 0 : state.idleTurns + 1,
        losses: 0,
      });
    }
    case 'context.compacted':
      return set(state, {
        compactedThrough: body.through,
        contextTokens: null,
        losses: 0,
        turn: state.turn === null ? null : { phase: 'taken', number: state.turn.number - 1, calls: [], refusal: null },
        spent: spend(state.spent, body.usage, body.cost),
      });
    case 'call.judged': {
      if (state.turn?.phase !== 'taken') return state;
      const call: Call = {
        id: body.call,
        tool: body.tool,
        arguments: body.arguments,
        verdict: body.verdict,
        reason: body.reason,
        network: body.network,
        repeatable: body.repeatable,
        decision: null,
        attempt: 0,
        running: false,
        finished: false,
      };
      return set(state, { turn: { ...state.turn, calls: [...state.turn.calls, call] } });
    }
    case 'decision.requested': {
      const { request } = body;
      const decisions = withDecision(state, { status: 'pending', request });
      const { call } = request.requester;
      return set(state, {
        decisions,
        ...(call === null ? {} : { turn: mapCall(state, call, (asked) => ({ ...asked, decision: request.id })) }),
      });
    }
    case 'decision.made':
      return set(state, decide(state, body));
    case 'decision.expired': {
      const open = state.decisions[body.decision];
      return open?.status === 'pending'
        ? set(state, { decisions: withDecision(state, { ...open, status: 'expired' }) })
        : state;
    }
    case 'decision.renewed': {
      const open = state.decisions[body.decision];
      if (open === undefined || open.status === 'decided') return state;
      return set(state, {
        decisions: withDecision(state, { status: 'pending', request: { ...open.request, expiresAt: body.expiresAt } }),
      });
    }
    case 'call.started':
      return set(state, {
        turn: mapCall(state, body.call, (call) => ({ ...call, attempt: body.attempt, running: true })),
      });
    case 'call.finished': {
      const again = state.repetition?.fingerprint === body.fingerprint;
      return set(state, {
        turn: mapCall(state, body.call, (call) => ({ ...call, running: false, finished: true })),
        head: body.checkpoint ?? state.head,
        decisions: withoutDecisions(state, (open) => decided(open) && open.request.requester.call === body.call),
        repetition: { fingerprint: body.fingerprint, count: again ? (state.repetition?.count ?? 0) + 1 : 1 },
        spent: { ...state.spent, toolMs: state.spent.toolMs + body.durationMs },
        losses: 0,
      });
    }
    case 'checkpoint.uploaded': {
      const { checkpoint, since, blob } = body;
      // One that leads there from the base makes those before it needless.
      const before = since.commit === state.base?.commit ? [] : state.bundles;
      return set(state, { bundles: [...before, { checkpoint, since, blob }] });
    }
    case 'workspace.rebuilt':
      return state;
    case 'plan.updated':
      return set(state, { plan: body.steps });
    case 'report.submitted':
      return set(state, { report: body.report });
    case 'verification.started':
      return state;
    case 'verification.setup.started': {
      const { newSetup } = state;
      if (body.on === 'base' || body.network.length === 0 || newSetup === null) return state;
      return set(state, { newSetup: { ...newSetup, begun: [...new Set([...newSetup.begun, body.verification])] } });
    }
    case 'verification.setup.finished':
      return set(state, { losses: 0, spent: { ...state.spent, toolMs: state.spent.toolMs + body.durationMs } });
    case 'verification.finished':
      return set(state, {
        verification: [...state.verification, record(body)],
        losses: 0,
        spent: { ...state.spent, toolMs: state.spent.toolMs + body.durationMs },
      });
    case 'repair.requested':
      return set(state, { repairs: body.repair, report: null, verification: [] });
    case 'changes.saved':
      return set(state, { soFar: saved(body) });
    case 'round.finished':
      return enter(
        state,
        { status: 'reviewing', since: at },
        { ...released(state, at), result: saved(body), soFar: null },
      );
    case 'timer.fired':
      return state.status === 'waiting' ? enter(state, { status: 'ready', reason: 'timer' }) : state;
    case 'message.sent':
      return set(state, { repetition: null, idleTurns: 0 });
    case 'review.decided':
      return review(state, body, at);
    case 'changes.applied':
      return state;
    case 'run.completed':
      return enter(state, { status: 'completed', at }, released(state, at));
    case 'run.failed':
      return enter(state, { status: 'failed', class: body.class, message: body.message, at }, released(state, at));
    case 'run.cancelled':
      return enter(state, { status: 'cancelled', by: body.by, reason: body.reason, at }, released(state, at));
    default:
      return unknown(body, state);
  }
};

/** Does not compile when an event is forgotten above; an event of a newer version leaves the state as it is. */
const unknown = (_body: never, state: RunState): RunState => state;

/** A wait whose decision has been made, or is gone, is over. */
const settled = (state: RunState): RunState => {
  if (state.status !== 'waiting' || state.until.kind !== 'decision') return state;
  const open = state.decisions[state.until.decision];
  return open === undefined || open.status === 'decided'
    ? enter(state, { status: 'ready', reason: 'decision' })
    : state;
};

/**
 * The one reducer: folds an event into the state of its run. Pure and total; time and ids come with the event.
 * Returns undefined only for an event before `run.created`. An event that was folded already changes nothing.
 */
export const reduce = (state: RunState | undefined, event: RunEvent): RunState | undefined => {
  if (state === undefined) return event.body.type === 'run.created' ? create(event, event.body) : undefined;
  if (event.seq <= state.seq) return state;
  return settled({ ...apply(state, event), seq: event.seq, updatedAt: event.at });
};

export const fold = (events: Iterable<RunEvent>, from?: RunState): RunState | undefined => {
  let state = from;
  for (const event of events) state = reduce(state, event);
  return state;
};
