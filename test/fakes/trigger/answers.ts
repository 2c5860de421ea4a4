import { parsePacket, type RunStatus } from '@trigger.dev/core/v3';
import type { FakeRun, FakeToken } from './world.ts';

const queued: readonly RunStatus[] = ['QUEUED', 'DELAYED', 'PENDING_VERSION'];
const executing: readonly RunStatus[] = ['DEQUEUED', 'EXECUTING'];
const failed: readonly RunStatus[] = ['FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'EXPIRED', 'TIMED_OUT'];

const common = (run: FakeRun) => ({
  id: run.id,
  status: run.status,
  taskIdentifier: run.task,
  idempotencyKey: run.idempotencyKey ?? undefined,
  version: '20260101.1',
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
  tags: run.tags,
  costInCents: 0,
  baseCostInCents: 0,
  durationMs: 0,
  metadata: run.metadata,
});

export const listed = (run: FakeRun) => ({ ...common(run), env: { id: 'env_1', name: 'prod' } });

export const retrieved = async (run: FakeRun) => ({
  ...common(run),
  depth: 0,
  triggerFunction: 'trigger',
  payload: JSON.parse(run.payload) as unknown,
  output: run.output === null ? undefined : await parsePacket(run.output),
  error: run.error ?? undefined,
  relatedRuns: {},
  attemptCount: run.attempts,
});

/** The database's own words for what the API calls otherwise. */
const rawStatus: Partial<Record<RunStatus, string>> = {
  QUEUED: 'PENDING',
  WAITING: 'WAITING_TO_RESUME',
  COMPLETED: 'COMPLETED_SUCCESSFULLY',
  FAILED: 'COMPLETED_WITH_ERRORS',
};

const rawDate = (date: Date): string => date.toISOString().replace('Z', '');

/** A row as the realtime stream has it. */
export const row = (run: FakeRun, skipped: readonly string[]) =>
  Object.fromEntries(
    Object.entries({
      id: `internal_${run.id}`,
      taskIdentifier: run.task,
      friendlyId: run.id,
      status: rawStatus[run.status] ?? run.status,
      createdAt: rawDate(run.createdAt),
      updatedAt: rawDate(run.updatedAt),
      payload: run.payload,
      payloadType: 'application/json',
      metadata: JSON.stringify(run.metadata),
      metadataType: 'application/json',
      output: run.output?.data ?? null,
      outputType: run.output?.dataType ?? null,
      runTags: run.tags,
      error: run.error === null ? null : { type: 'STRING_ERROR', raw: run.error.message },
    }).filter(([column]) => !skipped.includes(column)),
  );

export const tokenItem = (token: FakeToken, url: string) => ({
  id: token.id,
  url: `${url}/api/v1/waitpoints/tokens/${token.id}/callback/secret`,
  status: token.status,
  idempotencyKey: token.key ?? undefined,
  timeoutAt: token.timeoutAt ?? undefined,
  completedAt: token.status === 'WAITING' ? undefined : new Date(),
  tags: token.tags,
  createdAt: token.createdAt,
  output: token.output?.data,
  outputType: token.output?.dataType,
  outputIsError: token.status === 'TIMED_OUT',
});
