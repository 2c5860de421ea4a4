import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { sandboxForWorkers } from '../../runner/config/config.ts';
import type { FromChild, ToChild } from '../../runner/ipc/protocol.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { calls, startFakeOpenAi, type Reply } from '../fakes/openai/index.ts';
import { longhaul } from '../harness/rig.ts';
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

describe('a worker whose lease ran out', () => {
  test('stopped in the middle of its work and continued, appends nothing, and says so', async () => {
    await using runner = await startRunner({ change: (config) => ({ ...config, leaseSeconds: 1 }) });
    const { promise: released, resolve: release } = Promise.withResolvers<Reply>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    await using model = await startFakeOpenAi({
      script: () => {
        ask();
        return released;
      },
    });
    await using worker = startWorker({ OPENAI_API_KEY: model.apiKey });
    const state = await runner.delegate();
    const { activation, token } = await runner.workerFor(state);
    const dataFolder = runner.home.run(state.id);
    await mkdir(dataFolder, { recursive: true, mode: 0o711 });
    const { readable, uidBase } = runner.config.sandbox;
    worker.send({
      kind: 'run',
      ticket: { run: state.id, activation, url: runner.serving.url, token },
      settings: {
        dataFolder,
        keep: 'local',
        ...sandboxForWorkers(runner.config),
        readable,
        uidBase,
        model: { ...runner.config.model, name: 'scripted', baseUrl: model.url },
      },
      worker: 'the late one',
    });

    await asked;
    worker.child.kill('SIGSTOP');
    const lost = await eventWhere(runner, state.id, ({ body }) => body.type === 'activation.lost');
    const before = await runner.client.runs.events.query({ run: state.id, after: 0 });
    worker.child.kill('SIGCONT');
    release(calls('bash', { command: 'echo late', timeoutSeconds: null, network: null }));

    expect(await worker.says(({ kind }) => kind === 'log')).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/^It appends nothing more\. Activation act_\w+ .*hold/),
    });
    expect(await worker.says(({ kind }) => kind === 'done')).toMatchObject({
      activation,
      // Not that it left the activation: that is another's by now, and nothing of it is lost.
      left: null,
    });
    expect(await runner.client.runs.events.query({ run: state.id, after: 0 })).toEqual(before);
    expect(before.filter(({ seq }) => seq > lost.seq).map(({ body }) => body.type)).toEqual(['activation.queued']);
  });
});
