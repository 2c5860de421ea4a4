import { parsePacket, type RunStatus } from '@trigger.dev/core/v3';
import type { FakeRun, FakeToken } from './world.ts';

/** The only one that is deployed. */
export const deployedVersion = '20260101.1';

const queued: readonly RunStatus[] = ['QUEUED', 'DELAYED', 'PENDING_VERSION'];
const executing: readonly RunStatus[] = ['DEQUEUED', 'EXECUTING'];
/** What was cancelled counts as failed; what expired is neither completed nor failed. */
const failed: readonly RunStatus[] = ['CANCELED', 'FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT'];

const common = (run: FakeRun) => ({
  id: run.id,
  status: run.status,
  taskIdentifier: run.task,
  idempotencyKey: run.idempotencyKey ?? undefined,
  // From when a machine took it.
  version: run.startedAt === null ? undefined : deployedVersion,
  isQueued: queued.includes(run.status),
  isExecuting: executing.includes(run.status),
  isWaiting: run.status === 'WAITING',
  isCompleted: run.status === 'COMPLETED' || failed.includes(run.status),
  isSuccess: run.status === 'COMPLETED',
  isFailed: failed.includes(run.status),
  isCancelled: run.status === 'CANCELED',
  isTest: false,
  createdAt: run.createdAt,
  updatedAt: run.updatedAt,
  startedAt: run.startedAt ?? undefined,
  finishedAt: run.status === 'CANCELED' ? undefined : (run.endedAt ?? undefined),
  expiredAt: run.status === 'EXPIRED' ? (run.endedAt ?? undefined) : undefined,
  ttl: ttlOf(run) ?? undefined,
  tags: run.tags.toSorted(),
  costInCents: 0,
  baseCostInCents: 0,
  durationMs: 0,
  depth: 0,
  region: 'region_1',
  metadata: Object.keys(run.metadata).length === 0 ? undefined : run.metadata,
});

/** A duration, though it may have been sent as seconds. */
export const ttlOf = ({ options }: FakeRun): string | null => {
  const { ttl } = options;
  if (typeof ttl !== 'number') return typeof ttl === 'string' ? ttl : null;
  if (ttl % 3600 === 0) return `${ttl / 3600}h`;
  return ttl % 60 === 0 ? `${ttl / 60}m` : `${ttl}s`;
};

export const listed = (run: FakeRun) => ({
  ...common(run),
  version: deployedVersion,
  taskKind: 'STANDARD',
  env: { id: 'env_1', name: 'prod' },
});

export const retrieved = async (run: FakeRun) => ({
  ...common(run),
  triggerFunction: 'trigger',
  payload: JSON.parse(run.payload) as unknown,
  output: run.output === null ? undefined : await parsePacket(run.output),
  error: run.error ?? undefined,
  relatedRuns: { children: [] },
  attempts: [],
  attemptCount: run.attempts,
});

/** The database's own words for what the API calls otherwise. */
const rawStatus: Partial<Record<RunStatus, string>> = {
  QUEUED: 'PENDING',
  WAITING: 'WAITING_TO_RESUME',
  COMPLETED: 'COMPLETED_SUCCESSFULLY',
  FAILED: 'COMPLETED_WITH_ERRORS',
};

export const rawStatusOf = (status: RunStatus): string => rawStatus[status] ?? status;

const rawDate = (date: Date | null): string | null => date?.toISOString().replace('Z', '') ?? null;

/** Of the columns, as the first answer on a connection has it. */
export const rowSchema = JSON.stringify(
  Object.fromEntries([
    ...['id', 'taskIdentifier', 'friendlyId', 'status', 'ttl'].map((name) => [name, { type: 'text' }]),
    ...['createdAt', 'updatedAt', 'startedAt', 'delayUntil', 'queuedAt', 'expiredAt', 'completedAt'].map((name) => [
      name,
      { type: 'timestamp' },
    ]),
    ...['number', 'usageDurationMs'].map((name) => [name, { type: 'int4' }]),
    ['isTest', { type: 'bool' }],
    ...['costInCents', 'baseCostInCents'].map((name) => [name, { type: 'float8' }]),
    ...['payload', 'payloadType', 'metadata', 'metadataType', 'output', 'outputType'].map((name) => [
      name,
      { type: 'text' },
    ]),
    ['runTags', { type: 'text', dims: 1 }],
    ['error', { type: 'jsonb' }],
    ['realtimeStreams', { type: 'text', dims: 1 }],
  ]),
);

/** A row as the realtime stream has it: Postgres' own text, numbers and booleans too. */
export const row = (run: FakeRun, skipped: readonly string[]) =>
  Object.fromEntries(
    Object.entries({
      id: internalId(run),
      taskIdentifier: run.task,
      createdAt: rawDate(run.createdAt),
      updatedAt: rawDate(run.updatedAt),
      startedAt: rawDate(run.startedAt),
      delayUntil: null,
      queuedAt: rawDate(run.createdAt),
      expiredAt: run.status === 'EXPIRED' ? rawDate(run.endedAt) : null,
      completedAt: rawDate(run.endedAt),
      friendlyId: run.id,
      number: '0',
      isTest: 'f',
      status: rawStatusOf(run.status),
      usageDurationMs: '0',
      costInCents: '0',
      baseCostInCents: '0',
      ttl: ttlOf(run),
      payload: run.payload,
      payloadType: 'application/json',
      metadata: Object.keys(run.metadata).length === 0 ? null : JSON.stringify(run.metadata),
      metadataType: 'application/json',
      output: run.output?.data ?? null,
      outputType: run.output?.dataType ?? 'application/json',
      runTags: `{${run.tags.map((tag) => JSON.stringify(tag)).join(',')}}`,
      error: run.error === null ? null : JSON.stringify({ type: 'STRING_ERROR', raw: run.error.message }),
      realtimeStreams: '{}',
    }).filter(([column]) => !skipped.includes(column)),
  );

export const internalId = ({ id }: FakeRun): string => id.replace(/^run_/, '');

export const callbackUrl = ({ id }: FakeToken, url: string): string =>
  `${url}/api/v1/waitpoints/tokens/${id}/callback/secret`;

export const tokenItem = (token: FakeToken, url: string) => ({
  id: token.id,
  type: 'MANUAL',
  url: callbackUrl(token, url),
  status: token.status,
  idempotencyKey: token.key ?? undefined,
  userProvidedIdempotencyKey: token.key !== null,
  timeoutAt: token.timeoutAt ?? undefined,
  completedAfter: token.timeoutAt ?? undefined,
  completedAt: token.completedAt ?? undefined,
  tags: token.tags,
  createdAt: token.createdAt,
  output: token.output?.data,
  outputType: token.output?.dataType ?? 'application/json',
  outputIsError: token.status === 'TIMED_OUT',
});

/** Built outside of a git repository. */
export const deploymentsOf = (deployed: boolean) => ({
  data: deployed
    ? [
        {
          id: 'deployment_1',
          createdAt: '2026-01-01T00:00:00.000Z',
          shortCode: 'abcd1234',
          version: deployedVersion,
          runtime: 'node-24',
          runtimeVersion: null,
          status: 'DEPLOYED',
          deployedAt: '2026-01-01T00:01:00.000Z',
          git: null,
        },
      ]
    : [],
  pagination: {},
});
