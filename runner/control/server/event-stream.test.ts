import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { asEventStream } from './event-stream.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An event stream of tRPC's, in pieces as it gives them; `gone` is what its reader left it for. */
const setUp = () => {
  let source: ReadableStreamDefaultController<Uint8Array>;
  let gone: unknown = null;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (source = controller),
    cancel: (reason) => void (gone = reason),
  });
  const stream = asEventStream(new Response(body, { headers: { 'content-type': 'text/event-stream' } })).body!;
  const reader = stream.getReader();
  return {
    say: (...pieces: string[]) => {
      for (const piece of pieces) source.enqueue(new TextEncoder().encode(piece));
    },
    end: () => source.close(),
    fail: (error: Error) => source.error(error),
    heard: async () => {
      const { done, value } = await reader.read();
      return done ? null : new TextDecoder().decode(value);
    },
    leave: () => reader.cancel('left'),
    gone: () => gone,
  };
};

test('begins with when to come back, and gives each event in one piece', async () => {
  const { say, end, heard } = setUp();
  say('event: connected\n', 'data: {}\n', '\n\n', 'data: 1\n', 'id: 7\n', '\n\n');
  expect(await heard()).toBe('retry: 100\n\n');
  expect(await heard()).toBe('event: connected\ndata: {}\n\n\n');
  expect(await heard()).toBe('data: 1\nid: 7\n\n\n');
  say('data: half\n');
  end();
  expect(await heard()).toBe('data: half\n');
  expect(await heard()).toBeNull();
});

test('a subscriber that hears nothing gets a ping before it takes the connection for dead', async () => {
  const { say, heard, leave, gone } = setUp();
  await heard();
  let next = heard();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await next).toBe('event: ping\ndata: \n\n');
  next = heard();
  say('data: 1\n', '\n\n');
  expect(await next).toBe('data: 1\n\n\n');
  next = heard();
  // An event in between was sign enough.
  await vi.advanceTimersByTimeAsync(10_000);
  say('data: 2\n', '\n\n');
  expect(await next).toBe('data: 2\n\n\n');
  await leave();
  expect({ gone: gone(), timers: vi.getTimerCount() }).toEqual({ gone: 'left', timers: 0 });
});

test('one that takes nothing is sent no pings that pile up', async () => {
  const { heard, say } = setUp();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await heard()).toBe('retry: 100\n\n');
  say('data: 1\n', '\n\n');
  expect(await heard()).toBe('data: 1\n\n\n');
});

test('a stream that breaks breaks for its subscriber too', async () => {
  const { fail, heard } = setUp();
  await heard();
  fail(new Error('the database is away'));
  await expect(heard()).rejects.toThrow('the database is away');
  expect(vi.getTimerCount()).toBe(0);
});

test('an answer that is no event stream stays as it is', () => {
  const answer = new Response('{}', { headers: { 'content-type': 'application/json' } });
  expect(asEventStream(answer)).toBe(answer);
});
