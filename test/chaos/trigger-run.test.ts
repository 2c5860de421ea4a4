import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../shared/run/events.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { scenarioInput, scenarioRepository, script } from './scenario.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import type { FakeRun } from '../fakes/trigger/index.ts';
import { normalised } from '../harness/normalise.ts';
import { openFolder, Rig } from '../harness/rig.ts';
import { startTriggerRig, type TriggerRig } from '../harness/trigger.ts';

const approve = async (rig: Rig, state: RunState): Promise<void> => {
  for (const { request } of openDecisions(state))
    await rig.api.decisions.decide.mutate({
      run: state.id,
      decision: request.id,
      hash: request.hash,
      verdict: { kind: 'approved' },
    });
};
const waits = ({ status }: RunState): boolean => status === 'waiting';
const isDone = ({ status }: RunState): boolean => status === 'reviewing' || status === 'failed';

/** Delegates the scenario, approves what it asks, and waits for its end. `meanwhile` comes between. */
const drive = async (
  rig: Rig,
  repository: string,
  meanwhile: (state: RunState) => Promise<void> = async () => {},
): Promise<RunState> => {
  const { id } = await rig.delegate({ ...scenarioInput, repository });
  const waiting = await rig.settled(id, waits);
  await meanwhile(waiting);
  await approve(rig, waiting);
  return rig.settled(id, isDone);
};

/**
 * What two runs of the scenario have in common, wherever they ran: all but where their code came from, and the list of
 * changes, which names the run's own commits.
 */
const outcome = async (rig: Rig, state: RunState): Promise<object> => ({
  tree: state.result?.head.tree,
  patch: state.result?.patch,
  events: JSON.stringify(normalised(await rig.events(state.id)).slice(1), (key, value: unknown) =>
    key === 'changes' ? undefined : value,
  ),
});
const lossesOf = (events: readonly RunEvent[]): readonly string[] =>
  events.flatMap(({ body }) => (body.type === 'activation.lost' ? [body.reason] : []));
/** What no machine began with is lost to nobody: it is put off, and spends nothing of the run's. */
const deferralsOf = (events: readonly RunEvent[]): readonly string[] =>
  events.flatMap(({ body }) => (body.type === 'activation.deferred' ? [body.reason] : []));
const ends = (runs: readonly FakeRun[]) =>
  runs.map(({ status, tags }) => [status, tags.find((tag) => tag.startsWith('ended:')) ?? null]);
const allOver = ({ fake }: TriggerRig): Promise<true> =>
  fake.world.until(() => (fake.world.runs.every(({ execution }) => execution === null) ? true : undefined));

let plain: object;
let repository: string;
beforeAll(async () => {
  repository = await scenarioRepository();
  await using rig = await Rig.start({ script });
  plain = await outcome(rig, await drive(rig, repository));
});

describe('a run on Trigger.dev comes out as it does on this machine', () => {
  let world: TriggerRig;
  beforeAll(async () => {
    // A lease that never runs out: whatever is noticed, Trigger.dev told it.
    world = await startTriggerRig({ script, env: { LONGHAUL_LEASE_SECONDS: '600' } });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('with a task run for each activation, and a dashboard that says what they do', async () => {
    const state = await drive(world.rig, repository);
    expect(await outcome(world.rig, state)).toEqual(plain);
    await allOver(world);
    const { runs } = world.fake.world;
    expect(ends(runs)).toEqual([
      ['COMPLETED', 'ended:waiting'],
      ['COMPLETED', 'ended:reviewing'],
    ]);
    expect(runs.map(({ attempts }) => attempts)).toEqual([1, 1]);
    const events = await world.rig.events(state.id);
    const queued = events.flatMap(({ body }) => (body.type === 'activation.queued' ? [body.activation] : []));
    expect(runs.map(({ options }) => options)).toEqual(
      queued.map((activation) => ({
        idempotencyKey: activation,
        concurrencyKey: expect.stringMatching(/^local:[0-9a-f]{16}$/),
        tags: ['longhaul', `run:${state.id}`, `activation:${activation}`, 'tenant:local'],
        ttl: 3600,
        priority: 0,
        maxAttempts: 1,
        payloadType: 'application/json',
      })),
    );
    // The SDK may lose what was set last, on a busy machine: here the call that had just ended.
    expect(runs.at(-1)?.metadata).toEqual({
      run: `#${state.number}`,
      status: 'reviewing',
      round: 1,
      turn: 9,
      plan: [{ text: 'Keep the journal', status: 'active' }],
      call: expect.toBeOneOf([null, 'finish']),
      waitsFor: null,
      cost: expect.stringMatching(/^at least \$/),
      tokens: state.spent.inputTokens + state.spent.outputTokens,
    });
    expect(runs[0]?.metadata).toMatchObject({ status: 'waiting', waitsFor: 'a decision: call' });
  });

  for (const status of ['CRASHED', 'TIMED_OUT', 'SYSTEM_FAILURE', 'FAILED', 'CANCELED'] as const)
    test(`when Trigger.dev reports ${status}: the activation is lost, once, and the next goes on`, async () => {
      const { rig, fake } = world;
      const { id } = await rig.delegate({ ...scenarioInput, repository });
      await rig.event(id, ({ body }) => body.type === 'call.finished');
      fake.world.report(fake.world.runs.at(-1)!, status);
      const waiting = await rig.settled(id, waits);
      await approve(rig, waiting);
      const state = await rig.settled(id, isDone);
      expect(await outcome(rig, state)).toEqual(plain);
      expect(lossesOf(await rig.events(id))).toEqual([expect.stringContaining(`Trigger.dev: ${status}`)]);
      expect(state.spent.retries).toBeGreaterThan(0);
      await allOver(world);
    });

  test('when no machine begins with it in time', async () => {
    const { rig, fake } = world;
    fake.world.held = true;
    const { id } = await rig.delegate({ ...scenarioInput, repository });
    const first = await fake.world.until(() => fake.world.runs.find(({ tags }) => tags.includes(`run:${id}`)));
    fake.world.held = false;
    fake.world.report(first, 'EXPIRED');
    await approve(rig, await rig.settled(id, waits));
    const state = await rig.settled(id, isDone);
    expect(await outcome(rig, state)).toEqual(plain);
    const events = await rig.events(id);
    expect(deferralsOf(events)).toEqual([expect.stringContaining('EXPIRED')]);
    expect({ lost: lossesOf(events), retries: state.spent.retries }).toEqual({ lost: [], retries: 0 });
    await allOver(world);
  });

  test('when the control plane is away while a task works: the lease outlives it', async () => {
    const { rig, fake } = world;
    const { id } = await rig.delegate({ ...scenarioInput, repository });
    await rig.event(id, ({ body }) => body.type === 'call.finished');
    await world.restart();
    await approve(rig, await rig.settled(id, waits));
    const state = await rig.settled(id, isDone);
    expect(await outcome(rig, state)).toEqual(plain);
    expect(lossesOf(await rig.events(id))).toEqual([]);
    await allOver(world);
    expect(ends(fake.world.runs.slice(-2))).toEqual([
      ['COMPLETED', 'ended:waiting'],
      ['COMPLETED', 'ended:reviewing'],
    ]);
  });

  test('when a task is lost after the control plane was away', async () => {
    const { rig, fake } = world;
    const { id } = await rig.delegate({ ...scenarioInput, repository });
    await rig.event(id, ({ body }) => body.type === 'call.finished');
    await world.restart();
    fake.world.report(fake.world.runs.at(-1)!, 'CRASHED');
    await approve(rig, await rig.settled(id, waits));
    expect(await outcome(rig, await rig.settled(id, isDone))).toEqual(plain);
    expect(lossesOf(await rig.events(id))).toEqual([expect.stringContaining('CRASHED')]);
    await allOver(world);
  });

  test('when a task was lost while the control plane was away', async () => {
    const { rig, fake } = world;
    const { id } = await rig.delegate({ ...scenarioInput, repository });
    await rig.event(id, ({ body }) => body.type === 'call.finished');
    await world.restart(() => fake.world.report(fake.world.runs.at(-1)!, 'CRASHED'));
    await approve(rig, await rig.settled(id, waits));
    expect(await outcome(rig, await rig.settled(id, isDone))).toEqual(plain);
    expect(lossesOf(await rig.events(id))).toEqual([expect.stringContaining('CRASHED')]);
    await allOver(world);
  });

  test('when Trigger.dev is in trouble as it is asked: nothing is triggered twice', async () => {
    const { rig, fake } = world;
    const before = fake.world.runs.length;
    fake.trouble({ times: 1, on: /trigger$/, with: 503 });
    fake.trouble({ times: 1, on: /trigger$/, with: 429 });
    fake.trouble({ times: 1, on: /trigger$/, with: 'cut' });
    expect(await outcome(rig, await drive(rig, repository))).toEqual(plain);
    expect(fake.world.runs.length - before).toBe(2);
    expect(rig.output.match(/Trigger\.dev is asked again/g)?.length).toBeGreaterThanOrEqual(3);
    await allOver(world);
  });
});

describe('waiting with a token', () => {
  let world: TriggerRig;
  beforeAll(async () => {
    world = await startTriggerRig({ script, waits: 'token', env: { LONGHAUL_LEASE_SECONDS: '600' } });
  });
  afterAll(() => world[Symbol.asyncDispose]());
  const suspended = (id: string): Promise<FakeRun> =>
    world.fake.world.until(() =>
      world.fake.world.runs.find(({ status, tags }) => status === 'WAITING' && tags.includes(`run:${id}`)),
    );
  const runsOf = (id: string) => world.fake.world.runs.filter(({ tags }) => tags.includes(`run:${id}`));

  test('one task run serves the activations before and after the decision', async () => {
    const state = await drive(world.rig, repository, async ({ id }) => void (await suspended(id)));
    expect(await outcome(world.rig, state)).toEqual(plain);
    await allOver(world);
    expect(ends(runsOf(state.id))).toEqual([['COMPLETED', 'ended:reviewing']]);
    const events = await world.rig.events(state.id);
    expect(events.filter(({ body }) => body.type === 'activation.leased')).toHaveLength(2);
  });

  test('a wait holds no slot: others go on', async () => {
    const { rig } = world;
    const parked = await Promise.all([1, 2].map(() => rig.delegate({ ...scenarioInput, repository })));
    for (const { id } of parked) {
      await rig.settled(id, waits);
      await suspended(id);
    }
    // There are two slots, and two tasks that wait.
    const third = await drive(rig, repository);
    expect(third.status).toBe('reviewing');
    // And a run that is over leaves nobody waiting for it.
    for (const { id } of parked) await rig.api.runs.cancel.mutate({ run: id });
    await allOver(world);
    expect(parked.map(({ id }) => ends(runsOf(id)))).toEqual([[['CANCELED', null]], [['CANCELED', null]]]);
  });

  test('where the waiting task is gone, the decision starts another', async () => {
    const state = await drive(world.rig, repository, async ({ id }) =>
      world.fake.world.report(await suspended(id), 'CRASHED'),
    );
    expect(await outcome(world.rig, state)).toEqual(plain);
    await allOver(world);
    expect(ends(runsOf(state.id))).toEqual([
      ['CRASHED', null],
      ['COMPLETED', 'ended:reviewing'],
    ]);
    // What it waited for is no activation that could be lost.
    expect(lossesOf(await world.rig.events(state.id))).toEqual([]);
  });

  test('a decision that the control plane took and could not pass on is passed on when it starts', async () => {
    const { rig, fake } = world;
    const { id } = await rig.delegate({ ...scenarioInput, repository });
    const waiting = await rig.settled(id, waits);
    await suspended(id);
    fake.trouble({ times: 1000, on: /tokens/, with: 503 });
    await approve(rig, waiting);
    await world.restart(() => fake.calm());
    expect(await outcome(rig, await rig.settled(id, isDone))).toEqual(plain);
    await allOver(world);
    expect(ends(runsOf(id))).toEqual([['COMPLETED', 'ended:reviewing']]);
    expect(lossesOf(await rig.events(id))).toEqual([]);
  });

  test('a token that somebody else completes leads its task nowhere', async () => {
    const { rig, fake } = world;
    const { id } = await rig.delegate({ ...scenarioInput, repository });
    const waiting = await rig.settled(id, waits);
    await suspended(id);
    const ticket = { run: id, activation: 'act_stranger', url: 'http://127.0.0.1:1', token: 'x' };
    fake.world.completeToken(fake.world.tokens.at(-1)!, {
      data: JSON.stringify({ ticket }),
      dataType: 'application/json',
    });
    await allOver(world);
    await approve(rig, waiting);
    expect(await outcome(rig, await rig.settled(id, isDone))).toEqual(plain);
    await allOver(world);
    expect(runsOf(id).map(({ output }) => output?.data)).toEqual([
      expect.stringContaining('not for this run at this control plane'),
      expect.stringContaining('null'),
    ]);
  });
});

describe('ending a task', () => {
  test('a run that a person cancels is stopped at once, and its task with it', async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    await using world = await startTriggerRig({
      script: () => {
        ask();
        return new Promise(() => {});
      },
    });
    const { id } = await world.rig.delegate({ ...scenarioInput, repository });
    await asked;
    await world.rig.api.runs.cancel.mutate({ run: id });
    await world.fake.world.until(() => (world.fake.world.runs[0]?.status === 'CANCELED' ? true : undefined));
    await allOver(world);
    expect(lossesOf(await world.rig.events(id))).toEqual([]);
  });

  test('one that takes longer than its maxDuration is ended by Trigger.dev, and the next activation goes on', async () => {
    let hung = false;
    await using world = await startTriggerRig({
      maxDuration: 10,
      script: (asked, place) => {
        if (hung) return script(asked, place);
        hung = true;
        return new Promise(() => {});
      },
    });
    const state = await drive(world.rig, repository);
    const losses = lossesOf(await world.rig.events(state.id));
    // On a busy machine the next one may take as long, and goes on from where that one was.
    expect(losses).toEqual(losses.map(() => expect.stringContaining('TIMED_OUT')));
    expect(losses.length).toBeGreaterThanOrEqual(1);
    expect(state.status).toBe('reviewing');
    await allOver(world);
  });

  test('a machine that stays keeps no code, of activations that ended and of one that died', async () => {
    const workerFolder = await openFolder('longhaul-worker-');
    await using world = await startTriggerRig({ script, workerFolder });
    const { rig, fake } = world;
    const { id } = await rig.delegate({ ...scenarioInput, repository });
    await rig.event(id, ({ body }) => body.type === 'call.finished');
    fake.world.report(fake.world.runs.at(-1)!, 'CRASHED');
    await approve(rig, await rig.settled(id, waits));
    await rig.settled(id, isDone);
    await allOver(world);
    expect(await readdir(path.join(workerFolder, 'runs'))).toEqual(['.tools']);
    await rm(workerFolder, { recursive: true });
  });

  test('one whose program fails is tried again by the control plane, and not by Trigger.dev, until a person is asked', async () => {
    await using world = await startTriggerRig({
      script: scripted([calls('bash', { command: 'true', timeoutSeconds: null, network: null })]),
      // A file where its folder should be.
      workerFolder: '/dev/null/longhaul',
    });
    const { id } = await world.rig.delegate({ ...scenarioInput, repository });
    const state = await world.rig.settled(id, (now) => waits(now) || isDone(now));
    expect({ status: state.status, asked: openDecisions(state).map(({ request }) => request.arguments) }).toEqual({
      status: 'waiting',
      asked: [{ losses: 5 }],
    });
    expect(world.fake.world.runs.map(({ status, attempts }) => [status, attempts])).toEqual(
      Array.from({ length: 5 }, () => ['FAILED', 1]),
    );
    await allOver(world);
  });
});
