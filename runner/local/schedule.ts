import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import type { ScheduledTrigger } from '../../shared/recipe/trigger.ts';

/** When a trigger is due, in ms since the epoch. By its clock an hour that is set back comes once, and one that is left out comes when the clock goes on. */
export interface Schedule {
  /** The first time after this one; null: none ever comes. */
  nextAfter(at: number): number | null;
  /** The newest times after one and up to another, at most so many, the oldest first. */
  dueBetween(after: number, until: number, most: number): readonly number[];
}

export type FoundSchedule =
  | { readonly outcome: 'ok'; readonly schedule: Schedule }
  | { readonly outcome: 'refused'; readonly fault: string };

export const scheduleOf = ({
  schedule: pattern,
  timeZone,
}: Pick<ScheduledTrigger, 'schedule' | 'timeZone'>): FoundSchedule => {
  const told = `schedule: ${JSON.stringify(pattern)} is no schedule`;
  let cron: Cron;
  try {
    cron = new Cron(pattern, { timezone: timeZone, mode: '5-part', paused: true });
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^\w+: /, '') : String(error);
    return { outcome: 'refused', fault: `${told}: ${why.replace(/\.$/, '')}. A schedule is such as "30 2 * * 1-5".` };
  }
  const nextAfter = (at: number): number | null => cron.nextRun(new Date(at))?.getTime() ?? null;
  if (nextAfter(Date.now()) === null) return { outcome: 'refused', fault: `${told}: that time never comes.` };
  return {
    outcome: 'ok',
    schedule: {
      nextAfter,
      dueBetween: (after, until, most) =>
        cron
          // Those before a second, and what is due at it counts.
          .previousRuns(most, new Date(until + 1_000))
          .map((time) => time.getTime())
          .filter((time) => time > after && time <= until)
          .toReversed(),
    },
  };
};

/** How much later than its schedule says a trigger begins: always as much, ms. */
export const jitterOf = (
  { tenant, repository, name }: { readonly tenant: string; readonly repository: string; readonly name: string },
  { jitterMinutes }: Pick<ScheduledTrigger, 'jitterMinutes'>,
): number =>
  jitterMinutes === 0
    ? 0
    : createHash('sha256')
        .update(JSON.stringify([tenant, repository, name]))
        .digest()
        .readUInt32BE() %
      (jitterMinutes * 60_000);
