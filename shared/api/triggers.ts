import { z } from 'zod';
import { TriggerName, type Trigger, type TriggerOrigin } from '../recipe/trigger.ts';
import type { Status } from '../run/state.ts';

/** Absolute path on the runner's machine, or the URL of a remote that the runner may read. */
const Repository = z.string().min(1).max(4096);

export const TriggersInput = z.strictObject({
  /** Null: those of all repositories that somebody enabled, or had, and those of the runner's configuration. */
  repository: Repository.nullable().default(null),
  /** With those: what the default branches of repositories that somebody put on record have. Each is read. */
  added: z.boolean().default(false),
});
export type TriggersInput = z.infer<typeof TriggersInput>;

export const TriggerInput = z.strictObject({ repository: Repository, name: TriggerName });
export type TriggerInput = z.infer<typeof TriggerInput>;

export const EnableInput = TriggerInput.extend({
  /** `hash` of what was shown: something else is not enabled. Null: whatever it says now. */
  seen: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected the hash of the trigger that was shown')
    .nullable()
    .default(null),
});
export type EnableInput = z.infer<typeof EnableInput>;

export const FireInput = TriggerInput.extend({
  /** Fired twice with one key there is one run. */
  key: z.string().min(1).max(100),
});
export type FireInput = z.infer<typeof FireInput>;

/** A run that a trigger began, as it is by now. */
export interface TriggeredRun {
  readonly run: string;
  readonly number: number;
  readonly status: Status;
  /** Commands of its verification that did not pass. */
  readonly failedChecks: number;
}

/** What came of a time that a trigger was due. */
export interface ListedFiring {
  /** ISO. */
  readonly at: string;
  /** What it was due for: untrusted text. */
  readonly about: string;
  readonly url: string | null;
  /** Null: it began none, and `said` says why. */
  readonly run: TriggeredRun | null;
  readonly said: string | null;
  /** Why its result was not published by itself; null: it was, or was not to be. */
  readonly unpublished: string | null;
}

export interface ShownTrigger {
  readonly trigger: ListedTrigger;
  /** The newest first, of 30 days: at most 20 that began runs, and 20 that did not. */
  readonly firings: readonly ListedFiring[];
}

/** Whether it begins runs. `off`: nobody ever had it begin any; `paused`: somebody ended that; `stopped`: it ended that itself, after runs that failed. */
export type Standing = 'on' | 'off' | 'paused' | 'stopped';

/** A trigger as its repository's default branch has it, and what became of it here. */
export interface ListedTrigger {
  readonly repository: string;
  readonly name: string;
  /** Who wrote it: it is of the repository's default branch, or of the runner's configuration. */
  readonly origin: TriggerOrigin;
  readonly standing: Standing;
  /** With whose authority it begins runs; null: it begins none. */
  readonly enabledBy: string | null;
  /** Null: there is none, or it cannot be used. */
  readonly trigger: Trigger | null;
  /** Over all that whoever enables it agrees to: what its file says, and what kind of result its recipe has. Null: it cannot be used. */
  readonly hash: string | null;
  /** Why it cannot be used, why it was stopped, or what went wrong the last time. */
  readonly problem: string | null;
  /** ISO: when it begins a run next; null: it does not, or nobody knows. */
  readonly nextAt: string | null;
  /** The run it began last. `at`: when it was begun, ISO; `dueAt`: for when, ISO; null: for no time. */
  readonly last:
    | (TriggeredRun & {
        readonly at: string;
        readonly dueAt: string | null;
      })
    | null;
  /** By the runs that it began within 30 days, as far as they are still there. `unpriced`: calls of a model whose cost is not known. */
  readonly spent: { readonly runs: number; readonly usd: number; readonly unpriced: number };
}
