import type { AuditApi } from './audit.ts';
import type { RecipesInput } from './recipes-input.ts';
import { z } from 'zod';
import type { Deletion } from './deletion.ts';
import type { OutputPublicationInput, PublishOutputInput } from './output-publication.ts';
import type { PublicationInput, PublishInput } from './publication.ts';
import type { TreeFile, TreeFileInput, TreeInput, TreePage } from './tree.ts';
import type { EnableInput, FireInput, ListedTrigger, ShownTrigger, TriggerInput, TriggersInput } from './triggers.ts';
import type * as repositories from './repositories.ts';
import type { RunnerInfo } from './runner-info.ts';
import type { Review } from './review.ts';
import type { DecideInput, RenewInput } from './decide-input.ts';
import { RunId } from '../ids.ts';
import { Policy } from '../policy/policy.ts';
import type { Preview } from '../recipe/preview.ts';
import { GivenInputs } from '../recipe/inputs.ts';
import type { ListedRecipe } from '../recipe/recipe.ts';
import { SettingsFile } from '../recipe/settings-file.ts';
import { MarkedFile } from '../review/caution.ts';
import { BlobHash } from '../run/artifacts.ts';
import { Budget } from '../run/budget.ts';
import { ImageName, mostImages } from '../run/image.ts';
import { PlannedCommand, ReviewComment, type RunEvent } from '../run/events.ts';
import { BundleSource, RemoteRef, RemoteUrl } from '../run/source.ts';
import type { RunState } from '../run/state.ts';
import type { DecisionSummary, RunSummary } from '../run/summary.ts';

/** Who calls. A worker's token speaks for one activation of one run, and for nothing else. */
export type Principal =
  | {
      readonly kind: 'person';
      readonly name: string;
      readonly tenant: string;
      readonly role: Role;
      /** On the runner's own machine, as its own user: may name local paths. */ readonly local: boolean;
    }
  | { readonly kind: 'worker'; readonly run: string; readonly activation: string };

/** Each includes those before it: read; delegate, message, cancel, review; decide, publish; operate. */
export const Role = z.enum(['viewer', 'developer', 'approver', 'admin']);
export type Role = z.infer<typeof Role>;

const rank: Record<Role, number> = { viewer: 0, developer: 1, approver: 2, admin: 3 };
/** Whether a role includes another. */
export const includes = (role: Role, least: Role): boolean => rank[role] >= rank[least];

/** Code that is not in a folder of the runner's machine. */
export const DelegateSource = z.discriminatedUnion('kind', [
  /** Uploaded with PUT /blobs before. `settings`: what the repository says of itself. */
  BundleSource.extend({ settings: z.array(SettingsFile).max(500) }),
  /** `ref` null: the remote's default branch. */
  z.strictObject({ kind: z.literal('remote'), url: RemoteUrl, ref: RemoteRef.nullable() }),
]);
export type DelegateSource = z.infer<typeof DelegateSource>;

/** At most a year. */
const Hours = z.number().positive().max(8_760);
const Delegation = z.strictObject({
  /** May be empty with a recipe that does not need one. */
  goal: z.string().trim().max(100_000),
  title: z.string().trim().min(1).max(200).nullable().default(null),
  /** What the model is shown with the goal, in this order. Each was uploaded with PUT /blobs before. */
  images: z
    .array(z.strictObject({ name: ImageName, blob: BlobHash }))
    .max(mostImages)
    .default([]),
  /** Absolute path of a repository on the runner's machine; with a `source`, what to call the repository: its URL or its name. */
  repository: z.string().min(1).max(4096),
  /** Null: `repository` itself, as `base` says. */
  source: DelegateSource.nullable().default(null),
  /** The tree as it is, with all that is not committed; or a commit. */
  base: z.union([z.literal('worktree'), z.strictObject({ commit: z.string().min(1) })]).default('worktree'),
  /** Of the tree as it is: changed files and folders that do not go along, from the root of the repository. */
  without: z.array(z.string().min(1).max(4096)).max(10_000).default([]),
  /** Name of a recipe, built in or the repository's: what this says wins over what the recipe says. */
  recipe: z.string().min(1).max(100).nullable().default(null),
  /** What that recipe takes besides a goal, by name. */
  inputs: GivenInputs.default({}),
  /** The address of the issue or the pull request that it is about, or `acme/shop#12`. Null: none. */
  about: z.string().trim().min(1).max(2000).nullable().default(null),
  /** Higher goes first. Null: the recipe's, or 0. */
  priority: z.int().min(-100).max(100).nullable().default(null),
  budget: Budget.partial().default({}),
  /** Null: the default with the rules of the repository and the recipe. */
  policy: Policy.nullable().default(null),
  /** Null: the recipe's, or the repository's. */
  setup: z.array(PlannedCommand).nullable().default(null),
  verification: z.array(PlannedCommand).nullable().default(null),
  model: z.string().min(1).nullable().default(null),
  /** How long a decision waits for a person; null: as the recipe says, or the runner is configured. */
  decisionHours: Hours.nullable().default(null),
  /** The hash of what the repository's settings open, as a refusal told it: it may be open. Null: nothing is said. */
  trust: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected the hash that was shown')
    .nullable()
    .default(null),
  /** Delegating twice with one key gives the same run. */
  dedupeKey: z.string().min(1).max(200).nullable().default(null),
  /** With such a key: whatever is otherwise than it was then makes it another task, which is refused. Else only what the task is about does. */
  exact: z.boolean().default(false),
});
export const DelegateInput = Delegation.refine(({ goal, recipe }) => goal !== '' || recipe !== null, {
  path: ['goal'],
  message: 'expected a goal: what shall the agent do?',
});
export type DelegateInput = z.infer<typeof DelegateInput>;

/** What else a delegation would say, so that it is checked as delegating checks it. */
const PreviewedDelegation = Delegation.pick({
  goal: true,
  title: true,
  repository: true,
  inputs: true,
  about: true,
  base: true,
  without: true,
  trust: true,
  dedupeKey: true,
});

/** What a delegation would say, for a look at what would hold. */
export const PreviewInput = Delegation.pick({
  recipe: true,
  priority: true,
  budget: true,
  policy: true,
  setup: true,
  verification: true,
  model: true,
  decisionHours: true,
}).extend({
  /** What the repository says of itself: read in a folder of the runner's machine (absolute path), or told. */
  settings: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('folder'), path: z.string().min(1).max(4096) }),
    z.strictObject({ kind: z.literal('files'), files: z.array(SettingsFile).max(500) }),
  ]),
  /** How many images are to go along. */
  images: z.int().min(0).max(mostImages).default(0),
  /** Null: what would hold is told, and nothing is checked that it does not depend on. */
  delegation: PreviewedDelegation.nullable().default(null),
});
export type PreviewInput = z.infer<typeof PreviewInput>;

export const ListInput = z.strictObject({
  /** Null: all. `open`: those that are not over. */
  status: z
    .enum([
      'open',
      'queued',
      'working',
      'waiting',
      'reviewing',
      'accepted',
      'rejected',
      'completed',
      'failed',
      'cancelled',
    ])
    .nullable()
    .default(null),
  repository: z.string().nullable().default(null),
  /** Those that are archived, too. */
  archived: z.boolean().default(false),
  limit: z.int().min(1).max(500).default(50),
  /** Runs with a smaller number than this: the next page, newest first. */
  before: z.int().positive().nullable().default(null),
});
export type ListInput = z.infer<typeof ListInput>;

export const EventsInput = z.strictObject({
  run: RunId,
  after: z.int().nonnegative().default(0),
  limit: z.int().min(1).max(1000).default(500),
});
export type EventsInput = z.infer<typeof EventsInput>;

/** `lastEventId` is what a reconnecting subscription sends by itself; it wins over `after`. Both are positions. */
export const FeedInput = z.strictObject({
  run: RunId.nullable().default(null),
  after: z.int().nonnegative().nullable().default(null),
  lastEventId: z.coerce.number().int().nonnegative().nullish(),
});
export type FeedInput = z.infer<typeof FeedInput>;

export const MessageInput = z.strictObject({ run: RunId, text: z.string().trim().min(1).max(100_000) });
export type MessageInput = z.infer<typeof MessageInput>;
export const ReviewInput = z.strictObject({
  run: RunId,
  /** The round that the person was shown: another one is not decided. */
  round: z.int().positive(),
  /** The patch that they saw, as in ApplyInput. Null: whichever the round has. */
  patch: BlobHash.nullable().default(null),
  verdict: z.enum(['accepted', 'rejected', 'changes']),
  reason: z.string().max(100_000).default(''),
  comments: z
    .array(ReviewComment.omit({ id: true }))
    .max(500)
    .default([]),
});
export type ReviewInput = z.infer<typeof ReviewInput>;
/** Units by their ids (`shared/review`), which name lines and no places in a list; null: the whole file. */
const AcceptedFile = z.strictObject({
  path: z.string().min(1),
  units: z.array(z.string().min(1).max(100)).max(1_000_000).nullable(),
});
export type AcceptedFile = z.infer<typeof AcceptedFile>;
/** Whether what the person had not committed when they delegated becomes a commit of its own below the result. False: the result alone. */
const own = z.boolean().default(true);
const Part = {
  /** Null: the whole result. A file that is not listed is left out. */
  accepted: z.array(AcceptedFile).max(1_000_000).nullable().default(null),
  /** The patch that the person saw: nothing is applied if the result is another one by now. Null: whatever it is. */
  patch: BlobHash.nullable().default(null),
};
export const ApplyInput = z.strictObject({
  run: RunId,
  /** Into the working tree, three-way; or as a new branch; or as one in a work tree of its own; or take the last application back. */
  how: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('worktree'), dryRun: z.boolean().default(false), ...Part }),
    z.strictObject({ kind: z.literal('branch'), branch: z.string().min(1).max(200), own, ...Part }),
    z.strictObject({
      kind: z.literal('new-worktree'),
      branch: z.string().min(1).max(200),
      /** Absolute path of a folder that does not exist yet, or is empty. */
      path: z.string().min(1),
      own,
      ...Part,
    }),
    z.strictObject({ kind: z.literal('undo') }),
  ]),
});
export type ApplyInput = z.infer<typeof ApplyInput>;
/** What was done on the caller's own machine with the result of a run. `target`: the folder, or the branch. */
export const RecordAppliedInput = z.strictObject({
  run: RunId,
  how: z.enum(['worktree', 'branch', 'undo']),
  target: z.string().min(1).max(4096),
  files: z.int().nonnegative(),
  conflicts: z.int().nonnegative(),
});
export type RecordAppliedInput = z.infer<typeof RecordAppliedInput>;
export const RemoteInput = z.strictObject({ url: RemoteUrl });
export type RemoteInput = z.infer<typeof RemoteInput>;
export const CancelInput = z.strictObject({ run: RunId, reason: z.string().max(10_000).default('') });
export type CancelInput = z.infer<typeof CancelInput>;
export const RunInput = z.strictObject({ run: RunId });
export type RunInput = z.infer<typeof RunInput>;
/** `soFar`: not the last finished round, but what had changed when the run last began to wait for a person. */
export const DiffInput = z.strictObject({ run: RunId, soFar: z.boolean().default(false) });
export type DiffInput = z.infer<typeof DiffInput>;

export const AppliedFile = z.strictObject({
  path: z.string(),
  outcome: z.enum(['written', 'removed', 'already', 'merged', 'conflict', 'refused']),
  reason: z.string(),
});
export type AppliedFile = Readonly<z.infer<typeof AppliedFile>>;
export const Applied = z.strictObject({
  how: z.enum(['worktree', 'branch', 'undo']),
  /** The repository, or the branch that was made. */
  target: z.string(),
  dryRun: z.boolean(),
  files: z.array(AppliedFile).readonly(),
  /** Files of it that a person should look at closely before they are used, with why. */
  cautions: z.array(MarkedFile).readonly(),
});
export type Applied = Readonly<z.infer<typeof Applied>>;

/** Branches and tags by their full names, with the commit of each; the most that are told are 5,000. */
export interface RemoteRefs {
  readonly refs: readonly { readonly name: string; readonly commit: string }[];
  /** Full name; null: it says none. */
  readonly defaultBranch: string | null;
}

export interface RunPage {
  readonly runs: readonly RunSummary[];
  /** Subscribe to the feed after this and nothing is missed. */
  readonly position: number;
  readonly next: number | null;
}

/** All that a person or a program can ask of a control plane. Refusals are thrown as typed tRPC errors by the router. */
export interface RunnerApi extends AuditApi<Principal> {
  info(caller: Principal): Promise<RunnerInfo>;
  delegate(caller: Principal, input: DelegateInput): Promise<RunState>;
  /** What would hold for a run, with who says it. Makes none. */
  preview(caller: Principal, input: PreviewInput): Promise<Preview>;
  /** By name. What is wrong with a recipe of the repository stands beside it. */
  recipes(caller: Principal, input: RecipesInput): Promise<readonly ListedRecipe[]>;
  /** Of a repository's default branch, and those that somebody enabled; what is wrong with one stands beside it. */
  triggers(caller: Principal, input: TriggersInput): Promise<readonly ListedTrigger[]>;
  showTrigger(caller: Principal, input: TriggerInput): Promise<ShownTrigger>;
  /** From now on it begins runs, with the caller's authority. */
  enableTrigger(caller: Principal, input: EnableInput): Promise<ListedTrigger>;
  disableTrigger(caller: Principal, input: TriggerInput): Promise<ListedTrigger>;
  /** Begins its run now, with the caller's authority, whether it is enabled or not. */
  fireTrigger(caller: Principal, input: FireInput): Promise<RunState>;
  /** What this runner works on for the caller's tenant: what somebody put on record, and what has enabled triggers or runs. */
  repositories(
    caller: Principal,
    input: repositories.RepositoriesInput,
  ): Promise<readonly repositories.ListedRepository[]>;
  /** Looks whether the runner can read it, puts it on record, and says what was found. */
  addRepository(caller: Principal, input: repositories.RepositoryInput): Promise<repositories.AddedRepository>;
  /** Takes it off record and disables its triggers. */
  removeRepository(caller: Principal, input: repositories.RepositoryInput): Promise<repositories.RemovedRepository>;
  list(caller: Principal, input: ListInput): Promise<RunPage>;
  get(caller: Principal, input: RunInput): Promise<RunState>;
  events(caller: Principal, input: EventsInput): Promise<readonly RunEvent[]>;
  /** Every event after a position, in order, for as long as the subscriber stays. */
  feed(caller: Principal, input: FeedInput, signal: AbortSignal): AsyncIterable<RunEvent>;
  decisions(caller: Principal): Promise<readonly DecisionSummary[]>;
  decide(caller: Principal, input: DecideInput): Promise<RunState>;
  renew(caller: Principal, input: RenewInput): Promise<RunState>;
  /** What the command that runs has printed so far, as far as it was told here; null: none runs, or nobody tells. */
  printed(caller: Principal, input: RunInput): Promise<string | null>;
  message(caller: Principal, input: MessageInput): Promise<RunState>;
  diff(caller: Principal, input: DiffInput): Promise<Review>;
  /** The files of a tree that a run saved, where that is on the runner's machine. */
  tree(caller: Principal, input: TreeInput): Promise<TreePage>;
  treeFile(caller: Principal, input: TreeFileInput): Promise<TreeFile>;
  review(caller: Principal, input: ReviewInput): Promise<RunState>;
  apply(caller: Principal, input: ApplyInput): Promise<Applied>;
  /** Puts on record what the caller did with a result on a machine of their own. */
  recordApplied(caller: Principal, input: RecordAppliedInput): Promise<RunState>;
  /** What a remote that the runner may read has, asked with the runner's own credential for it. */
  remoteRefs(caller: Principal, input: RemoteInput): Promise<RemoteRefs>;
  /** What publishing the result of a run would do, to be shown and changed; nothing is done. The last two: of one that is no diff. */
  publication(caller: Principal, input: PublicationInput): Promise<PublishInput>;
  /** Asks for it to be done; the run says what came of it. */
  publish(caller: Principal, input: PublishInput): Promise<RunState>;
  outputPublication(caller: Principal, input: OutputPublicationInput): Promise<PublishOutputInput>;
  publishOutput(caller: Principal, input: PublishOutputInput): Promise<RunState>;
  cancel(caller: Principal, input: CancelInput): Promise<RunState>;
  /** Lists leave a run out that is over, or show it again; nothing of it is gone. One that is so already stays so. */
  archive(caller: Principal, input: RunInput): Promise<RunState>;
  unarchive(caller: Principal, input: RunInput): Promise<RunState>;
  /** What deleting a run that is over would take away. */
  deletion(caller: Principal, input: RunInput): Promise<Deletion>;
  /** Takes a run that is over away for good, for its requester or an admin: its log, what it stored, its folder. */
  delete(caller: Principal, input: RunInput): Promise<Deletion>;
  /** It does nothing more once its worker has finished the step that it is at. One that is paused stays so. */
  pause(caller: Principal, input: RunInput): Promise<RunState>;
  /** A run that was paused goes on; one that failed or was cancelled does from its last checkpoint, as long as that is kept. */
  retry(caller: Principal, input: RunInput): Promise<RunState>;
  /** Stops the runner after what is being written is written; runs go on when it starts again. */
  shutdown(caller: Principal): Promise<{ readonly stopping: true }>;
}
