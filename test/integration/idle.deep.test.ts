import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import { follow, startRunner, type Runner } from './server-set-up.ts';

/** ms after which these runners go. */
const idleMs = 1_000;

/** A runner that would go if it had nothing to do, and has a run: however busy the machine is, it is there to be asked. */
const idleRunner = async (): Promise<{ readonly runner: Runner; readonly id: string }> => {
  const runner = await startRunner();
  const { id } = await runner.delegate();
  await runner.restart((config) => ({ ...config, idleMinutes: idleMs / 60_000 }));
  return { runner, id };
};

/** Says whether it has stopped, without asking it. */
const watched = (runner: Runner): (() => boolean) => {
  let gone = false;
  void runner.serving.closed.then(() => (gone = true));
  return () => gone;
};

/** Long enough for a runner to go that should not. */
const severalTimes = () => delay(2.5 * idleMs);

const lease = async (runner: Runner, run: string) => {
  const { client, activation } = await runner.workerFor(await runner.client.runs.get.query({ run }));
  const leased = await client.worker.lease.mutate({ run, activation, worker: 'test' });
  if (leased.outcome === 'refused') throw new Error(leased.refusal.message);
  return { client, ticket: { run, activation, fence: leased.fence, after: 0 } };
};

describe('an idle runner', () => {
  test('goes as if it was told to, also while its health is asked for', async () => {
    const { runner, id } = await idleRunner();
    await using _ = runner;
    let checks = 0;
    const healthy = () =>
      fetch(`${runner.serving.url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    const checking = (async () => {
      while (await healthy()) {
        checks += 1;
        await delay(idleMs / 8);
      }
    })();
    // However busy the machine is, its health is asked for from when it has something to do until it is gone.
    await expect.poll(() => checks).toBeGreaterThan(0);
    const asked = performance.now();
    await runner.client.runs.cancel.mutate({ run: id, reason: '' });
    await checking;
    await runner.serving.closed;
    expect(performance.now() - asked).toBeGreaterThan(idleMs * 0.9);
    await expect(stat(runner.home.runner)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a runner is not idle', () => {
  test('while a run is queued or works', async () => {
    const { runner, id } = await idleRunner();
    await using _ = runner;
    const gone = watched(runner);
    await severalTimes();
    expect(gone()).toBe(false);
    await lease(runner, id);
    await severalTimes();
    expect(gone()).toBe(false);
    await runner.client.runs.cancel.mutate({ run: id, reason: '' });
    await runner.serving.closed;
  });

  test('while a run waits for a time to come', async () => {
    const { runner, id } = await idleRunner();
    await using _ = runner;
    const { client, ticket } = await lease(runner, id);
    const at = new Date(Date.now() + 2.5 * idleMs).toISOString();
    await client.worker.append.mutate({
      ...ticket,
      batch: 1,
      events: [{ type: 'activation.ended', v: 2, until: { kind: 'time', at } }],
    });
    await severalTimes();
    const types = async () => (await runner.client.runs.events.query({ run: id })).map(({ body }) => body.type);
    await expect.poll(types).toContain('timer.fired');
    expect((await types()).slice(-2)).toEqual(['timer.fired', 'activation.queued']);
    await runner.client.runs.cancel.mutate({ run: id, reason: '' });
    await runner.serving.closed;
  });

  test('while a trigger is enabled', async () => {
    const { runner, id } = await idleRunner();
    await using _ = runner;
    const repository = await repositoryWith({
      '.longhaul/triggers/yearly.yaml': 'schedule: "0 3 1 1 *"\ngoal: Look.\n',
    });
    const where = { repository, name: 'yearly' };
    await runner.client.triggers.enable.mutate(where);
    const gone = watched(runner);
    await runner.client.runs.cancel.mutate({ run: id, reason: '' });
    await severalTimes();
    expect(gone()).toBe(false);
    await runner.client.triggers.disable.mutate(where);
    await runner.serving.closed;
  });

  test('while somebody reads its feed', async () => {
    const { runner, id } = await idleRunner();
    await using _ = runner;
    const gone = watched(runner);
    const feed = follow(runner.client, { after: 0 });
    await runner.client.runs.cancel.mutate({ run: id, reason: '' });
    await feed.saw('run.cancelled');
    await severalTimes();
    expect(gone()).toBe(false);
    feed[Symbol.dispose]();
    await runner.serving.closed;
  });
});

describe('a runner that went', () => {
  const script = scripted([
    calls('ask', { question: 'Which one?', choices: [] }),
    ({ entries }: Asked) =>
      calls('finish', {
        summary: 'Asked.',
        claims: [{ text: 'It was asked', calls: [entries.findLast(({ by }) => by === 'call')!.call!] }],
      }),
  ]);

  /** Whatever the command line started on the rig's home goes with it. */
  const stopped = (rig: Rig): AsyncDisposable => ({
    [Symbol.asyncDispose]: async () => {
      await rig.cli(['stop']);
    },
  });

  test('is started by the next command, and what was parked is there and goes on', async () => {
    const repository = await repositoryWith({ 'readme.txt': 'Ask.\n' });
    // Time enough to delegate before it goes, on a machine that is busy with other things.
    await using rig = await Rig.start({ script, env: { LONGHAUL_IDLE_MINUTES: '0.05' } });
    await using _ = stopped(rig);
    const { id: run } = await rig.delegate({ goal: 'Ask', repository });
    const parked = await rig.settled(run, ({ status }) => status === 'waiting');
    await rig.logged(/idle: nobody was here and there is nothing to do/);
    await expect.poll(() => rig.exitCode, { timeout: 240_000 }).toBe(0);

    const stays = { env: { LONGHAUL_IDLE_MINUTES: 'never' } };
    const { stdout, stderr } = await rig.cli(['decisions', '--json'], stays);
    expect(stderr).toBe('Starting the runner in the background…\n');
    expect(JSON.parse(stdout)).toMatchObject({ decisions: [{ run, status: 'pending' }] });
    const [decision] = Object.keys(parked.decisions);
    expect(await rig.cli(['answer', decision!, 'The first', '--json'], stays)).toMatchObject({ code: 0 });
    expect(await rig.cli(['watch', '1', '--json'], stays)).toMatchObject({ code: 0 });
  });

  test('would have gone after half an hour where a command started it and nobody says otherwise', async () => {
    await using rig = await Rig.start({ script });
    await using _ = stopped(rig);
    expect(rig.output).toContain('"idleMinutes":null');
    await rig.cli(['stop']);
    await rig.cli(['runs']);
    expect(await readFile(path.join(rig.home, 'logs', 'runner.log'), 'utf8')).toContain('"idleMinutes":30');
  });
});
