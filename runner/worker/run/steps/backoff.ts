import { backOffMs } from '../../../../shared/run/losses.ts';
import type { ModelFailure } from '../../models/model.ts';

/** Ms that an endpoint can have a run wait at once: one that names more, or a year by mistake, is asked again after an hour, out of the budget of retries. */
const longestAskedMs = 3_600_000;

/**
 * When to try again (ISO), or null where trying again would not help. Never before the time that Retry-After names, up to an hour. With the default budget of
 * retries in a row an endpoint is waited for for some 29 min, and less than a quarter of an hour once in a thousand times (backoff.test.ts).
 */
export const retryAt = (
  failure: Pick<ModelFailure, 'retryable' | 'retryAfterMs'>,
  { attempt, now, random }: { readonly attempt: number; readonly now: number; readonly random: number },
): string | null => {
  if (!failure.retryable) return null;
  const asked = Math.min(failure.retryAfterMs ?? 0, longestAskedMs);
  return new Date(now + Math.max(asked, backOffMs(attempt - 1, random))).toISOString();
};
