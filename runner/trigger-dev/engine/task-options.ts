import { createHash } from 'node:crypto';
import type { Ticket } from '../../../shared/api/worker-api.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import type { TriggerOptions } from './api.ts';

export type TriggerSettings = Extract<RunnerConfig['engine'], { kind: 'trigger' }>;

/** What Trigger.dev is told of a run besides its ticket. */
export interface Origin {
  readonly tenant: string;
  readonly repository: string;
  readonly priority: number;
  /** Of the run's last lease; 0 before the first. */
  readonly fence: number;
}

/** Trigger.dev's limit on the length of a tag. */
const longestTag = 128;
/** A run of a higher priority goes before those triggered up to so many seconds earlier, for each step. */
const secondsPerPriority = 60;

/** With what a run of the task is triggered, so that it can be found again, and is queued as the run is. */
export const optionsFor = (
  { run, activation }: Ticket,
  { tenant, repository, priority }: Origin,
  { ttlSeconds, machine, version }: Pick<TriggerSettings, 'ttlSeconds' | 'machine' | 'version'>,
): TriggerOptions => ({
  idempotencyKey: activation,
  concurrencyKey: `${tenant}:${createHash('sha256').update(repository).digest('hex').slice(0, 16)}`,
  tags: [runTag(run), `activation:${activation}`, `tenant:${tenant}`.slice(0, longestTag)],
  ttl: ttlSeconds,
  priority: Math.max(0, priority) * secondsPerPriority,
  maxAttempts: 1,
  ...(machine === null ? {} : { machine }),
  ...(version === null ? {} : { lockToVersion: version }),
});

export const runTag = (run: string): string => `run:${run}`;
