import type { TaskRunExecution } from '@trigger.dev/core/v3';
import { deployedVersion, internalId, rawStatusOf, ttlOf } from './answers.ts';
import { statusWords, type DevRun, type Snapshot } from './dev-run.ts';
import type { FakeRun, World } from './world.ts';

export const workerId = 'worker_fake1';
export const environmentId = 'env_1';
const machine = { name: 'medium-1x', cpu: 1, memory: 2, centsPerMs: 0 };

const described = ({ id, status, createdAt }: Snapshot) => ({
  id,
  friendlyId: `snapshot_${id}`,
  executionStatus: status,
  description: statusWords[status],
  createdAt,
});

export const stateOf = ({ run, latest }: DevRun) => ({
  snapshot: described(latest),
  run: { id: internalId(run), friendlyId: run.id, status: rawStatusOf(run.status), attemptNumber: run.attempts },
});

const traceContext = { external: {}, traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` };
const machineOf = { ...machine, code: machine.name, title: 'Medium 1x' };

export const messageOf = (taken: DevRun) => ({
  version: '1',
  dequeuedAt: new Date(),
  workerQueueLength: 0,
  snapshot: described(taken.latest),
  completedWaitpoints: [],
  backgroundWorker: {
    id: workerId.replace('worker_', ''),
    friendlyId: workerId,
    version: deployedVersion,
    runtime: 'node-24',
  },
  deployment: {},
  run: {
    id: internalId(taken.run),
    friendlyId: taken.run.id,
    isTest: false,
    isReplay: false,
    machine: machineOf,
    attemptNumber: taken.run.attempts,
    masterQueue: environmentId,
    traceContext,
    annotations: {
      triggerSource: 'sdk',
      triggerAction: 'trigger',
      rootTriggerSource: 'sdk',
      taskKind: 'STANDARD',
    },
  },
  environment: { id: environmentId, type: 'DEVELOPMENT' },
  organization: { id: 'org_1' },
  project: { id: 'project_1' },
  placementTags: [{ key: 'paid', values: ['true'] }],
});

/** The database's own row, which the answer to a start has whole. */
export const rowOf = (run: FakeRun, maxDuration: number) => ({
  id: internalId(run),
  createdAt: run.createdAt,
  updatedAt: run.updatedAt,
  executedAt: new Date(),
  baseCostInCents: 0,
  projectId: 'project_1',
  organizationId: 'org_1',
  friendlyId: run.id,
  lockedById: 'task_1',
  lockedQueueId: 'queue_1',
  queue: 'longhaul',
  attemptNumber: run.attempts,
  status: rawStatusOf(run.status),
  ttl: ttlOf(run),
  metadata: null,
  metadataType: 'application/json',
  machinePreset: machine.name,
  payload: run.payload,
  payloadType: 'application/json',
  runTags: run.tags,
  isTest: false,
  replayedFromTaskRunFriendlyId: null,
  idempotencyKey: run.idempotencyKey,
  idempotencyKeyOptions: null,
  startedAt: run.startedAt,
  maxAttempts: 1,
  taskVersion: deployedVersion,
  maxDurationInSeconds: maxDuration,
  usageDurationMs: 0,
  costInCents: 0,
  traceContext,

  priorityMs: 0,
  batchId: null,
  realtimeStreamsVersion: 'v1',
  runtimeEnvironmentId: environmentId,
  parentTaskRunId: null,
  rootTaskRunId: null,
  workerQueue: environmentId,
  taskEventStore: 'taskEvent',
});

export const snapshotRow = (taken: DevRun, snapshot: Snapshot) => ({
  ...described(snapshot),
  engine: 'V2',
  isValid: true,
  error: null,
  previousSnapshotId: taken.before?.id ?? null,
  runId: internalId(taken.run),
  runStatus: rawStatusOf(taken.run.status),
  batchId: null,
  attemptNumber: taken.run.attempts,
  environmentId: environmentId,
  environmentType: 'DEVELOPMENT',
  projectId: 'project_1',
  organizationId: 'org_1',
  completedWaitpointOrder: [],
  checkpointId: null,
  workerId: null,
  runnerId: null,
  updatedAt: snapshot.createdAt,
  lastHeartbeatAt: null,
  metadata: null,
  checkpoint: null,
  runFriendlyId: taken.run.id,
});

/** What a server says besides of an attempt. */
export const deprecated = ({ attempt, run: own, ...rest }: TaskRunExecution, run: FakeRun) => ({
  attempt: {
    ...attempt,
    id: 'deprecated',
    backgroundWorkerId: 'deprecated',
    backgroundWorkerTaskId: 'deprecated',
    status: 'deprecated',
  },
  run: {
    ...own,
    idempotencyKey: run.idempotencyKey ?? undefined,
    isReplay: false,
    startedAt: run.startedAt,
    maxAttempts: 1,
    version: deployedVersion,
    baseCostInCents: 0,
    traceContext,
    realtimeStreamsVersion: 'v1',
    metadata: Object.keys(run.metadata).length === 0 ? undefined : run.metadata,
  },
  project: { ...rest.project, ref: 'proj_fake' },
  machine: machineOf,
});

/** Of the environment, as the command line gets them for the processes that it starts. */
export const variablesOf = ({ api }: World): Readonly<Record<string, string>> => ({
  TRIGGER_REALTIME_STREAM_VERSION: 'v1',
  OTEL_EXPORTER_OTLP_ENDPOINT: `${api.url}/otel`,
  TRIGGER_OTEL_EXPORTER_OTLP_ENDPOINT: `${api.url}/otel`,
  TRIGGER_API_URL: api.url,
  TRIGGER_STREAM_URL: api.url,
  TRIGGER_OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1024',
  TRIGGER_OTEL_LOG_ATTRIBUTE_COUNT_LIMIT: '1024',
  TRIGGER_OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '131072',
  TRIGGER_OTEL_LOG_ATTRIBUTE_VALUE_LENGTH_LIMIT: '131072',
  TRIGGER_OTEL_SPAN_EVENT_COUNT_LIMIT: '10',
  TRIGGER_OTEL_LINK_COUNT_LIMIT: '2',
  TRIGGER_OTEL_ATTRIBUTE_PER_LINK_COUNT_LIMIT: '10',
  TRIGGER_OTEL_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: '10',
  TRIGGER_WAIT_UNTIL_TIMEOUT_MS: '600000',
});
const attributes = '{"$trigger.taskEventStore":"taskEvent"}';
export const variablesOfRun = (run: FakeRun): Readonly<Record<string, string>> => ({
  TRIGGER_JWT: `fake.jwt.${run.id}`,
  TRIGGER_RUN_ID: internalId(run),
  TRIGGER_MACHINE_PRESET: machine.name,
  OTEL_RESOURCE_ATTRIBUTES: attributes,
  TRIGGER_OTEL_RESOURCE_ATTRIBUTES: attributes,
});
