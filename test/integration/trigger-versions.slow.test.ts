import { contract } from '../../shared/api/worker-api.ts';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runActivations } from '../../runner/trigger-dev/task/activations.ts';
import type { TaskOutcome } from '../../runner/trigger-dev/protocol.ts';
import type { RunState } from '../../shared/run/state.ts';
import { AppendProxy, type Rewrite } from '../harness/proxy.ts';
import { openFolder } from '../harness/rig.ts';
import { startRunner, type Runner } from './server-set-up.ts';

let runner: Runner;
let proxy: AppendProxy;
let url: string;
let folder: string;
beforeAll(async () => {
  runner = await startRunner();
  proxy = new AppendProxy();
  url = await proxy.listen();
  proxy.target = runner.serving.url;
  folder = await openFolder('longhaul-worker-');
  process.env['LONGHAUL_WORKER_FOLDER'] = folder;
});
afterAll(async () => {
  delete process.env['LONGHAUL_WORKER_FOLDER'];
  await proxy[Symbol.asyncDispose]();
  await runner[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  proxy.rewrite = {};
});

/** One activation of a new run, as a task works on it, with what either side says made other; and how the run stands then. */
const activate = async (
  rewrite: Rewrite,
  until: (state: RunState) => boolean = () => false,
): Promise<{ outcome: TaskOutcome; state: RunState }> => {
  proxy.rewrite = rewrite;
  const delegated = await runner.delegate({ verification: [] });
  const run = delegated.id;
  const { token, activation } = await runner.workerFor(delegated);
  const stop = new AbortController();
  const outcome = await runActivations(
    { run, activation, url, token },
    {
      worker: 'a task',
      signal: stop.signal,
      wait: async () => null,
      watchdog: null,
      onState: (state) => {
        if (until(state)) stop.abort();
      },
    },
  );
  return { outcome, state: (await runner.client.runs.get.query({ run })) as RunState }; // safe: what the API says
};

const failed = (why: string) => ({
  status: 'failed',
  class: 'infrastructure',
  message: expect.stringMatching(new RegExp(`different versions: .*${why}.* Deploy the task again`)),
});
const left = { left: expect.stringContaining('Deploy the task again') };
const on =
  (procedure: string, change: (body: string) => string) =>
  (body: string, path: string): string =>
    path.startsWith(`/trpc/${procedure}`) ? change(body) : body;

describe('a task of an older deployment meets a newer control plane', () => {
  test('with nothing new that concerns it: it works', async () => {
    const { outcome, state } = await activate(
      { answer: on('worker.settings', (body) => body.replace('"contract":', '"isNew":true,"contract":')) },
      ({ tree }) => tree.status === 'prepared',
    );
    expect({ outcome, tree: state.tree.status, status: state.status }).toEqual({
      outcome: { left: 'the worker was told to stop' },
      tree: 'prepared',
      status: 'working',
    });
  });

  test('with another contract: the run fails, and says what to do', async () => {
    const { outcome, state } = await activate({
      answer: on('worker.settings', (body) => body.replace(`"contract":${contract}`, `"contract":${contract + 1}`)),
    });
    expect(outcome).toEqual(left);
    expect(state).toMatchObject(failed(`theirs is contract ${contract + 1}, this worker's ${contract}`));
  });

  test('with an event in the log that it does not know', async () => {
    const { outcome, state } = await activate({
      answer: on('worker.lease', (body) => body.replace('"type":"activation.queued"', '"type":"activation.foreseen"')),
    });
    expect(outcome).toEqual(left);
    expect(state).toMatchObject(failed('cannot read what it was told'));
  });
});

describe('a newly deployed task meets an older control plane', () => {
  test('that knows nothing of settings', async () => {
    const { outcome, state } = await activate({ path: (path) => path.replace('worker.settings', 'worker.none') });
    expect(outcome).toEqual(left);
    expect(state).toMatchObject(failed('has no worker.none'));
  });

  test('that does not know an event of its', async () => {
    const { outcome, state } = await activate({
      request: on('worker.append', (body) => body.replace('"prepare.started"', '"prepare.begun"')),
    });
    expect(outcome).toEqual(left);
    expect(state).toMatchObject(failed('does not understand worker.append'));
  });

  test('that sends no field that it needs', async () => {
    const { outcome, state } = await activate({
      answer: on('worker.settings', (body) => body.replace('"waits"', '"pauses"')),
    });
    expect(outcome).toEqual(left);
    expect(state).toMatchObject(failed('cannot read what it was told \\(waits'));
  });
});
