import { rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RunnerConfig } from '../../runner/machine/config/config.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { calls, startFakeOpenAi, type Reply } from '../fakes/openai/index.ts';
import { Rig } from '../harness/rig.ts';
import { someRepository } from '../harness/asks-once.ts';
import { failureOf, follow, startRunner } from './server-set-up.ts';

const heldWorker = fileURLToPath(new URL('./held-worker.ts', import.meta.url));
const typesOf = (events: readonly RunEvent[]): readonly string[] => events.map(({ body }) => body.type);

afterEach(() => void vi.restoreAllMocks());

/** Where workers ask whether they may begin. */
const gate = async () => {
  const waiting: ServerResponse[] = [];
  let open = false;
  let came = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    if (open) response.end();
    else waiting.push(response);
    came.resolve();
    came = Promise.withResolvers();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    held: async (): Promise<void> => {
      while (waiting.length === 0) await came.promise;
    },
    open: (): void => {
      open = true;
      for (const response of waiting) response.end();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

const withModel =
  ({ url: baseUrl, apiKey }: { readonly url: string; readonly apiKey: string }) =>
  (config: RunnerConfig): RunnerConfig => ({
    ...config,
    model: { ...config.model, name: 'scripted', baseUrl },
    apiKey,
  });

describe('a worker that takes ten minutes to begin', () => {
  test('is waited for: the run goes on as if nothing had been, and has lost nothing', async () => {
    const systemNow = Date.now;
    const clock = vi.spyOn(Date, 'now').mockImplementation(systemNow);
    await using model = await startFakeOpenAi({
      script: () => calls('finish', { summary: 'Nothing to do.', claims: [] }),
    });
    await using barrier = await gate();
    await using runner = await startRunner({
      change: withModel(model),
      worker: [process.execPath, heldWorker, barrier.url],
    });
    using feed = follow(runner.client, { after: 0 });
    const { id } = await runner.delegate();
    await barrier.held();
    clock.mockImplementation(() => systemNow() + 600_000);
    // Something else happens meanwhile, and the supervisor looks at everything there is.
    const other = await runner.delegate();
    await runner.client.runs.cancel.mutate({ run: other.id });
    await feed.saw('run.cancelled', other.id);
    barrier.open();
    await feed.saw('run.completed', id);
    const state = await runner.client.runs.get.query({ run: id });
    expect(state).toMatchObject({ status: 'completed', losses: 0, fence: 1, spent: { retries: 0 } });
    const types = typesOf(await runner.client.runs.events.query({ run: id }));
    // On a busy machine the run has said by then that it is waited for, which is no loss.
    expect(types.filter((type) => type !== 'activation.awaited').slice(0, 3)).toEqual([
      'run.created',
      'activation.queued',
      'activation.leased',
    ]);
  });
});

describe('a worker that cannot be started', () => {
  test('costs the run nothing, is tried again later each time, and the run says why it is not at work', async () => {
    await using runner = await startRunner({ worker: ['/nowhere/to/be/found'] });
    using feed = follow(runner.client, { after: 0 });
    const { id } = await runner.delegate();
    const deferred = () => feed.events.filter(({ body }) => body.type === 'activation.deferred');
    await feed.until(() => deferred().length >= 3);
    const state = await runner.client.runs.get.query({ run: id });
    expect(state).toMatchObject({
      status: 'queued',
      losses: 0,
      fence: 0,
      spent: { retries: 0 },
      delay: { kind: 'deferred', said: expect.stringContaining('the worker could not be started') as string },
    });
    expect(typesOf(await runner.client.runs.events.query({ run: id }))).not.toContain('activation.lost');
  });
});

const finishing = calls('finish', { summary: 'Wrote it.', claims: [] });
const writing = calls('bash', { command: 'echo hello >> hello.txt', timeoutSeconds: null, network: null });

describe('longhaul retry', () => {
  test('has a run that was cancelled go on from its last checkpoint, and one whose tree is gone is refused', async () => {
    let stuck = true;
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    await using rig = await Rig.start({
      script: async (_request, { turn }) => {
        if (turn === 0) return writing;
        if (!stuck) return finishing;
        ask();
        return new Promise<Reply>(() => {});
      },
    });
    const { id, number } = await rig.delegate({ goal: 'Greet', repository: await someRepository(), verification: [] });
    await asked;
    const early = await rig.cli(['retry', `${number}`, '--json']);
    expect([early.code, JSON.parse(early.stdout)]).toMatchObject([
      1,
      { error: { message: expect.stringContaining('has not failed') as string } },
    ]);
    await rig.api.runs.cancel.mutate({ run: id });
    stuck = false;
    const retried = await rig.cli(['retry', `${number}`, '--json']);
    expect([retried.code, JSON.parse(retried.stdout)]).toMatchObject([0, { run: { id, status: 'queued' } }]);
    const state = await rig.settled(id, ({ status }) => status === 'reviewing');
    expect(state).toMatchObject({ result: { files: 1 }, spent: { turns: 2 } });
    const types = typesOf(await rig.events(id));
    expect(types.filter((type) => type === 'prepare.started')).toHaveLength(1);
    expect(types).toContain('run.resumed');
  });

  test('is refused with what is missing where the tree of the run is gone', async () => {
    await using runner = await startRunner();
    const { id } = await runner.delegate();
    await runner.client.runs.cancel.mutate({ run: id });
    await rm(runner.home.run(id), { recursive: true });
    expect(await failureOf(runner.client.runs.retry.mutate({ run: id }))).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('snapshot that it began with is not kept any more') as string,
    });
  });
});
