import type { Schedule } from '../../local/schedule.ts';
import type { ScheduledTrigger } from '../../../shared/recipe/trigger.ts';

interface Standing {
  readonly schedule: Schedule;
  readonly missed: ScheduledTrigger['missed'];
  readonly jitterMs: number;
  /** What was due up to then is dealt with. All times in ms since the epoch. */
  readonly handledAt: number;
  readonly now: number;
}

export interface DueNow {
  /** Times for each of which a run is to begin, the oldest first. */
  readonly fire: readonly number[];
  /** The newest time that has come, whatever is to be done about it; null: none has. */
  readonly upTo: number | null;
  /** When one comes next; null: none ever does. */
  readonly nextAt: number | null;
}

/** What comes no later than this was not missed: a busy runner, or one that was just started again, is not one that was away. */
const missedAfterMs = 5 * 60_000;
/** A schedule of each minute and a week without a runner would otherwise be ten thousand runs. */
const mostAtOnce = 24;

/** Which of the times that came since are to have a run, as the trigger wants of those that were missed. */
export const dueNow = ({ schedule, missed, jitterMs, handledAt, now }: Standing): DueNow => {
  const first = schedule.nextAfter(handledAt);
  // Of a thousand triggers hardly one is due, and to look for those that came is the dearer way.
  if (first === null || first > now - jitterMs)
    return { fire: [], upTo: null, nextAt: first === null ? null : first + jitterMs };
  const came = schedule.dueBetween(handledAt, now - jitterMs, mostAtOnce);
  const upTo = came.at(-1) ?? null;
  // Of several that came since, all but the newest were missed, however late that one is.
  const inTime = upTo !== null && upTo + jitterMs >= now - missedAfterMs;
  const next = schedule.nextAfter(Math.max(upTo ?? handledAt, handledAt, now - jitterMs));
  return {
    fire: missed === 'all' ? came : missed === 'once' || inTime ? came.slice(-1) : [],
    upTo,
    nextAt: next === null ? null : next + jitterMs,
  };
};
