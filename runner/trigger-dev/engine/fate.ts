import type { RunStatus } from '@trigger.dev/core/v3';
import { TaskOutcome } from '../protocol.ts';

/** A run of the task, as Trigger.dev tells it. */
export interface TaskRun {
  readonly id: string;
  readonly status: RunStatus;
  readonly output: unknown;
  readonly error: string | null;
}

/** What a task run's status means for the activation that it has. */
export type Fate =
  /** In Trigger.dev's queue, or at work. */
  | { readonly kind: 'under way' }
  /** Suspended until a token is completed: it holds no machine. */
  | { readonly kind: 'waiting' }
  /** There is no version of the task that could run. */
  | { readonly kind: 'undeployed' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'lost'; readonly reason: string };

/** Errors of tasks have stacks; what is shown is what they begin with. */
const longestReason = 500;

/** Pure. A task run that was cancelled is a loss: whoever cancelled it himself knows better. */
export const fateOf = ({ status, output, error }: TaskRun): Fate => {
  switch (status) {
    case 'QUEUED':
    case 'DEQUEUED':
    case 'DELAYED':
    case 'EXECUTING':
      return { kind: 'under way' };
    case 'PENDING_VERSION':
      return { kind: 'undeployed' };
    case 'WAITING':
      return { kind: 'waiting' };
    case 'COMPLETED': {
      const outcome = TaskOutcome.safeParse(output);
      if (!outcome.success) return { kind: 'lost', reason: 'its task ended with something that is no outcome' };
      return outcome.data.left === null ? { kind: 'ended' } : { kind: 'lost', reason: outcome.data.left };
    }
    case 'CANCELED':
    case 'FAILED':
    case 'CRASHED':
    case 'SYSTEM_FAILURE':
    case 'EXPIRED':
    case 'TIMED_OUT':
      return { kind: 'lost', reason: `Trigger.dev: ${meaning[status]}${error === null ? '' : `: ${cut(error)}`}` };
  }
};

const meaning = {
  CANCELED: 'CANCELED, and not by Longhaul',
  FAILED: 'FAILED',
  CRASHED: 'CRASHED, often for want of memory',
  SYSTEM_FAILURE: 'SYSTEM_FAILURE',
  EXPIRED: 'EXPIRED, no machine began with it in time',
  TIMED_OUT: 'TIMED_OUT, it took longer than its maxDuration',
} as const;

const cut = (text: string): string => (text.length <= longestReason ? text : `${text.slice(0, longestReason - 1)}…`);
