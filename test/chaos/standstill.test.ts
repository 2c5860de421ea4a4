import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { descendants } from '../harness/processes.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });
const finish = ({ entries }: Asked) =>
  calls('finish', {
    summary: 'Done.',
    claims: [{ text: 'It is there', calls: entries.flatMap(({ by, call }) => (by === 'call' && call ? [call] : [])) }],
  });
const repository = () => repositoryWith({ 'readme.txt': 'Greet.\n' });
const leaseSeconds = 3;

test('a machine that stood still for longer than a lease loses no worker, and pays for no answer twice', async () => {
  const asked = Promise.withResolvers<void>();
  const woken = Promise.withResolvers<void>();
  await using rig = await Rig.start({
    script: scripted([
      bash('echo hello > hello.txt'),
      async (about) => {
        asked.resolve();
        await woken.promise;
        return finish(about);
      },
    ]),
    env: { LONGHAUL_LEASE_SECONDS: String(leaseSeconds) },
  });
  const { id } = await rig.delegate({ goal: 'Greet.', repository: await repository() });
  await asked.promise;
  const all = [rig.pid, ...(await descendants(rig.pid))];
  for (const pid of all) process.kill(pid, 'SIGSTOP');
  // The model goes on: its answer waits for a worker that does not move.
  woken.resolve();
  await pause(2 * leaseSeconds * 1_000);
  for (const pid of all.toReversed()) process.kill(pid, 'SIGCONT');
  await rig.settled(id, ({ status }) => status === 'reviewing' || status === 'failed');
  const events = await rig.events(id);
  expect(events.filter(({ body }) => body.type === 'activation.lost')).toEqual([]);
  expect(events.filter(({ body }) => body.type === 'activation.leased')).toHaveLength(1);
  expect(rig.model.journal).toHaveLength(2);
});

test('a run that is paused, archived and deleted stays so through five graceful restarts', async () => {
  await using rig = await Rig.start({ script: scripted([bash('sleep 0.5; echo hello > hello.txt'), finish]) });
  const restart = async (): Promise<void> => {
    await rig.kill('SIGTERM');
    await rig.start();
  };
  const { id, number } = await rig.delegate({ goal: 'Greet.', repository: await repository() });
  await rig.event(id, ({ body }) => body.type === 'call.started');
  await rig.api.runs.pause.mutate({ run: id });
  await restart();
  const paused = await rig.settled(id, ({ status }) => status === 'waiting');
  expect(paused).toMatchObject({ until: { kind: 'resume' } });
  await restart();
  expect(await rig.api.runs.get.query({ run: id })).toMatchObject({ status: 'waiting', seq: paused.seq });
  await rig.api.runs.retry.mutate({ run: id });
  await restart();
  await rig.settled(id, ({ status }) => status === 'reviewing');
  await rig.api.runs.review.mutate({ run: id, round: 1, verdict: 'rejected' });
  await rig.api.runs.archive.mutate({ run: id });
  await restart();
  expect((await rig.api.runs.list.query({})).runs).toEqual([]);
  expect((await rig.api.runs.list.query({ archived: true })).runs.map((run) => run.number)).toEqual([number]);
  await rig.api.runs.delete.mutate({ run: id });
  await restart();
  await expect(rig.api.runs.get.query({ run: id })).rejects.toThrow(/There is no run/);
  const next = await rig.delegate({ goal: 'Greet.', repository: await repository() });
  expect(next.number).toBe(number + 1);
});
