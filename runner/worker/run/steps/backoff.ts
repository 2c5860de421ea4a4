import { backOffMs } from '../../../../shared/run/losses.ts';
import type { ModelFailure } from '../../models/model.ts';

/**
 * When to try again (ISO), or null where trying again would not help. Never before the time that Retry-After names. With the default budget of
 * retries in a row an endpoint is waited for for some 29 min, and less than a quarter of an hour once in a thousand times (backoff.test.ts).
 */
export const retryAt = (
  failure: Pick<ModelFailure, 'retryable' | 'retryAfterMs'>,
  { attempt, now, random }: { readonly attempt: number; readonly now: number; readonly random: number },
): string | null => {
  if (!failure.retryable) return null;
  return new Date(now + Math.max(failure.retryAfterMs ?? 0, backOffMs(attempt - 1, random))).toISOString();
};
