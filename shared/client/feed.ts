import type { TRPCClient } from '@trpc/client';
import type { ApiRouter } from '../api/router.ts';
import type { RunEvent } from '../run/events.ts';

export interface FeedInput {
  /** Null: of all runs. */
  readonly run: string | null;
  readonly after: number;
}

/**
 * Every event after a position, in order and each once, for as long as one connection holds; then it ends without an
 * error. The caller asks again from the last event that it saw, and so learns why. EventSource's own reconnecting, after
 * 3 s, is never used.
 */
export async function* subscribe(
  api: TRPCClient<ApiRouter>,
  input: FeedInput,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  const queue: RunEvent[] = [];
  let position = input.after;
  let wake: () => void = () => {};
  const ended = new AbortController();
  const end = (): void => {
    ended.abort();
    wake();
  };
  if (signal.aborted) end();
  let connected = false;
  const subscription = api.runs.feed.subscribe(input, {
    onData: ({ data }) => {
      queue.push(data);
      wake();
    },
    onError: end,
    onComplete: end,
    onConnectionStateChange: ({ state, error }) => {
      // `connecting` is also how it begins; the second time it is a break.
      if (state === 'connecting' && (connected || error !== null)) end();
      else if (state === 'pending') connected = true;
    },
  });
  signal.addEventListener('abort', end);
  try {
    while (!ended.signal.aborted || queue.length > 0) {
      const event = queue.shift();
      if (event === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (event.position > position) {
        position = event.position;
        yield event;
      }
    }
  } finally {
    signal.removeEventListener('abort', end);
    subscription.unsubscribe();
  }
}
