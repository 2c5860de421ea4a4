import { z } from 'zod';
import type { ListedTrigger } from './triggers.ts';

export const RepositoryInput = z.strictObject({
  /** Absolute path of a folder on the runner's machine, or the URL of a remote that the runner may read. */
  repository: z.string().min(1).max(4096),
});
export type RepositoryInput = z.infer<typeof RepositoryInput>;

export const RepositoriesInput = z.strictObject({
  /** Reads each of them anew; else what was found the last time is told. */
  check: z.boolean().default(false),
});
export type RepositoriesInput = z.infer<typeof RepositoriesInput>;

const Fault = z.strictObject({ message: z.string(), remedy: z.string() });
/** What is wrong, and what to do about it: sentences. */
export type RepositoryFault = Readonly<z.infer<typeof Fault>>;

const Named = z.strictObject({
  name: z.string(),
  /** It can be used as things stood. */
  usable: z.boolean(),
});

/** What was found in a repository when it was looked at last. All of it is untrusted text. `at`: ISO. */
export const RepositoryLook = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('unreadable'), at: z.iso.datetime(), fault: Fault }),
  z.strictObject({
    outcome: z.literal('read'),
    at: z.iso.datetime(),
    /** Null: it has none yet. */
    branch: z.string().nullable(),
    /** Its `.longhaul/config.yaml`. */
    config: z.enum(['none', 'right', 'wrong']),
    /** Those of its own, and what begins runs by itself there. */
    recipes: z.array(Named).readonly(),
    triggers: z.array(Named).readonly(),
    faults: z.array(Fault).readonly(),
  }),
]);
export type RepositoryLook = Readonly<z.infer<typeof RepositoryLook>>;

/** A repository that the runner works on for a tenant. */
export interface ListedRepository {
  /** As the one who put it on record, or whoever enabled a trigger or delegated, has it. */
  readonly repository: string;
  /** Null: nobody put it on record; it has enabled triggers, or runs. `at`: ISO. */
  readonly added: { readonly by: string; readonly at: string } | null;
  /** Null: it was never looked at, or what is there is not for the caller. */
  readonly look: RepositoryLook | null;
  /** How many somebody enabled, or had. */
  readonly triggers: { readonly on: number; readonly paused: number; readonly stopped: number };
  /** How many are not over, and how many were begun within 30 days. */
  readonly runs: { readonly open: number; readonly lately: number };
  /** Whether its operator lets results be published there. Null: it is a folder, or a name. */
  readonly publish: boolean | 'ask' | null;
  /** Whether the runner is told of what happens there. */
  readonly hears: boolean;
  /** What is wrong now, as far as is known. */
  readonly faults: readonly RepositoryFault[];
}

export interface AddedRepository {
  readonly repository: ListedRepository;
  /** False: it was on record, and stays as it was. */
  readonly isNew: boolean;
  /** Of its default branch, and those that somebody enabled. */
  readonly triggers: readonly ListedTrigger[];
}

export interface RemovedRepository {
  readonly repository: string;
  /** False: nobody had put it on record, and its triggers alone were disabled. */
  readonly wasAdded: boolean;
  /** Names of its triggers that began runs until now. */
  readonly disabled: readonly string[];
  /** Runs of it that are not over, which go on. */
  readonly openRuns: number;
}
