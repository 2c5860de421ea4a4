export interface PassesOptions {
  /**
   * Does what is due and returns when to come back (ms since the epoch; Infinity: only when asked). `lateMs`: how much later than it was to it
   * began, which is what this process stood still at least.
   */
  readonly pass: (signal: AbortSignal, lateMs: number) => Promise<number>;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** A pass failed; there will be another one soon. */
  readonly onTrouble: (error: unknown) => void;
}

/** Passes over what is due, one at a time, on one timer. */
export interface Passes extends AsyncDisposable {
  /** Asks for a pass at that time or before it (ms since the epoch). Asked during a pass, there will be another one after it. */
  wakeAt(at: number): void;
  /** A pass that begins now, or right after the one that is under way. Resolves when it is over, however it went. */
  passNow(): Promise<void>;
}

const afterTroubleMs = 1_000;
/** setTimeout takes up to 2^31 ms, and a machine that slept wakes with its timers late. */
const longestMs = 60_000;

/** When it is disposed the pass under way is told so by its signal, and waited for. */
export const startPasses = ({ pass, now, onTrouble }: PassesOptions): Passes => {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  /** When the next pass is to be: asked for since the last one began, and not begun. */
  let dueAt = Infinity;
  let passing: Promise<void> | null = null;

  const setTimer = (): void => {
    clearTimeout(timer);
    // What is asked for during a pass is looked at when it is over: a timer that came meanwhile would find nothing to do.
    if (stop.signal.aborted || passing !== null || dueAt === Infinity) return;
    timer = setTimeout(() => void begin(), Math.min(longestMs, Math.max(0, dueAt - now())));
  };
  const wakeAt = (at: number): void => {
    if (at >= dueAt) return;
    dueAt = at;
    setTimer();
  };
  const begin = (): Promise<void> => {
    const lateMs = Math.max(0, now() - dueAt);
    dueAt = Infinity;
    clearTimeout(timer);
    passing = pass(stop.signal, lateMs)
      .catch((error: unknown) => {
        onTrouble(error);
        return now() + afterTroubleMs;
      })
      .then((nextAt) => {
        passing = null;
        dueAt = Math.min(dueAt, nextAt);
        setTimer();
      });
    return passing;
  };

  return {
    wakeAt,
    passNow: async () => {
      if (passing !== null) await passing;
      // Somebody else who waited for it may have begun another one.
      if (!stop.signal.aborted) await (passing ?? begin());
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      clearTimeout(timer);
      await passing;
    },
  };
};
