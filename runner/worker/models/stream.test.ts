import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen } from './stream.ts';

/** Events that come so many ms after each other; the clock is vitest's. */
async function* paced(gaps: readonly number[], signal: AbortSignal): AsyncGenerator<number> {
  for (const [index, gap] of gaps.entries()) {
    await new Promise((resolve, reject) => {
      setTimeout(resolve, gap);
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    });
    yield index;
  }
}

describe('listening to a stream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const idleMs = 100;
  const begin = (gaps: readonly number[], onEvent: (event: number) => Promise<'more' | 'done'>) => {
    const caller = new AbortController();
    const open = async (signal: AbortSignal) => paced(gaps, signal);
    return { caller, end: listen({ signal: caller.signal, idleMs, open, onEvent }) };
  };

  it('is patient as long as something comes, however long it takes in all', async () => {
    const { end } = begin([99, 99, 99, 99], async () => 'more');
    await vi.advanceTimersByTimeAsync(4 * 99);
    expect(await end).toEqual({ kind: 'closed' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives up at the idle limit, and not before', async () => {
    const seen: number[] = [];
    const { end } = begin([99, 101], async (event) => {
      seen.push(event);
      return 'more';
    });
    await vi.advanceTimersByTimeAsync(99 + 100);
    expect(await end).toEqual({ kind: 'stalled' });
    expect(seen).toEqual([0]);
  });

  it('does not count the time that the reader takes', async () => {
    const { end } = begin([10, 10], async () => {
      await new Promise((resolve) => void setTimeout(resolve, 5_000));
      return 'more';
    });
    await vi.advanceTimersByTimeAsync(2 * 5_010);
    expect(await end).toEqual({ kind: 'closed' });
  });

  it('counts the time until the stream is open', async () => {
    const signal = new AbortController().signal;
    const open = (inner: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        inner.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const end = listen({ signal, idleMs, open, onEvent: async () => 'more' });
    await vi.advanceTimersByTimeAsync(100);
    expect(await end).toEqual({ kind: 'stalled' });
  });

  it('ends when the reader has what it wants, and closes the request', async () => {
    let request: AbortSignal | null = null;
    const signal = new AbortController().signal;
    const open = async (inner: AbortSignal) => {
      request = inner;
      return paced([1, 1, 1], inner);
    };
    const end = listen({ signal, idleMs, open, onEvent: async (event) => (event === 1 ? 'done' : 'more') });
    await vi.advanceTimersByTimeAsync(2);
    expect(await end).toEqual({ kind: 'done' });
    expect(request).toMatchObject({ aborted: true });
  });

  it('prefers an abort to the error that it causes', async () => {
    const { caller, end } = begin([50], async () => 'more');
    await vi.advanceTimersByTimeAsync(10);
    caller.abort();
    expect(await end).toEqual({ kind: 'aborted' });
  });

  it('hands over nothing that came before an abort and was not read yet', async () => {
    const caller = new AbortController();
    const seen: number[] = [];
    const end = listen({
      signal: caller.signal,
      idleMs,
      open: async () => paced([0, 0, 0], new AbortController().signal),
      onEvent: async (event) => {
        seen.push(event);
        caller.abort();
        return 'more';
      },
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(await end).toEqual({ kind: 'aborted' });
    expect(seen).toEqual([0]);
  });
});
