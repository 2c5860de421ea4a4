import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { printedCharacters } from '../../../shared/api/worker-api.ts';
import type { SandboxRunOptions } from '../../sandbox/sandbox.ts';
import type { Sandboxes } from '../run/ports/ports.ts';
import { toldOf } from './live-sandboxes.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const command = { argv: ['true'], timeoutMs: 1000, network: [], maxOutputBytes: 100 } as const;
const result = {
  outcome: 'exited',
  exitCode: 0,
  output: '',
  outputBytes: 0,
  truncated: false,
  durationMs: 1,
  refusedHosts: [],
  reachedHosts: [],
} as const;

/** A command that runs until it is ended, in a sandbox whose output is told of. */
const running = async () => {
  const told: (string | null)[] = [];
  const { promise, resolve } = Promise.withResolvers<typeof result>();
  let print: (text: string) => void = () => {};
  const sandbox = {
    run: (_: unknown, { onOutput }: SandboxRunOptions) => {
      print = (text) => onOutput?.(Buffer.from(text));
      return promise;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  // safe: nothing but `open` is asked of it here
  const sandboxes = { open: async () => sandbox } as unknown as Sandboxes;
  const redact = (text: string) => text.replaceAll('s3cret', '[redacted]');
  const opened = await toldOf(sandboxes, { tell: (output) => told.push(output), redact }).open('/tree');
  const ended = opened.run(command, { signal: new AbortController().signal });
  return {
    told,
    print: (text: string) => print(text),
    end: async () => {
      resolve(result);
      return ended;
    },
  };
};

test('what a command prints is told each second in which there is more, and that it is over', async () => {
  const { told, print, end } = await running();
  print('one\n');
  vi.advanceTimersByTime(1000);
  vi.advanceTimersByTime(1000);
  print('two\n');
  vi.advanceTimersByTime(1000);
  expect(await end()).toBe(result);
  vi.advanceTimersByTime(5000);
  expect(told).toEqual(['one\n', 'one\ntwo\n', null]);
});

test('a short command tells nothing', async () => {
  const { told, print, end } = await running();
  print('one\n');
  await end();
  expect(told).toEqual([]);
});

test('no part of a secret is told: a line that is not at its end waits, and what is cut at its beginning goes', async () => {
  const { told, print, end } = await running();
  print('a s3cret\ns3c');
  vi.advanceTimersByTime(1000);
  print('ret\n');
  vi.advanceTimersByTime(1000);
  // Kept are the last 64,000 bytes, and what is left of the first line there begins amid a secret.
  print(`${'x'.repeat(200_000)}s3cret\n`);
  print('the last\n');
  vi.advanceTimersByTime(1000);
  await end();
  expect(told).toEqual([
    'a [redacted]\n[a line of 3 characters by now, not at its end yet]\n',
    'a [redacted]\n[redacted]\n',
    'the last\n',
    null,
  ]);
});

test('the last characters are told of much', async () => {
  const { told, print, end } = await running();
  for (let line = 1; line <= 30_000; line += 1) print(`line ${line}\n`);
  vi.advanceTimersByTime(1000);
  await end();
  expect(told[0]?.length).toBeLessThanOrEqual(printedCharacters);
  expect(told[0]?.endsWith('line 30000\n')).toBe(true);
});

test('a line that is written over is told as it is by now', async () => {
  const { told, print, end } = await running();
  print('begin\n\r1 %\r20 %\r');
  vi.advanceTimersByTime(1000);
  print('99 %\r\ndone\n');
  vi.advanceTimersByTime(1000);
  await end();
  expect(told).toEqual(['begin\n20 %\r', 'begin\n99 %\r\ndone\n', null]);
});
