import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { TriggerApi } from './api.ts';
import type { TaskRun } from './fate.ts';

export interface WatcherOptions {
  readonly api: Pick<TriggerApi, 'watch' | 'taskRun'>;
  /** Ids of the task runs whose fate is of interest; of those that wait for days too, if `all`. */
  readonly open: (all: boolean) => readonly string[];
  /** Called with whatever is learnt, also about runs that are of no interest, and more than once. */
  readonly learn: (run: TaskRun) => void;
  /** Called for each that Trigger.dev says there is none of. */
  readonly unknown: (taskRun: string) => void;
  readonly pollMs: number;
  readonly log: Logger;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** So many in a row are asked for at once. */
const lanes = 4;
/** Those that wait are looked at in every so many rounds. */
const roundsToAll = 30;

/**
 * Learns what becomes of task runs: from Trigger.dev's realtime stream at once, and by asking for each that is open every
 * so often, because a stream may be refused, or be silent for other reasons than that nothing happens.
 */
export const startWatcher = ({ api, open, learn, unknown, pollMs, log }: WatcherOptions): AsyncDisposable => {
  const stop = new AbortController();
  const { signal } = stop;
  const rest = (ms: number): Promise<void> => pause(ms, undefined, { signal }).catch(() => {});

  const stream = async (): Promise<void> => {
    for (let wait = firstPauseMs; !signal.aborted; wait = Math.min(longestPauseMs, wait * 2)) {
      try {
        await api.watch((run) => {
          wait = firstPauseMs;
          if (!signal.aborted) learn(run);
        }, signal);
      } catch (error) {
        if (!signal.aborted)
          log.warn({ err: error }, 'Trigger.dev’s realtime stream ended; what it would tell is polled');
      }
      await rest(wait);
    }
  };

  const poll = async (): Promise<void> => {
    for (let round = 1; !signal.aborted; round += 1) {
      await rest(pollMs);
      const ids = [...open(round % roundsToAll === 0)];
      const lane = async (): Promise<void> => {
        for (let id = ids.shift(); id !== undefined && !signal.aborted; id = ids.shift()) {
          const run = await api.taskRun(id).catch((error: unknown) => {
            if (!signal.aborted) log.error({ err: error, taskRun: id }, 'Trigger.dev does not tell of a task run');
            return 'no answer' as const;
          });
          if (run === 'no answer' || signal.aborted) continue;
          if (run === null) unknown(id);
          else learn(run);
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
    }
  };

  const loops = Promise.all([stream(), poll()]);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await loops;
    },
  };
};
