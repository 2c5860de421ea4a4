import { expect, test } from 'vitest';
import type { Lost } from '../../runner/control/engine/engine.ts';
import type { TriggerEngineOptions } from '../../runner/trigger-dev/engine/trigger.ts';
import { startFakeTrigger, type FakeRun } from '../fakes/trigger/index.ts';
import { engineProgram, engineTask, openTestEngine } from '../harness/trigger.ts';
import { engineSuite } from '../suites/engine.ts';

engineSuite(
  'trigger',
  async ({ workers }) => {
    const fake = await startFakeTrigger({ program: engineProgram });
    const made = openTestEngine(fake, { workers, task: engineTask });
    return {
      engine: made.engine,
      async [Symbol.asyncDispose]() {
        await made[Symbol.asyncDispose]();
        await fake[Symbol.asyncDispose]();
      },
    };
  },
  { crash: 'CRASHED', kill: 'CRASHED' },
);

test('a task gets what it was given; a payload that was encoded before ends it, as it does on a server', async () => {
  await using fake = await startFakeTrigger({ program: engineProgram });
  const trigger = async (payload: unknown, key: string): Promise<FakeRun> => {
    const answer = await fetch(`${fake.url}/api/v1/tasks/${engineTask}/trigger`, {
      method: 'POST',
      headers: { authorization: `Bearer ${fake.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ payload, options: { payloadType: 'application/json', idempotencyKey: key } }),
    });
    expect(answer.status).toBe(200);
    const run = await fake.runFor(key);
    await fake.world.until(() => (run.status === 'FAILED' ? run : undefined));
    return run;
  };
  const given = ticket('aaaa');
  expect((await trigger(JSON.stringify(given), 'encoded')).error?.message).toContain('TASK_INPUT_ERROR');
  // It got to its work, where nobody listens.
  expect((await trigger(given, 'plain')).error?.message).toContain('fetch failed');
});

const ticket = (id: string, run = `run_${id}`) => ({
  run,
  activation: `act_${id}`,
  url: 'http://127.0.0.1:1',
  token: 'x',
});

/** An engine on a Trigger.dev whose runs do what the test says. */
const setUp = async (options: Partial<TriggerEngineOptions> = {}) => {
  const fake = await startFakeTrigger();
  const made = openTestEngine(fake, options);
  const lost: Lost[] = [];
  const free: (() => void)[] = [];
  made.engine.onLost((each) => lost.push(each));
  made.engine.onFree(() => free.splice(0).forEach((resolve) => resolve()));
  return {
    fake,
    lost,
    engine: made.engine,
    nextFree: () => new Promise<void>((resolve) => void free.push(resolve)),
    async [Symbol.asyncDispose]() {
      await made[Symbol.asyncDispose]();
      await fake[Symbol.asyncDispose]();
    },
  };
};

/** A machine that is busy with other things. */
const patience = { timeout: 60_000, interval: 20 };

test('without a realtime stream it asks, and learns the same', async () => {
  await using set = await setUp({ pollMs: 50 });
  set.fake.realtime = false;
  await set.engine.dispatch(ticket('aaaa'));
  const free = set.nextFree();
  set.fake.world.report(await set.fake.runFor('act_aaaa'), 'CRASHED', 'OOM');
  await free;
  expect(set.lost).toEqual([
    { run: 'run_aaaa', activation: 'act_aaaa', reason: 'Trigger.dev: CRASHED, often for want of memory: OOM' },
  ]);
  expect(set.engine.capacity()).toBe(2);
});

test('a realtime stream that answers 503 is no riddle: the engine says that it polls, until it answers again', async () => {
  await using set = await setUp();
  const says = (what: readonly unknown[]) => expect.poll(() => set.engine.troubles(), patience).toEqual(what);
  await says([]);
  set.fake.realtime = false;
  // The request that waits is answered, and the next one is refused.
  set.fake.world.trigger('other', '{}', { tags: ['longhaul'] });
  await says([
    expect.stringMatching(
      /^Trigger\.dev’s realtime stream is not there since .* \(Trigger\.dev’s realtime answers 503\): tasks are polled every 5 s\.$/,
    ),
  ]);
  set.fake.realtime = true;
  await says([]);
});

test('a run that Longhaul knows to wait takes no place, though its server says that it executes all the while', async () => {
  await using set = await setUp({
    workers: 1,
    settings: { waits: 'token', ttlSeconds: 600, machine: null, version: null },
  });
  await set.engine.dispatch(ticket('aaaa'));
  const waiting = await set.fake.runFor('act_aaaa');
  set.fake.world.report(waiting, 'EXECUTING');
  expect(set.engine.capacity()).toBe(0);
  const free = set.nextFree();
  set.engine.parked('act_aaaa');
  await free;
  expect(set.engine.capacity()).toBe(1);
  // Whatever is told of it from now on.
  await set.engine.dispatch(ticket('bbbb'));
  expect(set.engine.capacity()).toBe(0);
  set.fake.world.touch(waiting);
  const over = set.nextFree();
  const other = await set.fake.runFor('act_bbbb');
  other.output = { data: '{"left":null}', dataType: 'application/json' };
  set.fake.world.report(other, 'COMPLETED');
  await over;
  expect({ capacity: set.engine.capacity(), lost: set.lost }).toEqual({ capacity: 1, lost: [] });
});

test('what Trigger.dev does not take is not under way, and a good moment to try again comes', async () => {
  await using set = await setUp({ retryMs: 20 });
  set.fake.trouble({ times: 1, on: /trigger$/, with: 401 });
  const free = set.nextFree();
  await expect(set.engine.dispatch(ticket('aaaa'))).rejects.toThrow('trouble, as the test wants it');
  expect(set.engine.capacity()).toBe(2);
  await free;
  await set.engine.dispatch(ticket('aaaa'));
  expect(set.fake.world.runs.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['act_aaaa']);
});

test('a task that Trigger.dev does not know any more is lost, once it has said so three times', async () => {
  await using set = await setUp({ pollMs: 20 });
  set.fake.realtime = false;
  await set.engine.dispatch(ticket('aaaa'));
  const free = set.nextFree();
  set.fake.world.runs.length = 0;
  await free;
  expect(set.lost).toEqual([
    { run: 'run_aaaa', activation: 'act_aaaa', reason: 'Trigger.dev does not know its task any more' },
  ]);
});

test('priorities, sizes and versions are passed on; a tag is never too long', async () => {
  await using set = await setUp({
    settings: { waits: 'end', ttlSeconds: 60, machine: 'large-1x', version: '20260101.1' },
    originOf: async () => ({ tenant: 't'.repeat(200), repository: '/r', priority: 3, fence: 0 }),
  });
  await set.engine.dispatch(ticket('aaaa'));
  expect(set.fake.world.runs[0]?.options).toMatchObject({
    ttl: 60,
    machine: 'large-1x',
    lockToVersion: '20260101.1',
    priority: 180,
    tags: ['longhaul', 'run:run_aaaa', 'activation:act_aaaa', `tenant:${'t'.repeat(121)}`],
  });
});

test('an engine that comes back finds its tasks again: those that were lost, those that ended, and those at work', async () => {
  await using set = await setUp();
  for (const id of ['lost', 'ended', 'work']) await set.engine.dispatch(ticket(id)).catch(() => {});
  const world = set.fake.world;
  await using again = openTestEngine(set.fake, { workers: 3 });
  world.report(await set.fake.runFor('act_lost'), 'SYSTEM_FAILURE');
  const ended = await set.fake.runFor('act_ended');
  ended.output = { data: '{"left":null}', dataType: 'application/json' };
  world.report(ended, 'COMPLETED');
  const held = ['lost', 'ended', 'work', 'unknown'].map((id) => ({ ...ticket(id), worker: 'a task' }));
  expect(await again.engine.resume(held)).toEqual([
    { run: 'run_lost', activation: 'act_lost', reason: 'Trigger.dev: SYSTEM_FAILURE' },
    { run: 'run_ended', activation: 'act_ended', reason: 'its task ended while the runner was away' },
  ]);
  // What it does not find it leaves to the lease.
  expect(again.engine.capacity()).toBe(2);
  const { promise: told, resolve: tell } = Promise.withResolvers<Lost>();
  again.engine.onLost(tell);
  world.report(await set.fake.runFor('act_work'), 'TIMED_OUT');
  expect(await told).toMatchObject({ activation: 'act_work', reason: expect.stringContaining('TIMED_OUT') });
});

test('a wait holds no slot, and is no loss when it ends', async () => {
  await using set = await setUp({ workers: 1 });
  await set.engine.dispatch(ticket('aaaa'));
  const run = await set.fake.runFor('act_aaaa');
  const free = set.nextFree();
  set.fake.world.report(run, 'WAITING');
  await free;
  expect(set.engine.capacity()).toBe(1);
  const ended = set.nextFree();
  run.output = { data: '{"left":null}', dataType: 'application/json' };
  set.fake.world.report(run, 'COMPLETED');
  await ended;
  expect(set.lost).toEqual([]);
});
