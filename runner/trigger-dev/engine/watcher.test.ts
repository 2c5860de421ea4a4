import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Watching } from './api.ts';
import type { TaskRun } from './fate.ts';
import { startWatcher } from './watcher.ts';

/** A stream that does what the test says, and a task run that is asked for. */
const setUp = ({ pollMs, fasterMs }: { pollMs: number; fasterMs: number }) => {
  const streams: { readonly watching: Watching; readonly end: (why: Error) => void }[] = [];
  const logged: string[] = [];
  const asked: number[] = [];
  let changed = Promise.withResolvers<void>();
  const change = (): void => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const run: TaskRun = { id: 'run_1', status: 'EXECUTING', output: null, error: null };
  const watcher = startWatcher({
    api: {
      watch: (watching, signal) => {
        const { promise, reject } = Promise.withResolvers<void>();
        streams.push({ watching, end: reject });
        signal.addEventListener('abort', () => reject(new Error('stopped')));
        change();
        return promise;
      },
      taskRun: async () => {
        asked.push(performance.now());
        change();
        return run;
      },
    },
    open: () => ['run_1'],
    learn: () => {},
    unknown: () => {},
    pollMs,
    fasterMs,
    log: pino(
      {},
      {
        write: (line: string) => {
          logged.push((JSON.parse(line) as { msg: string }).msg); // safe: pino's
          change();
        },
      },
    ),
  });
  return {
    watcher,
    streams,
    logged,
    asked,
    until: async (look: () => boolean): Promise<void> => {
      while (!look()) await changed.promise;
    },
    [Symbol.asyncDispose]: () => watcher[Symbol.asyncDispose](),
  };
};

test('while the stream does not answer it polls, faster, says so and why; once it answers again it says that, too', async () => {
  // Never, as far as a test can wait.
  await using set = setUp({ pollMs: 3_600_000, fasterMs: 5 });
  expect(set.watcher.listening()).toMatchObject({ by: 'polling', why: 'it has not answered yet' });
  await set.until(() => set.streams.length === 1);
  set.streams[0]!.watching.onAnswer();
  expect(set.watcher.listening()).toEqual({ by: 'realtime' });
  await set.until(() => set.asked.length >= 1);
  const before = set.asked.length;
  // It rests for an hour now, and is roused.
  set.streams[0]!.end(new Error('Trigger.dev’s realtime answers 503'));
  await set.until(() => set.asked.length >= before + 3);
  expect(set.watcher.listening()).toMatchObject({
    by: 'polling',
    everyMs: 5,
    why: 'Trigger.dev’s realtime answers 503',
  });
  expect(set.logged).toContain('Trigger.dev’s realtime stream ended; what it would tell is polled');
  await set.until(() => set.streams.length === 2);
  set.streams[1]!.watching.onAnswer();
  expect(set.watcher.listening()).toEqual({ by: 'realtime' });
  expect(set.logged.at(-1)).toBe('Trigger.dev’s realtime stream answers; tasks are polled less often');
});
