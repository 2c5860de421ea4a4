import type { ServerResponse } from 'node:http';
import * as core from '@trigger.dev/core/v3';
import * as engine from '@trigger.dev/core/v3/runEngineWorker';
import { deployedVersion } from './answers.ts';
import {
  deprecated,
  environmentId,
  messageOf,
  rowOf,
  snapshotRow,
  stateOf,
  variablesOf,
  variablesOfRun,
  workerId,
} from './dev-answers.ts';
import { DevRun } from './dev-run.ts';
import { executionOf, finishedBy } from './executor.ts';
import type { World } from './world.ts';

/** Answers it, and returns true; false: it is no request of `trigger dev`. */
export type DevRoutes = (name: string, body: unknown, response: ServerResponse) => Promise<boolean>;

/** As it was seen. */
const presenceMs = 4_000;
const settings = {
  environmentId,
  dequeueIntervalWithRun: 250,
  dequeueIntervalWithoutRun: 1_000,
  maxConcurrentRuns: 25,
};

/**
 * What Trigger.dev's own command line asks for in `trigger dev`, whose processes then are the tasks. Settings, variables, registration, presence,
 * dequeueing, start, latest snapshot and completion have a recorded conversation as their witness; what is said of a login, of a `disconnect`, a
 * heartbeat, a log, and of a wait that is over, has none: it was read in that command line (4.8.3). There is no socket: its upgrade is
 * refused, and the command line then asks for each run's snapshot every 5 s instead of being told.
 */
export const openDev = (world: World): DevRoutes => {
  /** Ids of the tasks that a worker has registered, with what each said of itself. */
  let tasks = new Map<string, Registered>();
  const working = new Map<string, DevRun>();

  const dequeue = () => {
    if (world.held) return [];
    for (const run of world.runs)
      if (run.status === 'PENDING_VERSION' && tasks.has(run.task)) world.report(run, 'QUEUED');
    const queued = world.runs.filter(({ status }) => status === 'QUEUED');
    return queued.flatMap((run) => {
      if (!tasks.has(run.task)) {
        world.report(run, 'PENDING_VERSION');
        return [];
      }
      run.attempts += 1;
      const taken = new DevRun(run);
      working.set(run.id, taken);
      world.report(run, 'DEQUEUED');
      void taken.finished.then((finished) => world.conclude(run, finished));
      return [messageOf(taken)];
    });
  };
  const start = (taken: DevRun) => {
    const { run } = taken;
    const task = tasks.get(run.task) ?? { filePath: '', maxDuration: 0 };
    world.report(run, 'EXECUTING');
    const snapshot = taken.become('EXECUTING');
    const { maxDuration, filePath } = task;
    const execution = executionOf(run, run.attempts, {
      program: { maxDuration, tasks: { [run.task]: filePath } },
      environment: { id: environmentId, slug: 'dev', type: 'DEVELOPMENT' },
    });
    return {
      run: rowOf(run, maxDuration),
      snapshot: snapshotRow(taken, snapshot),
      execution: { ...execution, ...deprecated(execution, run) },
      envVars: { ...variablesOf(world), ...variablesOfRun(run) },
    };
  };

  return async (name, body, response) => {
    const answer = (schema: { parse(value: unknown): unknown }, given: object): true => {
      const asSent: unknown = JSON.parse(JSON.stringify(given));
      schema.parse(asSent);
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(asSent));
      return true;
    };
    if (name === 'GET /engine/v1/dev/config')
      return answer(core.DevConfigResponseBody, { ...settings, engineUrl: world.api.url });
    if (name === 'GET /engine/v1/dev/presence') return bePresent(response);
    if (/^POST \/api\/v1\/projects\/[^/]+\/background-workers$/.test(name)) {
      const { metadata } = core.CreateBackgroundWorkerRequestBody.parse(body);
      tasks = new Map(
        metadata.tasks.map(({ id, filePath, maxDuration = 0 }) => [id, { filePath, maxDuration: maxDuration ?? 0 }]),
      );
      world.touched();
      const { contentHash } = metadata;
      return answer(core.CreateBackgroundWorkerResponse, { id: workerId, version: deployedVersion, contentHash });
    }
    if (name === 'POST /engine/v1/dev/dequeue') {
      core.DevDequeueRequestBody.parse(body);
      return answer(core.DevDequeueResponseBody, { dequeuedMessages: dequeue() });
    }
    if (name === 'POST /engine/v1/dev/disconnect') {
      const ids = core.DevDisconnectRequestBody.parse(body).runFriendlyIds;
      const left = world.runs.filter(({ id }) => ids.includes(id));
      for (const run of left) await world.cancel(run, 'Dev session ended');
      return answer(core.DevDisconnectResponseBody, { cancelled: left.length });
    }
    const [, id = '', rest = ''] = /^(?:GET|POST) \/engine\/v1\/dev\/runs\/([^/]+)\/(.+)$/.exec(name) ?? [];
    const taken = working.get(id);
    if (taken === undefined) return false;
    if (rest === 'logs/debug') return answer(engine.WorkloadDebugLogRequestBody, parsedLog(body));
    if (rest === 'snapshots/latest')
      return answer(engine.WorkloadRunLatestSnapshotResponseBody, {
        execution: { version: '1', ...stateOf(taken), completedWaitpoints: taken.latest.waitpoints },
      });
    if (rest.endsWith('/heartbeat')) return answer(engine.WorkloadHeartbeatResponseBody, { ok: true });
    if (rest.endsWith('/attempts/start')) {
      engine.WorkloadRunAttemptStartRequestBody.parse(body);
      return answer(engine.WorkloadRunAttemptStartResponseBody, start(taken));
    }
    if (rest.endsWith('/attempts/complete')) {
      const { completion } = engine.WorkloadRunAttemptCompleteRequestBody.parse(body);
      taken.become('FINISHED');
      taken.finish(await finishedBy(completion));
      await taken.finished;
      const words = taken.run.status === 'CANCELED' ? { description: 'Run was cancelled, not finished' } : {};
      const { snapshot, run } = stateOf(taken);
      return answer(engine.WorkloadRunAttemptCompleteResponseBody, {
        result: { attemptStatus: 'RUN_FINISHED', alreadyFinished: false, snapshot: { ...snapshot, ...words }, run },
      });
    }
    return false;
  };
};

interface Registered {
  readonly filePath: string;
  /** Seconds. */
  readonly maxDuration: number;
}

/** A stream that says nothing but that there is one. */
const bePresent = (response: ServerResponse): true => {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  response.write('event: start\ndata: Started fake\n\n');
  const timer = setInterval(() => response.write(`event: time\ndata: ${new Date().toISOString()}\n\n`), presenceMs);
  response.once('close', () => clearInterval(timer));
  return true;
};

const parsedLog = (body: unknown): object => engine.WorkloadDebugLogRequestBody.parse(body);
