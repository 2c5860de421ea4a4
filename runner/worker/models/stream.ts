/** How the reading of a stream ended. `closed`: by the other side, without an error, and before `onEvent` was satisfied. */
export type StreamEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'stalled' }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface ListenOptions<T> {
  readonly signal: AbortSignal;
  /** ms without an event, counted from the opening on, after which the stream is given up. */
  readonly idleMs: number;
  /**
   * Makes the request. The signal it gets is aborted when the caller aborts or the watchdog bites. `alive` says that something came that
   * is no event, such as a comment to keep the connection: the watchdog begins anew.
   */
  readonly open: (signal: AbortSignal, alive: () => void) => PromiseLike<AsyncIterable<T>>;
  /** Is given every event in order and awaited; the watchdog rests meanwhile. `done` ends the reading. */
  readonly onEvent: (event: T) => Promise<'more' | 'done'>;
}

/** A server that only keeps its connection, without an event for so long, is not going to answer: 1 h, six times what slow models take. */
const longestKeptMs = 3_600_000;

/**
 * Opens a stream and reads it to its end, under a watchdog of our own: the SDK's timeout ends at the headers, so that a
 * silent stream would hang. The connection is closed when this returns.
 * @throws what `onEvent` throws, and nothing else.
 */
export async function listen<T>({ signal, idleMs, open, onEvent }: ListenOptions<T>): Promise<StreamEnd> {
  if (signal.aborted) return { kind: 'aborted' };
  const request = new AbortController();
  const abort = () => request.abort();
  signal.addEventListener('abort', abort, { once: true });
  let stalled = false;
  let watchdog: NodeJS.Timeout | undefined;
  let givenUpAt = Infinity;
  const watch = () => {
    clearTimeout(watchdog);
    const left = Math.min(idleMs, Math.max(0, givenUpAt - performance.now()));
    watchdog = setTimeout(() => {
      stalled = true;
      request.abort();
    }, left);
  };
  const alive = () => {
    if (watchdog !== undefined) watch();
  };
  const watched = async <R>(wait: () => PromiseLike<R>): Promise<R> => {
    givenUpAt = performance.now() + Math.max(longestKeptMs, idleMs);
    watch();
    try {
      return await wait();
    } finally {
      clearTimeout(watchdog);
      watchdog = undefined;
    }
  };
  /** An abort either throws or ends the iterator in silence, depending on when it comes. */
  const end = (otherwise: StreamEnd): StreamEnd =>
    signal.aborted ? { kind: 'aborted' } : stalled ? { kind: 'stalled' } : otherwise;
  try {
    const opened = await attempt(() => watched(() => open(request.signal, alive)));
    if (!opened.ok) return end({ kind: 'failed', error: opened.error });
    const events = opened.value[Symbol.asyncIterator]();
    for (;;) {
      const next = await attempt(() => watched(() => events.next()));
      if (!next.ok) return end({ kind: 'failed', error: next.error });
      if (signal.aborted) return { kind: 'aborted' };
      if (next.value.done === true) return end({ kind: 'closed' });
      if ((await onEvent(next.value.value)) === 'done') return { kind: 'done' };
    }
  } finally {
    signal.removeEventListener('abort', abort);
    request.abort();
  }
}

type Attempt<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly error: unknown };

async function attempt<R>(action: () => Promise<R>): Promise<Attempt<R>> {
  try {
    return { ok: true, value: await action() };
  } catch (error) {
    return { ok: false, error };
  }
}
