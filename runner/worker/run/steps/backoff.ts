import type { ModelFailure } from '../../models/model.ts';

/** First back-off at most 1 s, doubling, at most 60 s: exponential with full jitter, as AWS's builders' library describes it. */
const firstMs = 1_000;
const longestMs = 60_000;

/** When to try again (ISO), or null where trying again would not help. Never before the time that Retry-After names. */
export const retryAt = (
  failure: Pick<ModelFailure, 'retryable' | 'retryAfterMs'>,
  { attempt, now, random }: { readonly attempt: number; readonly now: number; readonly random: number },
): string | null => {
  if (!failure.retryable) return null;
  const jittered = random * Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return new Date(now + Math.max(failure.retryAfterMs ?? 0, jittered)).toISOString();
};
