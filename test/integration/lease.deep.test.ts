import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat, watch } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sandboxForWorkers } from '../../runner/machine/config/config.ts';
import { isRunning, processStart } from '../../runner/machine/processes/process-start.ts';
import type { FromChild, ToChild } from '../../runner/machine/processes/child-protocol.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { calls, scripted, startFakeOpenAi } from '../fakes/openai/index.ts';
import { descendants } from '../harness/processes.ts';
import { longhaul } from '../harness/rig.ts';
import { TcpProxy } from '../harness/tcp-proxy.ts';
import { startRunner, type Runner } from './server-set-up.ts';

/** A real worker process that the runner's engine knows nothing of: nobody else will end it. */
const startWorker = (env: Record<string, string>) => {
  const child = fork(longhaul, ['worker-child'], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const said: FromChild[] = [];
  const heard = new Set<() => void>();
  child.on('message', (message) => {
    said.push(message as FromChild); // safe: our own program's protocol
    for (const hear of heard) hear();
  });
  return {
    child,
    send: (message: ToChild) => child.send(message),
    /** The first message that satisfies the condition. */
    says: (wanted: (message: FromChild) => boolean): Promise<FromChild> => {
      const { promise, resolve } = Promise.withResolvers<FromChild>();
      const hear = (): void => {
        const found = said.find(wanted);
        if (found !== undefined) resolve(found);
      };
      heard.add(hear);
      hear();
      return promise;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
};

const eventWhere = (runner: Runner, run: string, wanted: (event: RunEvent) => boolean): Promise<RunEvent> =>
  new Promise((resolve, reject) => {
    const subscription = runner.client.runs.feed.subscribe(
      { run, after: 0 },
      {
        onData: ({ data }) => {
          if (!wanted(data)) return;
          subscription.unsubscribe();
          resolve(data);
        },
        onError: reject,
      },
    );
  });

/** Each line once, with when it was written; in a file that git ignores. */
const lines = 200;
const command = `echo '*.log' > .gitignore; for i in $(seq ${lines}); do echo "$i $(date +%s%3N)" >> lines.log; sleep 0.1; done`;
const script = scripted([
  calls('bash', { command, timeoutSeconds: null, network: null }),
  ({ entries }) =>
    calls('finish', {
      summary: 'There are lines.',
      claims: [
        {
          text: 'They were written',
          calls: entries.flatMap(({ by, call }) => (by === 'call' && call !== null ? [call] : [])),
        },
      ],
    }),
]);

/** A run whose one command writes lines, on a runner whose leases are short; workers of it are started by the test. */
const scene = async () => {
  const runner = await startRunner({ change: (config) => ({ ...config, leaseSeconds: 8 }) });
  const model = await startFakeOpenAi({ script });
  const { id } = await runner.delegate();
  const dataFolder = runner.home.run(id);
  await mkdir(dataFolder, { recursive: true, mode: 0o711 });
  const workers: ReturnType<typeof startWorker>[] = [];
  const { readable, uidBase } = runner.config.sandbox;
  return {
    runner,
    id,
    /** A worker that is given the run as it is queued now, and finds the control plane there. */
    work: async (name: string, url = runner.serving.url) => {
      const worker = startWorker({ OPENAI_API_KEY: model.apiKey });
      workers.push(worker);
      const { activation, token } = await runner.workerFor(await runner.client.runs.get.query({ run: id }));
      worker.send({
        kind: 'run',
        ticket: { run: id, activation, url, token },
        settings: {
          dataFolder,
          keep: 'local',
          ...sandboxForWorkers(runner.config),
          readable,
          uidBase,
          model: { ...runner.config.model, name: 'scripted', baseUrl: model.url },
        },
        worker: name,
        asksParent: false,
      });
      return worker;
    },
    /** The lines that the lease with this fence has written, each as its number and its time. */
    written: async (fence: number): Promise<[line: number, at: number][]> => {
      const text = await readFile(path.join(dataFolder, `work.${fence}`, 'tree', 'lines.log'), 'utf8').catch(() => '');
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' ').map(Number) as [number, number]); // safe: what the command writes
    },
    /** Resolves once a worker under this fence has written a line. */
    begun: async (fence: number): Promise<void> => {
      const tree = path.join(dataFolder, `work.${fence}`, 'tree');
      await eventWhere(runner, id, ({ body }) => body.type === 'call.started' && body.attempt === fence);
      for await (const _ of watch(tree, { signal: AbortSignal.timeout(60_000) }))
        if (await stat(path.join(tree, 'lines.log')).catch(() => null)) return;
    },
    lost: () => eventWhere(runner, id, ({ body }) => body.type === 'activation.lost'),
    [Symbol.asyncDispose]: async () => {
      for (const worker of workers) await worker[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
      await runner[Symbol.asyncDispose]();
    },
  };
};

const everyLineOnce = Array.from({ length: lines }, (_, index) => index + 1);
const stillThere = (pids: readonly number[]): number[] =>
  pids.filter((pid) => isRunning({ pid, startTime: processStart(pid) ?? -1 }));

describe('a worker that cannot keep its lease', () => {
  test('because it stands still is killed with its sandbox before the lease is over, and nothing is done twice', async () => {
    await using at = await scene();
    const first = await at.work('the first');
    await at.begun(1);
    const below = await descendants(first.child.pid!);
    expect(below.length).toBeGreaterThan(2);
    const exited = once(first.child, 'exit');
    first.child.kill('SIGSTOP');
    const lost = await at.lost();
    expect(await exited).toEqual([null, 'SIGKILL']);
    // The watchdog looks for a second at what it may have left.
    await expect.poll(() => stillThere(below)).toEqual([]);
    const early = await at.written(1);
    expect(early.length).toBeGreaterThan(0);
    expect(early.at(-1)![1]).toBeLessThan(Date.parse(lost.at));

    const second = await at.work('the second');
    await second.says(({ kind }) => kind === 'done');
    expect(await at.runner.client.runs.get.query({ run: at.id })).toMatchObject({ status: 'reviewing' });
    expect((await at.written(2)).map(([line]) => line)).toEqual(everyLineOnce);
  });

  test('because its connections lead nowhere stops by itself, with its sandbox, before the lease is over', async () => {
    await using at = await scene();
    await using proxy = await TcpProxy.to(Number(new URL(at.runner.serving.url).port));
    const first = await at.work('the first', `http://127.0.0.1:${proxy.port}`);
    await at.begun(1);
    const below = await descendants(first.child.pid!);
    proxy.fateOf = () => 'hang';
    expect(await first.says(({ kind }) => kind === 'done')).toMatchObject({
      left: expect.stringContaining('the lease could not be kept'),
    });
    // Of all that it had started it keeps who watches it.
    expect(stillThere(below)).toHaveLength(1);
    const lost = await at.lost();
    expect((await at.written(1)).at(-1)![1]).toBeLessThan(Date.parse(lost.at));
    expect(first.child.exitCode).toBe(null);
  });

  test('and goes on when another has the run, with all that it had started, gets at nothing of it', async () => {
    await using at = await scene();
    const first = await at.work('the first');
    await at.begun(1);
    const below = await descendants(first.child.pid!);
    const watchdogs = await Promise.all(
      below.map(async (pid) =>
        (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes('longhaul-watchdog') ? [pid] : [],
      ),
    );
    for (const pid of watchdogs.flat()) process.kill(pid, 'SIGSTOP');
    using _stopped = {
      [Symbol.dispose]: () => {
        for (const pid of watchdogs.flat()) process.kill(pid, 'SIGKILL');
      },
    };
    expect(watchdogs.flat()).toHaveLength(1);
    first.child.kill('SIGSTOP');
    await at.lost();
    // Its sandbox goes on meanwhile.
    const second = await at.work('the second');
    await at.begun(2);
    const before = await at.runner.client.runs.events.query({ run: at.id, after: 0 });
    first.child.kill('SIGCONT');
    // It asks whether the run is still its own, and hears that another has it: that is no loss to report.
    expect(await first.says(({ kind }) => kind === 'done')).toMatchObject({ left: null });
    expect(stillThere(below).filter((pid) => !watchdogs.flat().includes(pid))).toEqual([]);
    expect((await at.runner.client.runs.events.query({ run: at.id, after: 0 })).slice(0, before.length)).toEqual(
      before,
    );
    await second.says(({ kind }) => kind === 'done');
    const events = await at.runner.client.runs.events.query({ run: at.id, after: 0 });
    expect(events.filter(({ body }) => body.type === 'call.finished')).toHaveLength(2);
    expect((await at.written(2)).map(([line]) => line)).toEqual(everyLineOnce);
  });
});
