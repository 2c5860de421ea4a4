/**
 * The one file that uses what Trigger.dev keeps to itself: it runs a task as its CLI does, in a process with Trigger.dev's own
 * worker (dev-run-worker.js), whose `TaskExecutor` calls the task. Held to the exact versions in package.json.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ExecutorToWorkerMessageCatalog,
  FlushedRunMetadata,
  parsePacket,
  TaskRunExecution,
  WorkerManifest,
  WorkerToExecutorMessageCatalog,
  type TaskRunExecutionResult,
} from '@trigger.dev/core/v3';
import {
  createJsonErrorObject,
  internalErrorFromUnexpectedExit,
  UnexpectedExitError,
} from '@trigger.dev/core/v3/errors';
import { ZodIpcConnection } from '@trigger.dev/core/v3/zodIpc';

const cli = path.dirname(createRequire(import.meta.url).resolve('trigger.dev/package.json'));
const workerEntry = path.join(cli, 'dist/esm/entryPoints/dev-run-worker.js');

/** Where the tasks are: a module for each id. */
export interface Program {
  readonly configFile: string;
  readonly tasks: Readonly<Record<string, string>>;
  /** Seconds, as trigger.config.ts would give it. */
  readonly maxDuration?: number;
  /** Of the task's process, besides what Trigger.dev sets. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Attempt {
  readonly program: Program;
  readonly api: { readonly url: string; readonly secretKey: string };
  readonly run: {
    readonly id: string;
    readonly task: string;
    readonly payload: string;
    readonly tags: readonly string[];
    readonly metadata: Readonly<Record<string, unknown>>;
  };
  readonly number: number;
}

/** A value as Trigger.dev keeps it: a text, and how to read it. */
export interface Packet {
  readonly data: string;
  readonly dataType: string;
}
const packetOf = (data: string | undefined, dataType: string): Packet | null =>
  data === undefined ? null : { data, dataType };

type Failed = Extract<TaskRunExecutionResult, { ok: false }>;
export type Finished = (
  | { readonly kind: 'completed'; readonly output: Packet | null }
  | {
      readonly kind: 'failed';
      /** Where the error is one of Trigger.dev's own. */
      readonly code: string | null;
      readonly error: { readonly name?: string | undefined; readonly message: string };
      /** Ms; null: it is not tried again. */
      readonly retryAfter: number | null;
    }
) & {
  /** What the task set last, and had not sent yet. */
  readonly metadata: FlushedRunMetadata | null;
};

export interface Resolved {
  readonly id: string;
  readonly output: Packet | null;
  readonly timedOut: boolean;
}

export interface Execution {
  /** Left out where the process is somebody else's. */
  readonly pid: number | undefined;
  readonly finished: Promise<Finished>;
  resolveWaitpoint(waitpoint: Resolved): void;
  cancel(): Promise<void>;
}

/** What a process is given to leave by itself. */
const graceMs = 2_000;

/** Starts a process for one attempt. Its whole environment is the program's and Trigger.dev's. */
export const execute = ({ program, api, run, number }: Attempt): Execution => {
  const folder = mkdtempSync(path.join(tmpdir(), 'trigger-executor-'));
  const manifestFile = path.join(folder, 'index.json');
  writeFileSync(manifestFile, JSON.stringify(manifestOf(program)));
  const child = fork(workerEntry, [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
    execArgv: ['--trace-uncaught', '--no-warnings=ExperimentalWarning'],
    env: {
      PATH: process.env['PATH'],
      ...program.env,
      TRIGGER_SECRET_KEY: api.secretKey,
      TRIGGER_API_URL: api.url,
      TRIGGER_OTEL_EXPORTER_OTLP_ENDPOINT: `${api.url}/otel`,
      TRIGGER_WORKER_MANIFEST_PATH: manifestFile,
      TRIGGER_RUN_METADATA_FLUSH_INTERVAL: '100',
      TRIGGERDOTDEV: '1',
    },
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      words += chunk.toString();
    });
  const { promise: finished, resolve } = Promise.withResolvers<Finished>();
  let tooLong = false;
  let cancelled = false;
  const ipc = new ZodIpcConnection({
    listenSchema: ExecutorToWorkerMessageCatalog,
    emitSchema: WorkerToExecutorMessageCatalog,
    process: child,
    handlers: {
      TASK_RUN_COMPLETED: async ({ result }) => {
        resolve(await finishedBy(result));
        child.kill('SIGKILL');
      },
      UNCAUGHT_EXCEPTION: async ({ error }) => {
        resolve({ kind: 'failed', code: 'TASK_RUN_UNCAUGHT_EXCEPTION', error, retryAfter: null, metadata: null });
        child.kill('SIGKILL');
      },
      MAX_DURATION_EXCEEDED: async () => {
        tooLong = true;
        child.kill('SIGTERM');
        setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
      },
    },
  });
  child.once('exit', (code, signal) => {
    rmSync(folder, { recursive: true, force: true });
    const internal = tooLong
      ? ({ type: 'INTERNAL_ERROR', code: 'MAX_DURATION_EXCEEDED' } as const)
      : cancelled
        ? ({ type: 'INTERNAL_ERROR', code: 'TASK_RUN_CANCELLED' } as const)
        : // 137 is how a container says SIGKILL.
          internalErrorFromUnexpectedExit(
            new UnexpectedExitError(signal === 'SIGKILL' ? 137 : (code ?? -1), signal, words),
            false,
          );
    void finishedBy({ ok: false, id: run.id, error: internal }).then(resolve);
  });
  void ipc.send('EXECUTE_TASK_RUN', {
    execution: executionOf(run, number, { program, environment: { id: 'env_1', slug: 'prod', type: 'PRODUCTION' } }),
    traceContext: {},
    metadata: { id: 'worker_1', version: '20260101.1', contentHash: 'fake', engine: 'V2' },
  });
  return {
    pid: child.pid,
    finished,
    resolveWaitpoint: ({ id, output, timedOut }) => {
      void ipc.send('RESOLVE_WAITPOINT', {
        waitpoint: {
          id,
          friendlyId: id,
          type: 'MANUAL',
          completedAt: new Date(),
          output: output?.data,
          outputType: output?.dataType,
          outputIsError: timedOut,
        },
      });
    },
    cancel: async () => {
      cancelled = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
      await ipc.sendWithAck('CANCEL', { timeoutInMs: graceMs }, graceMs).catch(() => {});
      child.kill('SIGTERM');
    },
  };
};

const manifestOf = ({ configFile, tasks }: Program): WorkerManifest =>
  WorkerManifest.parse({
    configPath: configFile,
    workerEntryPoint: workerEntry,
    runtime: 'node-24',
    tasks: Object.entries(tasks).map(([id, file]) => ({ id, filePath: file, entryPoint: file, exportName: id })),
  });

export interface Where {
  readonly program: Pick<Program, 'maxDuration' | 'tasks'>;
  readonly environment: TaskRunExecution['environment'];
}

export const executionOf = (run: Attempt['run'], number: number, { program, environment }: Where): TaskRunExecution =>
  TaskRunExecution.parse({
    task: { id: run.task, filePath: program.tasks[run.task] },
    attempt: { number, startedAt: new Date() },
    run: {
      id: run.id,
      payload: run.payload,
      payloadType: 'application/json',
      tags: run.tags,
      metadata: run.metadata,
      createdAt: new Date(),
      maxDuration: program.maxDuration,
      durationMs: 0,
      costInCents: 0,
    },
    queue: { id: 'queue_1', name: 'longhaul' },
    environment,
    organization: { id: 'org_1', slug: 'org', name: 'Org' },
    project: { id: 'project_1', ref: 'proj_fake', slug: 'project', name: 'Project' },
    machine: { name: 'medium-1x', cpu: 1, memory: 2, centsPerMs: 0 },
  });

export const finishedBy = async (result: TaskRunExecutionResult): Promise<Finished> => {
  const metadata = await metadataOf(result);
  return result.ok
    ? { kind: 'completed', output: packetOf(result.output, result.outputType), metadata }
    : {
        kind: 'failed',
        code: codeOf(result),
        error: createJsonErrorObject(result.error),
        retryAfter: result.retry?.delay ?? null,
        metadata,
      };
};

const metadataOf = async ({ flushedMetadata }: TaskRunExecutionResult): Promise<FlushedRunMetadata | null> =>
  flushedMetadata?.data === undefined ? null : FlushedRunMetadata.parse(await parsePacket(flushedMetadata));

const codeOf = ({ error }: Failed): string | null => (error.type === 'INTERNAL_ERROR' ? error.code : null);
