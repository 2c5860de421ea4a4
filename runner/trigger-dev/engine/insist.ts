import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';

/** Trigger.dev's answer to a request, in what matters for asking again. `status` null: there was none. */
export interface Trouble {
  readonly status: number | null;
  /** Ms; null: it did not say. */
  readonly retryAfter: number | null;
}

export interface InsistOptions {
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Null: not trouble with the request but something else, which is thrown on. */
  readonly troubleOf: (error: unknown) => Trouble | null;
  /** Called before each time that it is asked again, with when (ms since the epoch). */
  readonly onTrouble: (words: string, retryAt: number) => void;
  /** Is what looks like passing trouble in truth a refusal? Then that is thrown. Left out: it is what it looks like. */
  readonly refusal?: (error: unknown) => Promise<Error | null>;
  readonly attempts?: number;
  readonly firstMs?: number;
}

const usualAttempts = 6;
const usualFirstMs = 250;
const longestMs = 15_000;
/** A request that has no answer by now has lost it on the way; everything asked here may be asked twice. */
const answerMs = 30_000;

class Unanswered extends Error {}

/** Asks again while the answer is "later" or none, with full jitter; each time is in the log. What is asked must be repeatable. */
export const insist = async <Answer>(
  what: string,
  ask: () => Promise<Answer>,
  { log, signal, troubleOf, onTrouble, refusal, attempts = usualAttempts, firstMs = usualFirstMs }: InsistOptions,
): Promise<Answer> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTime(ask());
    } catch (error) {
      const trouble = error instanceof Unanswered ? { status: null, retryAfter: null } : troubleOf(error);
      const refused = trouble === null || signal.aborted ? null : ((await refusal?.(error)) ?? null);
      if (refused !== null) throw refused;
      if (trouble === null || !passing(trouble.status) || attempt === attempts || signal.aborted) throw error;
      const wait = Math.max(trouble.retryAfter ?? 0, Math.random() * Math.min(longestMs, firstMs * 2 ** attempt));
      log.warn({ what, attempt, status: trouble.status, waitMs: Math.round(wait) }, 'Trigger.dev is asked again');
      onTrouble(wordsOf(error, trouble), Date.now() + wait);
      await pause(wait, undefined, { signal });
    }
  }
};

const inTime = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
  const impatience = new AbortController();
  const late = pause(answerMs, undefined, { signal: impatience.signal }).then(
    () => {
      throw new Unanswered(`Trigger.dev has not answered for ${answerMs / 1000} s`);
    },
    // It was answered.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    impatience.abort();
  }
};

const passing = (status: number | null): boolean =>
  status === null || status === 408 || status === 409 || status === 429 || status >= 500;

/** The same for the same trouble, however often it comes. */
export const wordsOf = (error: unknown, { status }: Pick<Trouble, 'status'>): string =>
  status === null
    ? `Trigger.dev does not answer: ${deepest(error)}`
    : `Trigger.dev answers ${status}: ${deepest(error)}`;

/** A request that fails on its way has the reason in its cause. */
export const deepest = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause instanceof Error && cause.message !== '' ? deepest(cause) : error.message;
};
