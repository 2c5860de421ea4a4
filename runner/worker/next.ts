import { exceeded, type Budget, type BudgetName, type Exceeded } from '../../shared/run/budget.ts';
import type { FailureClass, WaitUntil } from '../../shared/run/events.ts';
import { passed, verdictOf, type Call, type RunState, type Turn } from '../../shared/run/state.ts';
import type { Json, OpenDecision } from '../../shared/decision/decision.ts';
import { toolNature, ToolName } from '../../shared/tool/arguments.ts';
import { parseCall } from '../../shared/tool/policy-call.ts';
import { needsCompaction } from './agent/compaction.ts';

/** What a person is to be asked next. */
export type Question =
  | { readonly about: 'budget'; readonly exceeded: Exceeded }
  | { readonly about: 'model'; readonly message: string; readonly refusal: boolean }
  | { readonly about: 'interrupted'; readonly call: Call }
  | { readonly about: 'setup'; readonly changed: ChangedSetup }
  | { readonly about: 'stuck'; readonly sign: 'same call' | 'no calls'; readonly count: number };

/** A setup with network whose files the agent changed, as a person is shown it. */
export interface ChangedSetup {
  readonly commands: readonly { readonly command: string; readonly network: readonly string[] }[];
  readonly paths: readonly string[];
  /** What changed in them; cut where it is long. */
  readonly patch: string;
  /** Of the tree that it would run on. */
  readonly tree: string;
}

/** The one thing to do now. */
export type Next =
  | { readonly do: 'prepare' }
  | { readonly do: 'setup'; readonly index: number }
  | { readonly do: 'turn'; readonly turn: number; readonly attempt: number; readonly responseId: string | null }
  | { readonly do: 'compact'; readonly turn: number; readonly attempt: number }
  /** The call to the model that is on record was lost with its worker. */
  | { readonly do: 'write off'; readonly turn: number; readonly attempt: number }
  | { readonly do: 'ask'; readonly question: Question }
  | {
      readonly do: 'call';
      readonly call: Call;
      readonly arguments: Json;
      readonly attempt: number;
      readonly restore: boolean;
    }
  /** A call that is not run: denied, invalid, rejected, or answered by a person. */
  | {
      readonly do: 'conclude';
      readonly call: Call;
      readonly outcome: 'ok' | 'denied' | 'rejected' | 'invalid';
      readonly output: string;
    }
  | { readonly do: 'verify'; readonly index: number }
  | { readonly do: 'repair'; readonly repair: number }
  | { readonly do: 'finish' }
  | { readonly do: 'fail'; readonly class: FailureClass; readonly message: string }
  | { readonly do: 'sleep'; readonly until: string }
  | { readonly do: 'park'; readonly until: WaitUntil }
  | { readonly do: 'stop' };

/** Rounds of "your verification fails, mend it" before a person gets to see the result as it is. */
const repairLimit = 2;
/** The same call with the same result so often in a row, or so many turns without a call, and a person is asked. */
const stuckCalls = 5;
const stuckTurns = 3;
/** A wait longer than this ends the activation: a worker that sleeps is one that nobody else can use. */
const longestSleepMs = 20_000;

/** Model context where nobody says how large it is: what the smallest current coding models take. */
export interface NextOptions {
  readonly contextWindow: number | null;
}

/** What to do, from the state alone. Pure: `now` is in ms since the epoch. */
export const next = (state: RunState, now: number, options: NextOptions): Next => {
  if (state.status !== 'working') return { do: 'stop' };
  if (state.givenUp !== null) return { do: 'fail', ...state.givenUp };
  if (!state.prepared) return { do: 'prepare' };
  if (state.setup.length < state.task.setup.length) return { do: 'setup', index: state.setup.length };
  return (
    openQuestion(state) ??
    inTurn(state, now) ??
    (state.report !== null || state.wrapUp !== null ? conclusion(state) : anotherTurn(state, now, options))
  );
};

/** A question of Longhaul's own waits for its answer, whatever else there is to do. */
const openQuestion = (state: RunState): Next | null => {
  const open = Object.values(state.decisions).find(
    (decision) => decision.status !== 'decided' && decision.request.requester.call === null,
  );
  return open === undefined ? null : park(open);
};

const park = (open: OpenDecision): Next => ({ do: 'park', until: { kind: 'decision', decision: open.request.id } });

/** What the turn at hand still needs; null when it needs nothing. */
const inTurn = (state: RunState, now: number): Next | null => {
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
      const call = turn.calls.find((candidate) => !candidate.finished);
      if (call === undefined) return null;
      if (state.wrapUp !== null)
        return {
          do: 'conclude',
          call,
          outcome: 'rejected',
          output: 'A person stopped the work here; what there is is handed over.',
        };
      return forCall(state, call, now);
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

const forCall = (state: RunState, call: Call, now: number): Next => {
  if (call.verdict === 'invalid') return { do: 'conclude', call, outcome: 'invalid', output: call.reason };
  if (call.verdict === 'deny')
    return {
      do: 'conclude',
      call,
      outcome: 'denied',
      output: `Policy denies this call: ${call.reason} Do without it.`,
    };
  const open = call.decision === null ? undefined : state.decisions[call.decision];
  if (open !== undefined && open.status !== 'decided') return park(open);
  const verdict = verdictOf(state, call.decision);
  if (verdict?.kind === 'rejected')
    return {
      do: 'conclude',
      call,
      outcome: 'rejected',
      output: `A person rejected this call${verdict.reason === '' ? '.' : `: ${verdict.reason}`}`,
    };
  if (verdict?.kind === 'answered') return { do: 'conclude', call, outcome: 'ok', output: verdict.answer };
  // "ask" without a decision cannot come from this program; never run what nobody approved.
  if (call.verdict === 'ask' && verdict?.kind !== 'approved')
    return { do: 'conclude', call, outcome: 'denied', output: 'Nobody approved this call.' };
  return runCall(state, call, { now, retryApproved: open?.request.kind === 'retry' });
};

const runCall = (
  state: RunState,
  call: Call,
  { now, retryApproved }: { now: number; retryApproved: boolean },
): Next => {
  const args = approvedArguments(state, call);
  const name = ToolName.safeParse(call.tool);
  const changes = name.success && toolNature[name.data] === 'changes';
  if (!call.running) {
    const over = changes ? overBudget(state, now, ['activeMinutes', 'toolMinutes']) : null;
    return over ?? { do: 'call', call, arguments: args, attempt: call.attempt + 1, restore: false };
  }
  const ran = { ...call, arguments: args, network: networkOf(call.tool, args) };
  if (ran.network.length > 0 && !call.repeatable && !retryApproved)
    return { do: 'ask', question: { about: 'interrupted', call: ran } };
  return { do: 'call', call, arguments: args, attempt: call.attempt + 1, restore: changes };
};

/** The hosts that a call may reach with these arguments: a person who edited them may have named others. */
const networkOf = (tool: string, args: Json): readonly string[] => {
  const parsed = parseCall(tool, args);
  return parsed.outcome === 'ok' ? parsed.call.network : [];
};

/** The arguments as a person approved them, edits included. */
const approvedArguments = (state: RunState, call: Call): Json => {
  for (const open of Object.values(state.decisions))
    if (
      open.status === 'decided' &&
      open.request.kind === 'call' &&
      open.request.requester.call === call.id &&
      open.verdict.kind === 'approved'
    )
      return open.verdict.arguments ?? open.request.arguments;
  return call.arguments;
};

const anotherTurn = (state: RunState, now: number, options: NextOptions): Next => {
  if (state.idleTurns >= stuckTurns)
    return { do: 'ask', question: { about: 'stuck', sign: 'no calls', count: state.idleTurns } };
  if (state.repetition !== null && state.repetition.count >= stuckCalls)
    return { do: 'ask', question: { about: 'stuck', sign: 'same call', count: state.repetition.count } };
  const over = overBudget(state, now);
  if (over !== null) return over;
  const turn = (state.turn?.number ?? 0) + 1;
  if (needsCompaction(state.contextTokens, options.contextWindow) && turn - 1 > state.compactedThrough)
    return { do: 'compact', turn, attempt: 1 };
  return { do: 'turn', turn, attempt: 1, responseId: null };
};

const conclusion = (state: RunState): Next => {
  const { verification } = state.task;
  if (state.verification.length < verification.length) return { do: 'verify', index: state.verification.length };
  const failed = state.verification.some((record) => !passed(record));
  if (failed && state.wrapUp === null && state.repairs < repairLimit)
    return { do: 'repair', repair: state.repairs + 1 };
  return { do: 'finish' };
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
