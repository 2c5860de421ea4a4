import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { calls, scripted } from '../fakes/openai/index.ts';
import { Planes } from '../harness/planes.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import type { RunState } from '../../shared/run/state.ts';

const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });
const finish = calls('finish', { summary: 'Done.', claims: [] });
const ended = ({ status }: RunState): boolean => ['reviewing', 'failed', 'completed'].includes(status);
const input = { goal: 'Write a line.' };

/** A model whose first answer waits until it is let go. */
const gated = () => {
  const { promise: open, resolve: letGo } = Promise.withResolvers<void>();
  const script = scripted([
    async () => {
      await open;
      return bash('echo one >> a.txt');
    },
    finish,
  ]);
  return { script, letGo };
};

describe('a run that did nothing wrong goes on', () => {
  test('restarts: through five graceful stops and starts with no progress between them', async () => {
    const { script, letGo } = gated();
    await using rig = await Rig.start({ script });
    const { id } = await rig.delegate({ ...input, repository: await repositoryWith({ 'a.txt': '' }) });
    for (let restarts = 0; restarts < 5; restarts += 1) {
      const { seq } = await rig.settled(id, ({ status }) => status === 'working');
      await rig.event(id, ({ body }) => body.type === 'model.started', seq - 1);
      await rig.kill('SIGTERM');
      await rig.start();
    }
    letGo();
    const state = await rig.settled(id, ended);
    expect(state).toMatchObject({ status: 'reviewing', losses: 0, result: { additions: 1 } });
    const types = (await rig.events(id)).map(({ body }) => body.type);
    expect(types.filter((type) => type === 'activation.lost')).toEqual([]);
  });

  test('load: when a worker needs longer to begin than any machine that is not loaded', async () => {
    await using rig = await Rig.start({ script: scripted([bash('echo one >> a.txt'), finish]) });
    const workers = await rig.workers();
    for (const pid of workers) process.kill(pid, 'SIGSTOP');
    const { id } = await rig.delegate({ ...input, repository: await repositoryWith({ 'a.txt': '' }) });
    // Longer than was once waited for.
    await pause(40_000);
    for (const pid of workers) process.kill(pid, 'SIGCONT');
    const state = await rig.settled(id, ended);
    expect(state).toMatchObject({ status: 'reviewing', losses: 0, spent: { retries: 0 } });
  });

  test('ignored files: when its worker is killed amid a call that appends to one', async () => {
    const script = scripted([
      bash('mkdir -p ignored; echo one >> ignored/log'),
      bash('echo two >> ignored/log; sleep 5'),
      bash('cat ignored/log > seen.txt'),
      finish,
    ]);
    await using rig = await Rig.start({ script });
    const { id } = await rig.delegate({ ...input, repository: await repositoryWith({ '.gitignore': 'ignored/\n' }) });
    const first = await rig.event(id, ({ body }) => body.type === 'call.finished');
    await rig.event(id, ({ body }) => body.type === 'call.started', first.seq);
    // It has appended by then, and is not over.
    await pause(2_000);
    for (const pid of await rig.workers()) process.kill(pid, 'SIGKILL');
    expect(await rig.settled(id, ended)).toMatchObject({ status: 'reviewing', result: { files: 1, additions: 2 } });
  });

  test('hang: when the control plane that looks after all runs stops without a word', async () => {
    await using planes = await Planes.open({
      script: scripted([bash('echo one >> a.txt'), finish]),
      env: { LONGHAUL_LEASE_SECONDS: '5' },
      publicUrl: null,
    });
    const hung = await planes.supervisor();
    const other = planes.otherThan(hung);
    process.kill(hung.pid, 'SIGSTOP');
    try {
      const { id } = await other.delegate({ ...input, repository: await repositoryWith({ 'a.txt': '' }) });
      expect(await other.settled(id, ended)).toMatchObject({ status: 'reviewing', result: { additions: 1 } });
    } finally {
      process.kill(hung.pid, 'SIGCONT');
    }
  });
});
