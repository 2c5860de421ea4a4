import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Said } from '../../runner/control/engine/engine.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import { lineOf } from '../../shared/run/summary.ts';
import { scenarioRepository, script } from '../chaos/scenario.ts';
import { startFakeTrigger, type FakeTrigger } from '../fakes/trigger/index.ts';
import { openTestEngine, startTriggerRig, type TriggerRig } from '../harness/trigger.ts';

let repository: string;
beforeAll(async () => {
  repository = await scenarioRepository();
});

const input = () => ({ goal: 'Greet', repository, verification: [] });
/** What is at work has begun: then nothing stands in its way any more. */
const hasBegun = ({ fence }: RunState): boolean => fence > 0;
const asked = (fake: FakeTrigger) => fake.journal.filter((name) => name.endsWith('/trigger')).length;

describe('a run whose deployment there is not', () => {
  let world: TriggerRig;
  beforeAll(async () => {
    world = await startTriggerRig({ script, config: { engine: { kind: 'trigger', version: '20991231.7' } } });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('fails at once, says what to do in show and list, and is asked for no more', async () => {
    const { rig, fake } = world;
    const { id, number } = await rig.delegate(input());
    const state = await rig.settled(id, ({ status }) => status === 'failed');
    expect(state).toMatchObject({
      class: 'infrastructure',
      message: expect.stringMatching(
        /^Trigger\.dev has no deployment 20991231\.7 of the task in this environment\. Name one .*engine\.version.*longhaul retry/,
      ) as string,
      losses: 0,
    });
    // The one that was refused, and the one that asked why.
    expect({ asked: asked(fake), runs: fake.world.runs.length }).toEqual({ asked: 2, runs: 0 });
    for (const words of [['show', String(number)], ['runs']])
      expect((await rig.cli(words)).stdout).toMatch(/has no deployment 20991231\.7|infrastructure: Trigger\.dev/);
  });
});

describe('a run that does not begin', () => {
  let world: TriggerRig;
  beforeAll(async () => {
    world = await startTriggerRig({ script });
  });
  afterEach(() => {
    world.fake.calm();
    world.fake.world.release();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('on a Trigger.dev that is down says so within the first attempts, and begins when it is back', async () => {
    const { rig, fake } = world;
    fake.trouble({ times: 1_000, on: /trigger$/, with: 503 });
    const { id, number } = await rig.delegate(input());
    const held = await rig.settled(id, (state) => state.status === 'queued' && state.delay !== null);
    expect(held).toMatchObject({
      delay: {
        kind: 'awaited',
        asked: 'Trigger.dev, for a task run',
        said: 'Trigger.dev answers 503: trouble, as the test wants it',
        retryAt: expect.any(String) as string,
      },
    });
    for (const words of [['show', String(number)], ['runs']])
      expect((await rig.cli(words)).stdout).toContain('Trigger.dev, for a task run: Trigger.dev answers 503');
    fake.calm();
    expect(await rig.settled(id, hasBegun)).not.toHaveProperty('delay');
  });

  test('for want of a deployed version says so at once, and begins when there is one', async () => {
    const { rig, fake } = world;
    fake.world.held = true;
    const { id } = await rig.delegate(input());
    const taskRun = await fake.world.until(() => fake.world.runs.find(({ tags }) => tags.includes(`run:${id}`)));
    fake.world.report(taskRun, 'PENDING_VERSION');
    const held = await rig.settled(id, (state) => state.status === 'queued' && state.delay !== null);
    expect(lineOf(held).detail).toMatch(
      /^Trigger\.dev, task run run_fake\d+: PENDING_VERSION: no deployed version has the task; not running since .*longhaul deploy$/,
    );
    fake.world.report(taskRun, 'QUEUED');
    fake.world.release();
    await rig.settled(id, hasBegun);
  });

  test('because the key is refused stays queued, with a remedy, and begins once it is taken', async () => {
    const { rig, fake } = world;
    fake.trouble({ times: 1, on: /trigger$/, with: 401 });
    const { id } = await rig.delegate(input());
    const deferred = await rig.event(id, ({ body }: RunEvent) => body.type === 'activation.deferred');
    expect(deferred.body).toMatchObject({
      reason: expect.stringContaining('Trigger.dev refuses the key') as string,
      remedy: expect.stringContaining('TRIGGER_SECRET_KEY') as string,
    });
    await rig.settled(id, hasBegun);
  });
});

/** An engine whose task runs do what the test says, and what it says of them. */
const engineOn = (fake: FakeTrigger) => {
  const made = openTestEngine(fake, { slowMs: 20, pollMs: 20 });
  const heard: Said[] = [];
  let tell = (): void => {};
  made.engine.onSaid((said) => {
    heard.push(said);
    tell();
  });
  return {
    engine: made.engine,
    /** The next that it says. */
    said: async (number: number): Promise<Said> => {
      while (heard.length < number) await new Promise<void>((resolve) => (tell = resolve));
      return heard[number - 1]!;
    },
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  };
};
const ticket = { run: 'run_aaaa', activation: 'act_aaaa', url: 'http://127.0.0.1:1', token: 'x' };

test('the engine says what a task run is at that takes its time, each status once', async () => {
  await using fake = await startFakeTrigger();
  await using set = engineOn(fake);
  await set.engine.dispatch(ticket);
  const taskRun = await fake.runFor('act_aaaa');
  expect(await set.said(1)).toMatchObject({
    run: 'run_aaaa',
    activation: 'act_aaaa',
    asked: `Trigger.dev, task run ${taskRun.id}`,
    said: 'QUEUED: no machine has begun with it',
    retryAt: expect.any(Number) as number,
  });
  fake.world.report(taskRun, 'EXECUTING');
  expect(await set.said(2)).toMatchObject({
    said: 'EXECUTING: it has not asked for its work',
    remedy: expect.stringContaining('public URL') as string,
    retryAt: null,
  });
});

test('a version that there is not is refused for good in an environment of any kind; trouble with a version is trouble', async () => {
  await using fake = await startFakeTrigger();
  const versioned = { settings: { waits: 'end', ttlSeconds: 60, machine: null, version: '20260101.1' } } as const;
  await using set = openTestEngine(fake, versioned);
  fake.trouble({ times: 2, on: /trigger$/, with: 500 });
  await set.engine.dispatch(ticket);
  expect(fake.world.runs).toHaveLength(1);
  await using wrong = openTestEngine(fake, { settings: { ...versioned.settings, version: '20991231.7' } });
  await expect(wrong.engine.dispatch({ ...ticket, activation: 'act_bbbb' })).rejects.toMatchObject({
    name: 'EngineRefusal',
    forGood: true,
  });
});
