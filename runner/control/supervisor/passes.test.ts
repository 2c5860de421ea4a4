import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startPasses } from './passes.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

/** Passes that last until they are let go. */
const setUp = () => {
  const begun: number[] = [];
  const late: number[] = [];
  const troubles: unknown[] = [];
  let finish = Promise.withResolvers<number>();
  const passes = startPasses({
    pass: (_signal, lateMs) => {
      begun.push(Date.now());
      late.push(lateMs);
      finish = Promise.withResolvers();
      return finish.promise;
    },
    now: Date.now,
    onTrouble: (error) => void troubles.push(error),
  });
  return {
    passes,
    begun,
    late,
    troubles,
    finish: async (nextAt = Infinity) => {
      finish.resolve(nextAt);
      await vi.advanceTimersByTimeAsync(0);
    },
    fail: async (error: unknown) => {
      finish.reject(error);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
};

test('a wake that comes due during a pass is answered by another pass, as soon as that one is over', async () => {
  const { passes, begun, finish } = setUp();
  passes.wakeAt(100);
  await vi.advanceTimersByTimeAsync(100);
  passes.wakeAt(150);
  await vi.advanceTimersByTimeAsync(7_000);
  expect(begun).toEqual([100]);
  await finish();
  expect(begun).toEqual([100, 7_100]);
  await finish();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(begun).toEqual([100, 7_100]);
});

test('a pass is told how much later it begins than it was to, as after a standstill', async () => {
  const { passes, late, finish } = setUp();
  passes.wakeAt(100);
  vi.setSystemTime(5_000);
  await vi.advanceTimersByTimeAsync(100);
  await finish(5_300);
  await vi.advanceTimersByTimeAsync(200);
  expect(late).toEqual([5_000, 0]);
});

test('the earlier of two wakes counts, and what a pass says itself', async () => {
  const { passes, begun, finish } = setUp();
  passes.wakeAt(500);
  passes.wakeAt(200);
  passes.wakeAt(400);
  await vi.advanceTimersByTimeAsync(200);
  passes.wakeAt(900);
  await finish(700);
  await vi.advanceTimersByTimeAsync(500);
  expect(begun).toEqual([200, 700]);
  await finish(90_000);
  await vi.advanceTimersByTimeAsync(100_000);
  // A timer is never longer than a minute: a clock may have been moved, and a machine may have slept.
  expect(begun).toEqual([200, 700, 60_700]);
});

test('a pass that fails is told of, and followed by another', async () => {
  const { passes, begun, troubles, fail } = setUp();
  passes.wakeAt(0);
  await vi.advanceTimersByTimeAsync(0);
  await fail(new Error('the disk is full'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect([begun, troubles]).toEqual([[0, 1_000], [new Error('the disk is full')]]);
});

test('one that is asked for now waits for the one under way, and disposing waits for the last', async () => {
  const { passes, begun, finish } = setUp();
  const first = passes.passNow();
  const second = passes.passNow();
  await vi.advanceTimersByTimeAsync(0);
  expect(begun).toEqual([0]);
  await finish();
  await first;
  expect(begun).toEqual([0, 0]);
  let disposed = false;
  const disposing = passes[Symbol.asyncDispose]().then(() => (disposed = true));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(disposed).toBe(false);
  await finish(0);
  await Promise.all([second, disposing]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(begun).toEqual([0, 0]);
});
