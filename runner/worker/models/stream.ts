/** How the reading of a stream ended. `closed`: by the other side, without an error, and before `onEvent` was satisfied. */
export type StreamEnd =
  | { readonly kind: 'done' | 'closed' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'stalled' }
  | { readonly kind: 'failed'; readonly error: unknown };

interface ListenOptions<T> {
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
  const [stalled, over] = [new AbortController(), new AbortController()];
  const request = AbortSignal.any([signal, stalled.signal, over.signal]);
  let watchdog: NodeJS.Timeout | undefined;
  let givenUpAt = Infinity;
  const watch = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => stalled.abort(), Math.min(idleMs, Math.max(0, givenUpAt - performance.now())));
  };
  const alive = () => {
    if (watchdog !== undefined) watch();
  };
  /** What is waited for, under the watchdog; an abort either throws or ends the iterator in silence, depending on when it comes. */
  const watched = async <R>(wait: () => PromiseLike<R>): Promise<Waited<R>> => {
    givenUpAt = performance.now() + Math.max(longestKeptMs, idleMs);
    watch();
    let waited: Waited<R>;
    try {
      waited = { kind: 'came', value: await wait() };
    } catch (error) {
      waited = { kind: 'failed', error };
    }
    clearTimeout(watchdog);
    watchdog = undefined;
    if (signal.aborted) return { kind: 'aborted' };
    return stalled.signal.aborted && waited.kind === 'failed' ? { kind: 'stalled' } : waited;
  };
  try {
    const opened = await watched(() => open(request, alive));
    if (opened.kind !== 'came') return opened;
    const events = opened.value[Symbol.asyncIterator]();
    for (;;) {
      const next = await watched(() => events.next());
      if (next.kind !== 'came') return next;
      if (next.value.done === true) return { kind: stalled.signal.aborted ? 'stalled' : 'closed' };
      if ((await onEvent(next.value.value)) === 'done') return { kind: 'done' };
    }
  } finally {
    over.abort();
  }
}

type Waited<R> = { readonly kind: 'came'; readonly value: R } | Exclude<StreamEnd, { kind: 'done' | 'closed' }>;
