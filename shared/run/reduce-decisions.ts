import type { OpenDecision } from '../decision/decision.ts';
import { budgetNames, type BudgetName } from './budget.ts';
import { decidedOn, mostLosses, type Call } from './call.ts';
import type { EventBody } from './events.ts';
import { isAboutLosses } from './losses.ts';
import type { RunState, RunStatus, Turn } from './state.ts';

/** How a reduction changes a state: facts that change, and perhaps another status. */
export type Change = Partial<Omit<RunState, keyof RunStatus>>;

export const withDecision = (state: RunState, open: OpenDecision): RunState['decisions'] => ({
  ...state.decisions,
  [open.request.id]: open,
});

export const withoutDecisions = (state: RunState, drop: (open: OpenDecision) => boolean): RunState['decisions'] =>
  Object.fromEntries(Object.entries(state.decisions).filter(([, open]) => !drop(open)));

export const mapCalls = ({ turn }: RunState, change: (call: Call) => Call): Turn | null =>
  turn?.phase === 'taken' ? { ...turn, calls: turn.calls.map(change) } : turn;

export const mapCall = (state: RunState, id: string, change: (call: Call) => Call): Turn | null =>
  mapCalls(state, (call) => (call.id === id ? change(call) : call));

export const everyStanding = ['pending', 'expired', 'decided'] as const satisfies readonly OpenDecision['status'][];

/** Those about publishing, of these standings, are not asked any more; null: there are none. */
export const withoutPublishing = (
  state: RunState,
  standings: readonly OpenDecision['status'][],
): Pick<RunState, 'decisions'> | null => {
  const isMoot = ({ status, request }: OpenDecision): boolean =>
    request.kind === 'publish' && standings.includes(status);
  return Object.values(state.decisions).some(isMoot) ? { decisions: withoutDecisions(state, isMoot) } : null;
};

/** What making a decision means beyond having been made. A decided call or question stays until its call has finished. */
export const decide = (state: RunState, body: Extract<EventBody, { type: 'decision.made' }>): Change => {
  const open = state.decisions[body.decision];
  if (open === undefined || open.status === 'decided') return {};
  const { request } = open;
  const decisions = withDecision(state, { status: 'decided', request, verdict: body.verdict, by: body.by });
  const closed = withoutDecisions(state, (other) => other.request.id === body.decision);
  const { verdict } = body;
  const { call } = request.requester;
  if (call !== null)
    return { decisions, turn: mapCall(state, call, (waiting) => decidedOn(waiting, request, verdict)) };
  switch (request.kind) {
    case 'call':
    case 'changes':
    // Stays with its verdict as long as the result is in review: what comes of it are effects.
    case 'publish':
      return { decisions };
    case 'question':
      // Longhaul's own, about an agent that is stuck: answering it starts the count anew.
      return {
        decisions: closed,
        repetition: null,
        idleTurns: 0,
        wrapUp: verdict.kind === 'rejected' ? 'task' : state.wrapUp,
      };
    case 'budget': {
      if (verdict.kind !== 'approved') return { decisions: closed, wrapUp: 'budget' };
      const asked = verdict.arguments ?? request.arguments;
      const raise = budgetRaise(asked);
      return {
        decisions: closed,
        budget: raise === null ? state.budget : { ...state.budget, [raise.budget]: raise.limit },
      };
    }
    case 'setup': {
      const said = verdict.kind === 'approved' ? 'approved' : 'declined';
      return { decisions: closed, newSetup: { tree: request.tree, verdict: said, begun: [] } };
    }
    case 'retry': {
      if (isAboutPreparing(request.arguments)) {
        if (verdict.kind !== 'approved')
          return { decisions: closed, givenUp: { class: 'infrastructure', message: request.reason } };
        // One more attempt, and no more than that.
        const again = state.underWay === null ? null : { ...state.underWay, losses: mostLosses - 1 };
        return { decisions: closed, underWay: again };
      }
      if (verdict.kind === 'approved') {
        if (isAboutLosses(request)) return { decisions: closed, losses: 0 };
        const turn = state.turn?.phase === 'failed' ? { ...state.turn, retryAt: state.updatedAt } : state.turn;
        // A refusal is asked again as a fresh turn.
        return {
          decisions: closed,
          turn: turn?.phase === 'taken' && turn.refusal !== null ? { ...turn, refusal: null } : turn,
        };
      }
      return isAboutLosses(request)
        ? { decisions: closed, givenUp: { class: 'infrastructure', message: request.reason } }
        : { decisions: closed, givenUp: { class: 'model', message: request.reason } };
    }
  }
};

/** What a decision to prepare once more has as its arguments: what tells it from one to ask the model again. */
export const aboutPreparing = { step: 'prepare' } as const;
const isAboutPreparing = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'step' in value && value.step === aboutPreparing.step;

/** `{budget, limit}` as a budget decision has it, or null. */
export const budgetRaise = (value: unknown): { budget: BudgetName; limit: number } | null => {
  if (typeof value !== 'object' || value === null || !('budget' in value) || !('limit' in value)) return null;
  const { limit } = value;
  const budget = budgetNames.find((candidate) => candidate === value.budget);
  return budget !== undefined && typeof limit === 'number' && limit > 0 ? { budget, limit } : null;
};
