import { setImmediate as turn } from 'node:timers/promises';
import type * as vscode from 'vscode';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ListInput } from '../../../shared/api/runner-api.ts';
import { controlEvents, workerEvents, type RunEvent } from '../../../shared/run/events.ts';
import { fold } from '../../../shared/run/reduce.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import { summary } from '../../../shared/run/summary.ts';
import { eventsOf, stateAt, story } from '../../../runner/cli/fixture.ts';
import { arbitraryOf } from '../../../test/suites/arbitrary.ts';
import type { Connection } from '../connection/connection.ts';
import { Runs } from './runs.ts';

/** VS Code's emitter, which no program but its own has. */
const emitter = <Value>() => {
  const listeners = new Set<(value: Value) => void>();
  const event = (listener: (value: Value) => void) => {
    listeners.add(listener);
    return { dispose: () => listeners.delete(listener) };
  };
  const fire = (value: Value): void => listeners.forEach((listener) => listener(value));
  // safe: nothing else of it is used
  return { event, fire, dispose: () => listeners.clear() } as unknown as vscode.EventEmitter<Value>;
};

/** Waits for what other turns bring, be it a module that has yet to be read; what does not come in a minute does not come. */
const reached = async (there: () => boolean): Promise<void> => {
  for (const began = Date.now(); Date.now() - began < 60_000 && !there();) await turn();
};

/** A runner with some runs, and a window on it. `say` adds an event to the log and brings it to the window. */
const windowOn = (...logs: readonly (readonly RunEvent[])[]) => {
  const states = new Map(logs.map((log) => fold(log)!).map((state) => [state.id, state]));
  const asked: unknown[] = [];
  let reading = false;
  let tell: (event: RunEvent) => void = () => undefined;
  const list = async ({ status, limit, before }: Partial<ListInput> & { limit: number }) => {
    asked.push({ status, limit, before });
    const runs = [...states.values()]
      .filter((state) => (before == null || state.number < before) && (status !== 'open' || !isTerminal(state)))
      .toSorted((a, b) => b.number - a.number);
    const page = runs.slice(0, limit).map(summary);
    return { runs: page, position: 0, next: runs.length > limit ? page.at(-1)!.number : null };
  };
  const get = async ({ run }: { run: string }) => {
    asked.push(run);
    return states.get(run);
  };
  const subscribe = (_: unknown, handlers: { onData: (message: { data: RunEvent }) => void }) => {
    reading = true;
    tell = (data) => handlers.onData({ data });
    return { unsubscribe: () => undefined };
  };
  const api = { runs: { list: { query: list }, get: { query: get }, feed: { subscribe } } };
  const connection = {
    state: { status: 'connected', url: 'http://127.0.0.1:4870', local: true, runner: '/home/ada' },
    onDidChangeState: emitter().event,
    api: async () => api,
    lost: () => undefined,
  };
  const runs = new Runs(
    // safe: what is used of it is there
    connection as unknown as Connection,
    { log: { warn: () => undefined, error: () => undefined }, changes: emitter(), firsts: emitter() },
  );
  return {
    runs,
    asked,
    states,
    say: (event: RunEvent) => {
      states.set(event.run, fold([event], states.get(event.run))!);
      tell(event);
    },
    loaded: async () => {
      runs.all();
      await reached(() => runs.loaded);
      // Until the feed is read.
      await reached(() => reading);
    },
    [Symbol.dispose]: () => runs.dispose(),
  };
};

/** Behind `run.deleted` nothing of a run comes. */
const living = [...controlEvents, ...workerEvents].filter(({ shape }) => shape.type.value !== 'run.deleted');

const anyLog: fc.Arbitrary<readonly RunEvent[]> = fc
  .tuple(
    arbitraryOf(controlEvents[0]),
    fc.array(fc.oneof(...living.map((schema) => arbitraryOf(schema))), { maxLength: 20 }),
  )
  .map(([created, bodies]) =>
    [created, ...bodies].map((body, index) => ({
      run: 'run_test1',
      seq: index + 1,
      position: index + 1,
      at: new Date(1_800_000_000_000 + index * 1000).toISOString(),
      activation: null,
      body,
    })),
  );

test('a window shows of a run what a list would have, whenever it was opened and whatever overtakes the feed', async () => {
  await fc.assert(
    fc.asyncProperty(anyLog, fc.nat(), fc.array(fc.nat(), { maxLength: 5 }), async (log, opened, answers) => {
      const known = opened % (log.length + 1);
      using window = windowOn(...(known === 0 ? [] : [log.slice(0, known)]));
      await window.loaded();
      for (const [index, event] of log.slice(known).entries()) {
        window.say(event);
        const answer = answers[index];
        if (answer === undefined) await turn();
        else window.runs.learn(fold(log.slice(0, 1 + (answer % event.seq)))!);
      }
      const wanted = summary(fold(log)!);
      await reached(() => window.runs.get('run_test1')?.seq === wanted.seq);
      expect(window.runs.get('run_test1')).toEqual(wanted);
    }),
    { numRuns: 50 },
  );
});

test('a run that is deleted is gone from every list, and no late answer brings it back', async () => {
  const log = eventsOf(story);
  const { run } = log[0]!;
  using window = windowOn(log);
  await window.loaded();
  const state = window.states.get(run)!;
  const body = { type: 'run.deleted', v: 1, by: 'person:ada' } as const;
  window.say({ ...log.at(-1)!, seq: log.length + 1, position: log.length + 1, body });
  await reached(() => window.runs.get(run) === undefined);
  window.runs.learn(state);
  expect([window.runs.all(), window.runs.isDeleted(run)]).toEqual([[], true]);
});

test('a run is asked for when something happens to it first, and not again until it is over', async () => {
  const log = eventsOf(story);
  const [begun, rest] = [log.slice(0, 4), log.slice(4)];
  using window = windowOn(begun);
  await window.loaded();
  const id = begun[0]!.run;
  for (const event of rest) window.say(event);
  await reached(() => window.runs.get(id)?.seq === log.length);
  expect(window.asked.filter((what) => what === id)).toHaveLength(1);
});

const numbered = (number: number, state: RunState): RunState => ({ ...state, id: `run_${number}`, number });

test('runs are listed newest first; of more than are kept the oldest go that are over, and never one that is not', async () => {
  const open = stateAt('activation.queued');
  const over: RunState = { ...stateAt(null), status: 'completed', at: open.createdAt, archived: null };
  using window = windowOn();
  for (let number = 1; number <= 1_200; number += 1)
    window.states.set(`run_${number}`, numbered(number, number === 7 ? open : over));
  await window.loaded();
  expect(window.asked).toEqual([
    { limit: 50 },
    { limit: 500, before: 1_151 },
    { limit: 450, before: 651 },
    { status: 'open', limit: 500, before: 201 },
  ]);
  window.runs.learn(numbered(1_201, open));
  const listed = window.runs.all().map(({ number }) => number);
  expect([listed.length, listed[0], listed.at(-2), listed.at(-1)]).toEqual([1_000, 1_201, 203, 7]);
  expect(window.runs.leavesOut).toBe(true);
  using few = windowOn(eventsOf(story));
  await few.loaded();
  expect(few.runs.leavesOut).toBe(false);
});

test('the newest are listed while the others are read, and nothing is said of all of them before they are there', async () => {
  using window = windowOn();
  for (let number = 1; number <= 200; number += 1)
    window.states.set(`run_${number}`, numbered(number, stateAt('activation.queued')));
  const { runs } = window;
  const seen: unknown[] = [];
  runs.onDidReadFirst(() => seen.push([runs.loaded, runs.all().length, runs.listed().map(({ number }) => number)]));
  runs.onDidChange(() => seen.push([runs.loaded, runs.all().length, runs.listed().length]));
  await window.loaded();
  expect(seen).toEqual([
    [false, 0, Array.from({ length: 50 }, (_, index) => 200 - index)],
    [true, 200, 200],
  ]);
});

test('what a window reads of 1,500 runs at its start is less than a third of the states of the thousand newest', async () => {
  const end = { at: '2026-03-04T13:00:00.000Z', archived: null };
  const kinds: readonly RunState[] = [
    stateAt('activation.ended'),
    stateAt('call.started'),
    stateAt(null),
    { ...stateAt(null), status: 'failed', class: 'model', message: 'The endpoint answered 401.', ...end },
    ...Array.from({ length: 16 }, (): RunState => ({ ...stateAt(null), status: 'accepted', by: 'person:ada', ...end })),
  ];
  using window = windowOn();
  for (let number = 1; number <= 1_500; number += 1)
    window.states.set(`run_${number}`, numbered(number, kinds[number % kinds.length]!));
  await window.loaded();
  const bytes = (runs: readonly unknown[]): number => JSON.stringify(runs).length;
  const newest = [...window.states.values()].slice(-1_000);
  expect(window.runs.all()).toHaveLength(1_075);
  expect(bytes(window.runs.all())).toBeLessThan(bytes(newest) / 3);
});
