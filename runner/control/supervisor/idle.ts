import type { Logger } from 'pino';
import type { Store } from '../store/store.ts';

/** Whether anybody is there, as the server sees it. Health checks are nobody. */
export interface Presence {
  /** Requests that are being answered; a feed is one for as long as somebody reads it. */
  readonly open: number;
  /** When the last one ended, or the runner began. Ms since the epoch. */
  readonly lastAt: number;
  /** A request has come; what it returns is called when it is over. */
  came(): () => void;
}

export const presence = (now: () => number): Presence => {
  let open = 0;
  let lastAt = now();
  return {
    get open() {
      return open;
    },
    get lastAt() {
      return lastAt;
    },
    came: () => {
      open += 1;
      return () => {
        open -= 1;
        lastAt = now();
      };
    },
  };
};

interface Signs {
  /** Somebody is there, or a run works, is queued, or waits for a time to come. */
  readonly busy: boolean;
  /** When somebody was there last, or a run moved. Ms since the epoch. */
  readonly lastAt: number;
}

/** When to look again, ms since the epoch; null: the runner has been idle for so long that it can go. @internal */
export const lookAgainAt = (
  { busy, lastAt }: Signs,
  { now, idleMs }: { readonly now: number; readonly idleMs: number },
): number | null => {
  const at = (busy ? now : lastAt) + idleMs;
  return at > now ? at : null;
};

export interface IdleOptions {
  readonly presence: Presence;
  readonly store: Pick<Store, 'counts' | 'due' | 'effects' | 'triggers' | 'onCommit'>;
  readonly idleMs: number;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  /** Stops the runner. Called once at most. */
  readonly stop: () => void;
}

/** setTimeout takes up to 2^31 ms. */
const longestMs = 86_400_000;

/**
 * Stops the runner when nobody has been there and nothing had to be done for so long. What waits for a person is a row and
 * needs no process: whoever wants to look at it or to decide starts the runner again, and what expired meanwhile expires
 * then. A run that waits for a time would wait for ever, so it keeps the runner; and so does what is to begin runs by itself.
 */
export const stopWhenIdle = ({ presence, store, idleMs, now, log, stop }: IdleOptions): Disposable => {
  let movedAt = now();
  let timer: NodeJS.Timeout | undefined;
  let disposed = false;

  const look = async (): Promise<void> => {
    const runs = await hasWork(store);
    if (disposed) return;
    // Only now: somebody may have come while the store was asked.
    const signs = { busy: runs || presence.open > 0, lastAt: Math.max(presence.lastAt, movedAt) };
    const at = lookAgainAt(signs, { now: now(), idleMs });
    if (at !== null) return lookAt(at);
    log.info(
      { idleMinutes: idleMs / 60_000 },
      'idle: nobody was here and there is nothing to do; it starts when needed',
    );
    stop();
  };
  const lookAt = (at: number): void => {
    timer = setTimeout(
      () => {
        look().catch((error: unknown) => {
          log.error({ err: error }, 'it could not be seen whether there is something to do');
          if (!disposed) lookAt(now() + idleMs);
        });
      },
      Math.min(longestMs, at - now()),
    );
  };

  const forget = store.onCommit(() => {
    movedAt = now();
  });
  lookAt(now() + idleMs);
  return {
    [Symbol.dispose]: () => {
      disposed = true;
      forget();
      clearTimeout(timer);
    },
  };
};

/** As `due` takes it: every timer there is will have come by then. */
const endOfTime = Number.MAX_SAFE_INTEGER;

const hasWork = async (store: IdleOptions['store']): Promise<boolean> => {
  const { queued, working } = await store.counts(null);
  if (queued + working > 0 || (await store.due(endOfTime)).timers.length > 0) return true;
  if ((await store.effects()).length > 0) return true;
  return (await store.triggers(null)).some(({ enabled }) => enabled);
};
