import { exceeded, type Budget, type BudgetName } from '../../../../shared/run/budget.ts';
import { passed, type PreparedTree, type RunState, type Turn } from '../../../../shared/run/state.ts';
import { mostLosses } from '../../../../shared/run/call.ts';
import { needsCompaction } from '../../agent/compaction.ts';
import { conclude, forCall, park } from './next-call.ts';
import type { Next } from './next-step.ts';

/** Rounds of "your verification fails, mend it" before a person gets to see the result as it is. */
const repairLimit = 2;
/** The same call with the same result so often in a row, or so many turns without a call, and a person is asked. */
const stuckCalls = 5;
const stuckTurns = 3;
/** A wait longer than this ends the activation: a worker that sleeps is one that nobody else can use. */
const longestSleepMs = 20_000;

/** What to do, from the state and the model's window (tokens; null: unknown) alone. Pure: `now` is in ms since the epoch. */
export const next = (state: RunState, now: number, contextWindow: number | null): Next => {
  if (state.status !== 'working') return { do: 'stop' };
  if (state.givenUp !== null) return { do: 'fail', ...state.givenUp };
  if (state.pausing !== null) return { do: 'park', until: { kind: 'resume', by: state.pausing } };
  const question = openQuestion(state);
  if (question !== null) return question;
  const { tree } = state;
  if (tree.status === 'unprepared') return preparation(state);
  const { merge } = state;
  if (merge?.step === 'asked') return { do: 'move base', merge, tree };
  if (state.setup.length < state.task.setup.length) return planned(state, tree, 'setup');
  if (merge?.step === 'moved') return { do: 'merge', merge, tree };
  return (
    inTurn(state, tree, now) ??
    ((state.report !== null && state.unheard === 0) || state.wrapUp !== null
      ? conclusion(state, tree)
      : anotherTurn(state, now, contextWindow))
  );
};

const preparation = ({ underWay }: RunState): Next =>
  underWay?.step === 'prepare' && underWay.losses >= mostLosses
    ? { do: 'ask', question: { about: 'preparing', losses: underWay.losses } }
    : { do: 'prepare' };

/** A command of the task's own, unless it ended its worker too often. */
const planned = (state: RunState, tree: PreparedTree, step: 'setup' | 'verification'): Next => {
  const { underWay } = state;
  const index = state[step].length;
  if (underWay?.step === step && underWay.index === index && underWay.losses >= mostLosses)
    return { do: 'give up', step, index, losses: underWay.losses };
  return { do: step === 'setup' ? 'setup' : 'verify', index, tree };
};

/** A question of Longhaul's own waits for its answer, whatever else there is to do. */
const openQuestion = (state: RunState): Next | null => {
  const open = Object.values(state.decisions).find(
    (decision) => decision.status !== 'decided' && decision.request.requester.call === null,
  );
  return open === undefined ? null : park(open);
};

/** What the turn at hand still needs; null when it needs nothing. */
const inTurn = (state: RunState, tree: PreparedTree, now: number): Next | null => {
  const { turn } = state;
  if (turn === null) return null;
  switch (turn.phase) {
    case 'asking':
      return turn.responseId === null
        ? { do: 'write off', turn: turn.number, attempt: turn.attempt }
        : { do: 'turn', turn: turn.number, attempt: turn.attempt, responseId: turn.responseId };
    case 'failed':
      return state.wrapUp === null ? afterFailure(state, turn, now) : null;
    case 'taken': {
      if (turn.refusal !== null && state.wrapUp === null)
        return { do: 'ask', question: { about: 'model', message: turn.refusal, refusal: true } };
      const call = turn.calls.find((candidate) => candidate.status !== 'finished');
      if (call === undefined) return null;
      if (state.wrapUp !== null)
        return conclude(call, tree, {
          outcome: 'rejected',
          output: 'A person stopped the work here; what there is is handed over.',
        });
      return forCall(state, call, { tree, overBudget: () => overBudget(state, now, ['activeMinutes', 'toolMinutes']) });
    }
  }
};

const afterFailure = (state: RunState, turn: Extract<Turn, { phase: 'failed' }>, now: number): Next => {
  if (turn.trouble.code === 'context_length' && turn.purpose === 'turn' && turn.number - 1 > state.compactedThrough)
    return { do: 'compact', turn: turn.number, attempt: turn.attempt + 1 };
  if (turn.retryAt === null)
    return { do: 'ask', question: { about: 'model', message: turn.trouble.message, refusal: false } };
  const over = overBudget(state, now);
  if (over !== null) return over;
  const wait = Date.parse(turn.retryAt) - now;
  if (wait > longestSleepMs) return { do: 'park', until: { kind: 'time', at: turn.retryAt } };
  if (wait > 0) return { do: 'sleep', until: turn.retryAt };
  const attempt = turn.attempt + 1;
  return turn.purpose === 'compaction'
    ? { do: 'compact', turn: turn.number, attempt }
    : { do: 'turn', turn: turn.number, attempt, responseId: turn.responseId };
};

const anotherTurn = (state: RunState, now: number, contextWindow: number | null): Next => {
  if (state.idleTurns >= stuckTurns)
    return { do: 'ask', question: { about: 'stuck', sign: 'no calls', count: state.idleTurns } };
  if (state.repetition !== null && state.repetition.count >= stuckCalls)
    return { do: 'ask', question: { about: 'stuck', sign: 'same call', count: state.repetition.count } };
  const over = overBudget(state, now);
  if (over !== null) return over;
  const turn = (state.turn?.number ?? 0) + 1;
  if (needsCompaction(state.contextTokens, contextWindow) && turn - 1 > state.compactedThrough)
    return { do: 'compact', turn, attempt: 1 };
  return { do: 'turn', turn, attempt: 1, responseId: null };
};

const conclusion = (state: RunState, tree: PreparedTree): Next => {
  const { verification } = state.task;
  if (state.verification.length < verification.length) return planned(state, tree, 'verification');
  const failed = state.verification.some((record) => !passed(record));
  const mendable = state.wrapUp === null && state.repairs < repairLimit;
  return failed && mendable ? { do: 'repair', repair: state.repairs + 1 } : { do: 'finish', mendable, tree };
};

const overBudget = (state: RunState, now: number, only?: readonly BudgetName[]): Next | null => {
  const active = state.leasedAt === null ? 0 : Math.max(0, now - Date.parse(state.leasedAt));
  const budget: Budget =
    only === undefined
      ? state.budget
      : { ...nothing, ...Object.fromEntries(only.map((name) => [name, state.budget[name]])) };
  const over = exceeded(budget, { ...state.spent, activeMs: state.spent.activeMs + active });
  return over === null ? null : { do: 'ask', question: { about: 'budget', exceeded: over } };
};

const nothing: Budget = { turns: null, tokens: null, usd: null, activeMinutes: null, toolMinutes: null, retries: null };
