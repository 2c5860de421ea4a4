import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as vscode from 'vscode';
import { createPending, slowMs } from './pending.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pendingWith = () => {
  const fired: (readonly string[])[] = [];
  const changes = { fire: (runs: ReadonlySet<string>) => void fired.push([...runs]), dispose: () => {} };
  // safe: all of an emitter that is used here, but for its event, which nobody listens to
  return { fired, pending: createPending(changes as unknown as vscode.EventEmitter<ReadonlySet<string>>) };
};

test('an answer that comes soon is told to nobody', () => {
  const { fired, pending } = pendingWith();
  const asked = pending.begin('run_a');
  vi.advanceTimersByTime(slowMs - 1);
  asked?.[Symbol.dispose]();
  vi.advanceTimersByTime(slowMs);
  expect({ fired, slow: pending.isSlow('run_a') }).toEqual({ fired: [], slow: false });
});

test('one that takes a second is told, and that it came; meanwhile nothing more is asked about that run', () => {
  const { fired, pending } = pendingWith();
  const asked = pending.begin('run_a');
  expect(pending.begin('run_a')).toBeNull();
  expect(pending.begin('run_b')).not.toBeNull();
  vi.advanceTimersByTime(slowMs);
  expect({ fired, slow: pending.isSlow('run_a') }).toEqual({ fired: [['run_a'], ['run_b']], slow: true });
  asked?.[Symbol.dispose]();
  expect({ fired: fired.slice(2), slow: pending.isSlow('run_a') }).toEqual({ fired: [['run_a']], slow: false });
  expect(pending.begin('run_a')).not.toBeNull();
});
