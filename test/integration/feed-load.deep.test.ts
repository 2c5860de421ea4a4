import { expect, test } from 'vitest';
import type { RunnerConfig } from '../../runner/machine/config/config.ts';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { connect } from '../../runner/cli/connection/client.ts';
import { p50 } from '../bench/statistics.ts';
import { callFinished, feedOf } from '../suites/runs.ts';
import { startRunner, type Runner } from './server-set-up.ts';

/** Some twenty thousand events. */
const many = 100;
const ofBatch = 200;
const readers = 8;
/** No lease runs out, however slow the machine is: that would be an event more. */
const longLease = (config: RunnerConfig): RunnerConfig => ({ ...config, leaseSeconds: 600 });

/** A run that this test is the worker of, with so many times two hundred events. */
const longRun = async (runner: Runner, batches = many) => {
  const { id: run, ...state } = await runner.delegate();
  const { client, activation } = await runner.workerFor({ id: run, ...state });
  const leased = await client.worker.lease.mutate({ run, activation, worker: 'test' });
  if (leased.outcome === 'refused') throw new Error(leased.refusal.message);
  const { fence } = leased;
  for (let batch = 1; batch <= batches; batch += 1) {
    const events = Array.from({ length: ofBatch }, (_, index) => callFinished(`${batch} ${index} `.padEnd(700, 'x')));
    const done = await client.worker.append.mutate({ run, activation, fence, batch, after: 1_000_000, events });
    if (done.outcome === 'refused') throw new Error(done.refusal.message);
  }
  const beat = () => client.worker.heartbeat.mutate({ run, activation, fence, after: 1_000_000 });
  return { run, beat, last: batches * ofBatch + 3 };
};

/** Reads the feed back to a position, as fast as it comes. Returns the positions. */
const catchUp = async ({ serving }: Runner, last: number, seen: (count: number) => void): Promise<number[]> => {
  const input = encodeURIComponent(JSON.stringify({ after: 0 }));
  const answer = await fetch(`${serving.url}/trpc/runs.feed?input=${input}`, {
    headers: { authorization: `Bearer ${serving.token}` },
  });
  const positions: number[] = [];
  let rest = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    const found = lines.filter((line) => line.startsWith('id: ')).map((line) => Number(line.slice(4)));
    positions.push(...found);
    seen(found.length);
    if (positions.at(-1) === last) break;
  }
  return positions;
};

test('while eight read twenty thousand events back, a sign of life and a heartbeat come through again and again', async () => {
  await using runner = await startRunner({ change: longLease });
  const { beat, last } = await longRun(runner);
  let delivered = 0;
  const gaps: number[] = [];
  const over = new AbortController();
  const asking = async (ask: () => Promise<unknown>): Promise<void> => {
    while (!over.signal.aborted) {
      const before = delivered;
      await ask();
      gaps.push(delivered - before);
    }
  };
  const asked = [
    asking(async () => expect((await fetch(`${runner.serving.url}/healthz`)).status).toBe(200)),
    asking(async () => expect((await beat()).outcome).toBe('held')),
  ];
  const caught = await Promise.all(
    Array.from({ length: readers }, () => catchUp(runner, last, (count) => (delivered += count))),
  );
  over.abort();
  await Promise.all(asked);
  const all = Array.from({ length: last }, (_, index) => index + 1);
  for (const positions of caught) expect(positions).toEqual(all);
  // Before, they waited for nearly all of it. A disk that is busy with other things may hold one heartbeat up; most wait for next to nothing.
  expect(Math.max(...gaps)).toBeLessThan((readers * last) / 2);
  expect(p50(gaps)).toBeLessThan((readers * last) / 20);
});

test('one that takes nothing holds a page or so in memory, and nobody else up', async () => {
  await using runner = await startRunner({ change: longLease });
  const { run, last } = await longRun(runner, 20);
  const api = connect({ url: runner.serving.url, token: runner.serving.token });
  const input = encodeURIComponent(JSON.stringify({ run, after: 0 }));
  const lazy = new AbortController();
  const headers = { authorization: `Bearer ${runner.serving.token}` };
  const before = process.memoryUsage().arrayBuffers;
  await Promise.all(
    Array.from({ length: 40 }, () =>
      fetch(`${runner.serving.url}/trpc/runs.feed?input=${input}`, { headers, signal: lazy.signal }),
    ),
  );
  expect(await catchUp(runner, last, () => {})).toHaveLength(last);
  expect((await api.call.runs.get.query({ run })).seq).toBe(last);
  // Forty times all of it would be some 140 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(70_000_000);
  lazy.abort();
});

test('a page has no more than so many bytes, but for an event that alone has more', async () => {
  await using runner = await startRunner({ change: longLease });
  const { run } = await longRun(runner, 2);
  await runner.serving.close();
  await using store = await openSqliteStore({ folder: runner.home.database });
  const filter = { tenant: 'local', run };
  const events = await feedOf(store, filter, { after: 0, limit: 1_000 });
  const page = await store.feedPage(filter, 0, { rows: 100, bytes: 20_000 });
  expect(page.more).toBe(true);
  expect(page.events.length).toBeLessThan(40);
  expect(page.events.map(({ json }): unknown => JSON.parse(json))).toEqual(events.slice(0, page.events.length));
  expect((await store.feedPage(filter, 10, { rows: 100, bytes: 1 })).events).toHaveLength(1);
  const whole = await store.feedPage(filter, 0, { rows: 1_000, bytes: 1_000_000_000 });
  expect(whole.events.map(({ json }): unknown => JSON.parse(json))).toEqual(events);
});
