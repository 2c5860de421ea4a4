import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ApiClient, parsePacket } from '@trigger.dev/core/v3';
import { pino } from 'pino';
import { triggerApi } from '../../runner/trigger-dev/engine/api.ts';
import { triggerEngine, type TriggerEngineOptions } from '../../runner/trigger-dev/engine/trigger.ts';
import { runTask } from '../../runner/trigger-dev/protocol.ts';
import { startFakeTrigger, type FakeTrigger } from '../fakes/trigger/index.ts';
import { AppendProxy } from './proxy.ts';
import { openFolder, projectRoot, Rig, type RigOptions } from './rig.ts';

export const configFile = path.join(projectRoot, 'trigger.config.ts');
/** The worker's own tasks, as they lie in the source. */
export const workerTasks = path.join(projectRoot, 'runner/trigger-dev/entries/tasks.ts');

/** The task of the engine's suite, and the program that has it. */
export const engineTask = 'longhaul-engine-suite';
export const engineProgram = {
  configFile,
  tasks: { [engineTask]: path.join(projectRoot, 'test/suites/trigger/engine-task.ts') },
  env: {},
};

/** An engine of this process, on a Trigger.dev at that address. */
export const openTestEngine = (
  { url, secretKey }: Pick<FakeTrigger, 'url' | 'secretKey'>,
  { task, ...options }: Partial<TriggerEngineOptions> & { readonly task?: string },
) => {
  const stop = new AbortController();
  const log = pino({ level: process.env['LONGHAUL_TEST_LOG'] ?? 'silent' });
  const client = new ApiClient(url, secretKey, undefined, { retry: { maxAttempts: 1 } });
  const api = triggerApi({ client, parsePacket, log, signal: stop.signal, ...(task === undefined ? {} : { task }) });
  const engine = triggerEngine({
    api,
    settings: { waits: 'end', ttlSeconds: 600, machine: null, version: null },
    workers: 2,
    log,
    originOf: async () => ({ tenant: 'local', repository: '/repository', priority: 0, fence: 0 }),
    stop: () => stop.abort(),
    ...options,
  });
  return {
    engine,
    api,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
};

export interface TriggerRig extends AsyncDisposable {
  readonly rig: Rig;
  readonly fake: FakeTrigger;
  /** SIGKILL to the control plane; what is done while it is away; and another one, at the same address. */
  restart(meanwhile?: () => void): Promise<void>;
}

export interface TriggerRigOptions extends Pick<RigOptions, 'script' | 'env' | 'config'> {
  readonly waits?: 'end' | 'token';
  /** A wait suspends its task, as on the Cloud; else it goes on "executing", as on a server of one's own. */
  readonly checkpoints?: boolean;
  /** Seconds of compute, after which Trigger.dev ends a task. */
  readonly maxDuration?: number;
  /** Where tasks keep their data, instead of a folder of the rig's own. */
  readonly workerFolder?: string;
}

/** A fake Trigger.dev with the worker's own task, which its tasks' machines, all of them this one, keep in `workerFolder`. */
export const startWorkerTrigger = (
  workerFolder: string,
  { maxDuration = 600, checkpoints = true }: Pick<TriggerRigOptions, 'maxDuration' | 'checkpoints'> = {},
): Promise<FakeTrigger> => {
  const { PATH = '/usr/bin:/bin' } = process.env;
  return startFakeTrigger({
    checkpoints,
    program: {
      configFile,
      tasks: { [runTask]: workerTasks },
      maxDuration,
      // What `longhaul deploy` sets for the tasks; the key is the fake model's.
      env: { PATH, OPENAI_API_KEY: 'sk-fake', LONGHAUL_WORKER_FOLDER: workerFolder },
    },
  });
};

/** What a runner is told so that its workers are that Trigger.dev's tasks. */
export const triggerSettings = ({ url, secretKey }: FakeTrigger): Readonly<Record<string, string>> => ({
  LONGHAUL_ENGINE: 'trigger',
  TRIGGER_API_URL: url,
  TRIGGER_SECRET_KEY: secretKey,
});

/** A real control plane whose workers are tasks of a fake Trigger.dev, run by Trigger.dev's own executor on this machine. */
export const startTriggerRig = async ({
  script,
  config,
  env = {},
  waits = 'end',
  workerFolder,
  ...machine
}: TriggerRigOptions): Promise<TriggerRig> => {
  const folder = await openFolder('longhaul-worker-');
  const fake = await startWorkerTrigger(workerFolder ?? folder, machine);
  const proxy = new AppendProxy();
  const rig = await Rig.start({
    script,
    ...(config === undefined ? {} : { config }),
    env: {
      ...triggerSettings(fake),
      LONGHAUL_WAITS: waits,
      LONGHAUL_WORKERS: '2',
      LONGHAUL_PUBLIC_URL: await proxy.listen(),
      ...env,
    },
  });
  proxy.target = rig.url;
  return {
    rig,
    fake,
    restart: async (meanwhile = () => {}) => {
      await rig.kill();
      meanwhile();
      await rig.start();
      proxy.target = rig.url;
    },
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      await fake[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
