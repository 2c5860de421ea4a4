import type { ModelFailure } from '../../models/model.ts';

/**
 * First back-off at most 1 s, doubling, at most 5 min: exponential with full jitter, as AWS's builders' library describes it. With the
 * default budget of retries in a row that makes some 29 min, and less than a quarter of an hour once in a thousand times (backoff.test.ts).
 */
const firstMs = 1_000;
const longestMs = 5 * 60_000;

/** When to try again (ISO), or null where trying again would not help. Never before the time that Retry-After names. */
export const retryAt = (
  failure: Pick<ModelFailure, 'retryable' | 'retryAfterMs'>,
  { attempt, now, random }: { readonly attempt: number; readonly now: number; readonly random: number },
): string | null => {
  if (!failure.retryable) return null;
  const jittered = random * Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return new Date(now + Math.max(failure.retryAfterMs ?? 0, jittered)).toISOString();
};
