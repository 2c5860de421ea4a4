import type { Logger } from 'pino';
import { EffectTrouble } from '../../../shared/run/effect-trouble.ts';
import { errorMessage, Trouble } from '../../../shared/trouble.ts';

/** Why an attempt outside came to nothing. `again`: another may not; `afterMs`: no sooner than the other side said, null: it said nothing. */
export interface FailedAttempt {
  readonly said: string;
  readonly remedy: string;
  readonly again: boolean;
  readonly afterMs: number | null;
}

/** What an error that an attempt ended with means; one that nobody expected is in the log. */
export const failedAttempt = (error: unknown, log: Logger): FailedAttempt => {
  if (error instanceof EffectTrouble) {
    const { message: said, remedy, again, afterMs } = error;
    return { said, remedy, again, afterMs };
  }
  if (error instanceof Trouble) return { said: error.message, remedy: error.remedy, again: false, afterMs: null };
  log.error({ err: error }, 'an attempt outside failed as nobody expected');
  const remedy = 'See the runner’s log (longhaul doctor says where it is).';
  return { said: errorMessage(error), remedy, again: true, afterMs: null };
};
