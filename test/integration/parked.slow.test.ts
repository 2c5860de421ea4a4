import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../shared/run/events.ts';
import { openDecisions, pausedBy, type RunState } from '../../shared/run/state.ts';
import { asksOnce, asksOnceInput, someRepository, waits } from '../harness/asks-once.ts';
import { descendants, inspectable, timersIn } from '../harness/processes.ts';
import { AppendProxy } from '../harness/proxy.ts';
import { Rig } from '../harness/rig.ts';

const isOver = ({ status }: RunState) => status !== 'queued' && status !== 'working' && status !== 'waiting';

const parked = async (rig: Rig, repository: string): Promise<RunState> =>
  rig.settled((await rig.delegate({ ...asksOnceInput, repository })).id, waits);

const approve = async (rig: Rig, state: RunState): Promise<unknown> => {
  const [open] = openDecisions(state);
  return rig.api.decisions.decide.mutate({
    run: state.id,
    decision: open!.request.id,
    hash: open!.request.hash,
    verdict: { kind: 'approved' },
  });
};

const count = (events: readonly RunEvent[], wanted: (event: RunEvent) => boolean) => events.filter(wanted).length;

/** What happened of it all, and how often. */
const account = async (rig: Rig, state: RunState): Promise<object> => {
  const events = await rig.events(state.id);
  return {
    status: state.status,
    verification: state.verification.map(({ exitCode }) => exitCode),
    made: count(events, ({ body }) => body.type === 'decision.made'),
    woken: count(events, ({ body }) => body.type === 'activation.queued' && body.reason === 'decision'),
    started: count(events, ({ body }) => body.type === 'call.started'),
    asked: rig.model.journal.length,
  };
};
/** The call that was approved ran once, one decision woke the run once, the model was asked each question once. */
const once = { status: 'reviewing', verification: [0], made: 1, woken: 1, started: 3, asked: 3 };

/** The worker that is kept warm ahead of need, and its watchdog: there are so many whatever waits. */
const warm = 2;

describe('a run that waits for a person', () => {
  test('holds no process and no timer of its own', async () => {
    await using rig = await Rig.start({ script: asksOnce, env: { LONGHAUL_WORKERS: '1', ...inspectable } });
    const repository = await someRepository();
    await expect.poll(() => descendants(rig.pid)).toHaveLength(warm);
    const before = await descendants(rig.pid);
    await parked(rig, repository);
    await expect.poll(() => descendants(rig.pid)).toEqual(before);
    for (let more = 0; more < 2; more += 1) await parked(rig, repository);
    await expect.poll(() => descendants(rig.pid)).toEqual(before);
    // The one that serves all runs, and the one that ends idle workers; those of the work that was done go with it.
    await expect.poll(async () => (await timersIn(rig.output)).length).toBeLessThanOrEqual(2);
  });
});

describe('an approval wakes the run, exactly once', () => {
  test('when the runner was killed while the run waited, and started again', async () => {
    await using rig = await Rig.start({ script: asksOnce });
    const state = await parked(rig, await someRepository());
    await rig.kill();
    await rig.start();
    await approve(rig, state);
    expect(await account(rig, await rig.settled(state.id, isOver))).toEqual(once);
  });

  test('when the person decides while there is no runner: the command starts one', async () => {
    await using rig = await Rig.start({ script: asksOnce });
    const repository = await someRepository();
    const state = await parked(rig, repository);
    await rig.kill();
    const [open] = openDecisions(state);
    await using inBetween = new AsyncDisposableStack();
    inBetween.defer(async () => void (await rig.cli(['stop'])));
    expect(await rig.cli(['approve', open!.request.id, '--yes'])).toMatchObject({ code: 0 });
    expect(await rig.cli(['watch', 'latest'], { cwd: repository })).toMatchObject({ code: 3 });
    await inBetween.disposeAsync();
    await rig.start();
    expect(await account(rig, await rig.settled(state.id, isOver))).toEqual(once);
  });

  test('when it comes before the worker has parked the run', async () => {
    await using proxy = new AppendProxy();
    await using rig = await Rig.start({ script: asksOnce, env: { LONGHAUL_PUBLIC_URL: await proxy.listen() } });
    proxy.target = rig.url;
    let early: RunState | null = null;
    // Held back until the person has decided: all that the worker appends after it asked.
    proxy.rule = {
      before: async () => {
        const { runs } = await rig.api.runs.list.query({});
        const listed = runs.find((run) => run.status === 'working' && openDecisions(run).length > 0);
        if (listed === undefined) return 'pass';
        const asking = await rig.api.runs.get.query({ run: listed.id });
        await approve(rig, asking);
        early = asking;
        return 'pass';
      },
      after: async () => 'pass',
    };
    const { id } = await rig.delegate({ ...asksOnceInput, repository: await someRepository() });
    const state = await rig.settled(id, isOver);
    expect(early).toMatchObject({ id, status: 'working' });
    expect(await account(rig, state)).toEqual(once);
  });

  test('when it is given twice at the same time', async () => {
    await using rig = await Rig.start({ script: asksOnce });
    const state = await parked(rig, await someRepository());
    const [first, second] = await Promise.allSettled([approve(rig, state), approve(rig, state)]);
    expect([first.status, second.status].toSorted()).toContain('fulfilled');
    expect(await account(rig, await rig.settled(state.id, isOver))).toEqual(once);
  });
});

describe('a run that a person paused', () => {
  test('stands still through a kill of the runner and its worker, asks the model nothing, and goes on when it is resumed', async () => {
    await using rig = await Rig.start({ script: asksOnce });
    const { id } = await rig.delegate({ ...asksOnceInput, repository: await someRepository() });
    const asked = await rig.api.runs.pause.mutate({ run: id });
    expect(pausedBy(asked)).not.toBeNull();
    // Again is no other wish, however far it has come.
    expect(pausedBy(await rig.api.runs.pause.mutate({ run: id }))).not.toBeNull();
    await rig.kill();
    await rig.start();
    const paused = await rig.settled(id, ({ status }) => status === 'waiting');
    expect(paused).toMatchObject({ until: { kind: 'resume' } });
    const before = rig.model.journal.length;
    expect((await rig.cli(['show', 'latest'])).stdout).toContain('paused by');
    expect(await rig.cli(['resume', 'latest'])).toMatchObject({ code: 0 });
    const state = await rig.settled(id, waits);
    expect(rig.model.journal.length).toBeGreaterThan(before);
    await approve(rig, state);
    expect(await rig.settled(id, isOver)).toMatchObject({
      status: 'reviewing',
      spent: { retries: state.spent.retries },
    });
    expect(await rig.cli(['pause', 'latest'])).toMatchObject({ code: 1 });
  });
});
