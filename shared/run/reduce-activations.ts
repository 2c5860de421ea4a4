import { mostLosses } from './call.ts';
import type { EventBody } from './events.ts';
import type { Change } from './reduce-decisions.ts';
import { abandoned, gotOn, retried } from './reduce-work.ts';
import type { Delay, RunState, Turn } from './state.ts';

type Body<Type extends EventBody['type']> = Extract<EventBody, { readonly type: Type }>;

const milliseconds = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from));

/** The lease is over: what it took counts as work, however it ended. */
export const released = (state: RunState, at: string): Change => ({
  leasedAt: null,
  spent: {
    ...state.spent,
    activeMs: state.spent.activeMs + (state.leasedAt === null ? 0 : milliseconds(state.leasedAt, at)),
  },
});

/**
 * The worker is gone: that counts, and spends a retry. It may be noticed long after, by a machine that slept or was off. Of a lease that ran out
 * nobody knows what its worker died of, or whether it did; only where it is known to have died at what it did may that be why.
 */
export const lost = (state: RunState, { leaseUntil }: Body<'activation.lost'>, at: string): Change => {
  const end = leaseUntil === null || at < leaseUntil ? at : leaseUntil;
  const after = { ...abandoned(state, leaseUntil === null || at < leaseUntil), ...released(state, end) };
  const spent = after.spent ?? state.spent;
  return { ...after, losses: state.losses + 1, spent: retried(spent) };
};

/** The runner was stopped, which is nobody's fault: no loss and no retry. What a model call in flight cost stays unknown. */
export const returned = (state: RunState, at: string): Change => {
  const { turn, underWay, leasedAt, spent } = { ...state, ...abandoned(state, false), ...released(state, at) };
  const message = 'The runner was stopped while the model was answering.';
  return { turn, underWay, leasedAt, spent, ...unanswered({ turn, spent }, { at, message }) };
};

/** A model call that was broken off on purpose is made again; what it cost stays unknown. */
const unanswered = (
  { turn, spent }: Pick<RunState, 'turn' | 'spent'>,
  told: { readonly at: string; readonly message: string },
): Change =>
  turn?.phase !== 'asking' || turn.responseId !== null
    ? {}
    : { turn: askedAgain(turn, told), spent: { ...spent, unpriced: spent.unpriced + 1 } };

const askedAgain = (
  turn: Extract<Turn, { phase: 'asking' }>,
  { at, message }: { readonly at: string; readonly message: string },
): Turn => ({
  phase: 'failed',
  number: turn.number,
  attempt: turn.attempt,
  purpose: turn.purpose,
  retryAt: at,
  responseId: null,
  hears: 0,
  losses: turn.losses,
  trouble: { code: 'stopped', message, retryable: true, status: null },
});

/** One attempt more that the engine could not begin. */
export const delayed = (before: Delay | null, body: Body<'activation.deferred'>, at: string): Delay => ({
  kind: 'deferred',
  since: before?.since ?? at,
  said: body.reason,
  remedy: body.remedy,
  failures: (before?.failures ?? 0) + 1,
  retryAt: body.retryAt,
});

/** The engine has it, and nothing has begun. */
export const awaited = (before: Delay | null, body: Body<'activation.awaited'>, at: string): Delay => ({
  kind: 'awaited',
  since: before?.since ?? at,
  asked: body.asked,
  said: body.said,
  remedy: body.remedy,
  failures: before?.failures ?? 0,
  retryAt: body.retryAt,
});

/**
 * What a run that is taken up again after its end goes on with: what stood in its way is cleared, what it did and spent
 * stays. A turn that failed for good is tried again.
 */
export const resumed = (state: RunState, at: string): Change => ({
  losses: 0,
  givenUp: null,
  wrapUp: null,
  repetition: null,
  idleTurns: 0,
  leasedAt: null,
  turn: turnAgain(state.turn, at),
  spent: gotOn(state.spent),
  ...unanswered(
    { ...state, spent: gotOn(state.spent) },
    { at, message: 'The run ended while the model was answering.' },
  ),
  underWay: state.underWay === null ? null : { ...state.underWay, running: false, losses: onceMore(state.underWay) },
});

/** One more attempt, and no more than that, of what its worker was lost at too often. */
const onceMore = ({ losses }: { readonly losses: number }): number => Math.min(losses, mostLosses - 1);

const turnAgain = (turn: Turn | null, at: string): Turn | null => {
  switch (turn?.phase) {
    case 'failed':
      return { ...turn, retryAt: turn.retryAt ?? at, losses: onceMore(turn) };
    case 'taken':
      return { ...turn, refusal: null };
    case 'asking':
    case undefined:
      return turn ?? null;
  }
};
