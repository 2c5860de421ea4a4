import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Hold } from './hold.ts';
import { LogGone } from './ports.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A hold on a clock that stands still unless it is told to go on; timers fire on their own time, as those of a stopped process do not. */
const heldFor = (leaseMs: number) => {
  let at = 1_000_000;
  const hold = new Hold(() => at);
  hold.begin(at, leaseMs);
  return {
    hold,
    /** Time goes by and this process works. */
    pass: (ms: number) => {
      at += ms;
      vi.advanceTimersByTime(ms);
    },
    /** Time goes by and this process stands still. */
    stand: (ms: number) => void (at += ms),
    now: () => at,
  };
};

describe('a lease as its worker keeps it', () => {
  test('is over for the worker before it is for the control plane, by itself, and stays so', () => {
    const { hold, pass, now } = heldFor(10_000);
    pass(7_999);
    expect(hold.lapsed.aborted).toBe(false);
    pass(1);
    expect(hold.lapsed.aborted).toBe(true);
    hold.renewed(now());
    expect(() => hold.check()).toThrow(LogGone);
    expect(() => hold.check()).toThrow(/last renewal was 8\.0 s ago, of 10 s/);
  });

  test('counts from before the renewal was sent, whatever came first', () => {
    const { hold, pass, now } = heldFor(10_000);
    const first = now();
    pass(3_000);
    const second = now();
    pass(3_000);
    hold.renewed(second);
    hold.renewed(first);
    pass(4_999);
    expect(hold.lapsed.aborted).toBe(false);
    pass(1);
    expect(hold.lapsed.aborted).toBe(true);
  });

  test('is found to be over by a process that stood still, before its timers are', () => {
    const { hold, stand } = heldFor(10_000);
    stand(8_000);
    expect(hold.lapsed.aborted).toBe(false);
    expect(() => hold.check()).toThrow(LogGone);
    expect(hold.lapsed.reason).toBeInstanceOf(LogGone);
  });

  test('is not renewed by an answer that a process which stood still finds in its socket', () => {
    const { hold, stand, pass, now } = heldFor(10_000);
    const sent = now();
    stand(20_000);
    hold.renewed(sent);
    pass(2_000);
    expect(hold.lapsed.aborted).toBe(true);
  });

  test('is in doubt for a process that stood still past its end: it may ask, and begins nothing until it is told', async () => {
    const { hold, stand, pass, now } = heldFor(10_000);
    stand(30_000);
    expect(() => hold.check()).not.toThrow();
    let begun = false;
    const beginning = hold.sure().then(() => (begun = true));
    pass(1_000);
    const asked = now();
    pass(999);
    await Promise.resolve();
    expect([begun, hold.lapsed.aborted]).toEqual([false, false]);
    hold.renewed(asked);
    await beginning;
    // It is kept as any other from then on.
    pass(7_000);
    expect(hold.lapsed.aborted).toBe(false);
    pass(1);
    expect(hold.lapsed.aborted).toBe(true);
  });

  test('is over for a process that stood still where nobody answers for a fifth of it', async () => {
    const { hold, stand, pass } = heldFor(10_000);
    stand(30_000);
    const beginning = hold.sure().catch((error: unknown) => error);
    pass(2_000);
    expect(await beginning).toBeInstanceOf(LogGone);
    expect(hold.lapsed.aborted).toBe(true);
  });

  test('is over at once for a process that worked all the while', async () => {
    const { hold, pass } = heldFor(10_000);
    pass(8_000);
    await expect(hold.sure()).rejects.toThrow(LogGone);
  });

  test('tells with each renewal when to be stopped and when to be killed, both before its end', () => {
    const { hold, pass, now } = heldFor(10_000);
    const told: number[][] = [];
    const began = now();
    hold.onRenewal(({ stop, kill, end }) => told.push([stop, kill, end].map((at) => at - began)));
    pass(2_000);
    hold.renewed(now());
    expect(told).toEqual([
      [8_000, 9_000, 10_000],
      [10_000, 11_000, 12_000],
    ]);
  });

  test('lets a request take a third of it, so that there is time for another', () => {
    const { hold } = heldFor(10_000);
    expect(hold.requestMs * 2).toBeLessThan(8_000);
  });
});
