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
  /** The same while there is no stream. */
  readonly fasterMs?: number;
  readonly log: Logger;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** Between two looks while there is no stream: 50 open runs make 600 requests a minute of it, less than half of what the Cloud allows. */
const fasterPollMs = 5_000;
/** So many in a row are asked for at once. */
const lanes = 4;
/** Those that wait are looked at in every so many rounds. */
const roundsToAll = 30;

/** `polled`: the stream does not answer, for this reason and since then (ms since the epoch). */
type Listening =
  | { readonly by: 'realtime' }
  | { readonly by: 'polling'; readonly everyMs: number; readonly since: number; readonly why: string };

export interface Watcher extends AsyncDisposable {
  listening(): Listening;
}

/**
 * Learns what becomes of task runs: from Trigger.dev's realtime stream at once, and by asking for each that is open every
 * so often, because a stream may be silent for other reasons than that nothing happens; more often while it does not answer.
 */
export const startWatcher = (options: WatcherOptions): Watcher => {
  const { api, open, learn, unknown, pollMs, log } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const fasterMs = options.fasterMs ?? Math.min(pollMs, fasterPollMs);
  let listening: Listening = { by: 'polling', everyMs: fasterMs, since: Date.now(), why: 'it has not answered yet' };
  let hurry = new AbortController();
  const rest = (ms: number, sooner = signal): Promise<void> => pause(ms, undefined, { signal: sooner }).catch(() => {});

  const hear = (): void => {
    if (listening.by === 'realtime') return;
    listening = { by: 'realtime' };
    log.info('Trigger.dev’s realtime stream answers; tasks are polled less often');
  };
  const missed = (error: unknown): void => {
    const why = error instanceof Error ? error.message : 'it ended';
    const since = listening.by === 'polling' ? listening.since : Date.now();
    log.warn({ err: error, everyMs: fasterMs }, 'Trigger.dev’s realtime stream ended; what it would tell is polled');
    listening = { by: 'polling', everyMs: fasterMs, since, why };
    hurry.abort();
    hurry = new AbortController();
  };

  const stream = async (): Promise<void> => {
    for (let wait = firstPauseMs; !signal.aborted; wait = Math.min(longestPauseMs, wait * 2)) {
      const watching = {
        learn: (run: TaskRun) => {
          if (!signal.aborted) learn(run);
        },
        onAnswer: () => {
          wait = firstPauseMs;
          hear();
        },
      };
      const ended: unknown = await api.watch(watching, signal).catch((error: unknown) => error);
      if (!signal.aborted) missed(ended);
      await rest(wait);
    }
  };

  const poll = async (): Promise<void> => {
    for (let round = 1; !signal.aborted; round += 1) {
      await rest(listening.by === 'realtime' ? pollMs : fasterMs, AbortSignal.any([signal, hurry.signal]));
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
    listening: () => listening,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await loops;
    },
  };
};
