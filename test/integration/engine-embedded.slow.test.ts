import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { embeddedEngine } from '../../runner/control/engine/embedded/embedded.ts';
import { endLeftovers, recordWorkers } from '../../runner/control/engine/embedded/leftovers.ts';
import type { WorkerSettings } from '../../runner/machine/processes/child-protocol.ts';
import { processStart } from '../../runner/machine/processes/process-start.ts';
import { engineSuite, workersServer } from '../suites/engine.ts';

const settings: WorkerSettings = {
  dataFolder: '/nowhere',
  keep: 'local',
  sandbox: { memoryBytes: 1, processes: 1, fileBytes: 1, tmpBytes: 1, workspaceBytes: 1 },
  isolation: { kind: 'namespaces', containerNetwork: null, image: null },
  readable: [],
  model: {
    name: 'none',
    api: 'responses',
    baseUrl: 'http://127.0.0.1:1',
    background: false,
    reasoningEffort: null,
    contextWindow: null,
    idleSeconds: 120,
    switches: {},
    pricesOf: null,
  },
  uidBase: 40_000,
};

const make = async ({
  workers,
  program = fileURLToPath(new URL('../suites/engine-child.ts', import.meta.url)),
}: {
  workers: number;
  program?: string;
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const workersFile = join(folder, 'workers.json');
  const engine = embeddedEngine({
    command: [process.execPath, program],
    env: {},
    plane: 'plane_1',
    workersOf: 'plane_1 ',
    workers,
    workersFile,
    log: pino({ level: 'silent' }),
    settingsFor: async () => settings,
  });
  return {
    engine,
    workersFile,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
};

engineSuite('embedded', make, { crash: 'the last words of a worker', kill: 'SIGKILL' });

test('of the leases that there are, those of this home’s own workers are lost, unless they are at work', async () => {
  await using made = await make({ workers: 1 });
  await using server = await workersServer();
  await made.engine.dispatch({ run: 'run_work', activation: 'act_work', url: server.url, token: 'x' });
  await server.until(() => server.began('act_work'));
  const held = [
    { run: 'run_mine', activation: 'act_mine', worker: 'plane_1 child 1' },
    { run: 'run_none', activation: 'act_none', worker: 'plane_2 child 1' },
    { run: 'run_work', activation: 'act_work', worker: 'plane_1 child 2' },
  ];
  expect(await made.engine.resume(held)).toEqual([
    { run: 'run_mine', activation: 'act_mine', reason: 'the runner was restarted' },
  ]);
});

test('a worker that cannot start loses its activation, and the engine goes on', async () => {
  await using made = await make({ workers: 1, program: '/nowhere/worker.mjs' });
  const lost = Promise.withResolvers<{ activation: string; reason: string }>();
  made.engine.onLost(lost.resolve);
  await made.engine.dispatch({ run: 'run_aaaa', activation: 'act_aaaa', url: 'http://127.0.0.1:1', token: 'x' });
  expect(await lost.promise).toEqual({
    run: 'run_aaaa',
    activation: 'act_aaaa',
    reason: expect.stringContaining('the worker exited with 1'),
  });
  expect(made.engine.capacity()).toBe(1);
});

test('a run gets its next worker only when the one before is gone: they share a workspace', async () => {
  await using made = await make({ workers: 2 });
  await using server = await workersServer();
  const ticket = (activation: string) => ({ run: 'run_same', activation, url: server.url, token: 'x' });
  await made.engine.dispatch(ticket('act_aaaa'));
  const stopped = await server.until(() => server.began('act_aaaa'));
  process.kill(stopped.pid, 'SIGSTOP');
  made.engine.cancel('act_aaaa');
  await made.engine.dispatch(ticket('act_bbbb'));
  await server.until(() => server.began('act_bbbb'));
  expect(() => process.kill(stopped.pid, 0)).toThrow('ESRCH');
});

test('its workers are on record, so that what outlives it can be ended', async () => {
  await using made = await make({ workers: 1 });
  const recorded: unknown = JSON.parse(await readFile(made.workersFile, 'utf8'));
  expect(recorded).toEqual([{ pid: expect.any(Number), startTime: expect.any(Number) }]);
});

test('leftovers are ended even when stopped, and another process with the same pid is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leftovers-'));
  const file = join(folder, 'workers.json');
  const left = spawn('sleep', ['600']);
  const stranger = spawn('sleep', ['600']);
  try {
    recordWorkers(file, [left.pid!]);
    left.kill('SIGSTOP');
    const exited = once(left, 'exit');
    expect(await endLeftovers(file)).toBe(1);
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(await endLeftovers(file)).toBe(0);
    await writeFile(file, JSON.stringify([{ pid: stranger.pid, startTime: processStart(stranger.pid!)! - 1 }]));
    expect(await endLeftovers(file)).toBe(0);
    expect(stranger.exitCode).toBeNull();
  } finally {
    stranger.kill('SIGKILL');
    await rm(folder, { recursive: true });
  }
});
