import { z } from 'zod';
import { DecisionRequest, DecisionVerdict, Json } from '../decision/decision.ts';
import { ActivationId, Actor, DecisionId, RunId, Time } from '../ids.ts';
import { TaskPolicy } from '../policy/policy.ts';
import { BlobHash, Checkpoint } from './artifacts.ts';
import { BaseCommit, Merged } from './base-commit.ts';
import { Budget } from './budget.ts';
import { CommandResult, PreparedBy, SetupTree } from './command-result.ts';
import { Effect, EffectResult } from './effect.ts';
import { event } from './event.ts';
import { AttachedImage, mostImages } from './image.ts';
import { Loosened } from './loosened.ts';
import { ModelItem, Usage } from './model-item.ts';
import { Output, Subject, WantedOutput } from './output.ts';
import { PullRequestSeen } from './pull-request.ts';
import { Source } from './source.ts';

const Fence = z.int().positive();
const Count = z.int().nonnegative();
/** US dollars; null: unknown, which is not 0. */
const Cost = z.number().nonnegative().nullable();

export const PlanStep = z.strictObject({ text: z.string(), status: z.enum(['pending', 'active', 'done']) });
export type PlanStep = z.infer<typeof PlanStep>;

/** What the agent says it did. Each claim names the recorded calls that show it. */
export const Report = z.strictObject({
  summary: z.string(),
  claims: z.array(z.strictObject({ text: z.string(), calls: z.array(z.string()) })),
});
export type Report = z.infer<typeof Report>;

/** Whose fault it was, so that a history can be honest about it. */
export const FailureClass = z.enum(['infrastructure', 'model', 'budget', 'policy', 'task']);
export type FailureClass = z.infer<typeof FailureClass>;

/** A command that Longhaul runs itself, before the agent (setup) or after it (verification). */
export const PlannedCommand = z.strictObject({
  command: z.string().min(1),
  network: z.array(z.string()),
  timeoutSeconds: z.int().positive(),
});
export type PlannedCommand = z.infer<typeof PlannedCommand>;

/** All that was fixed at delegation. */
export const Task = z.strictObject({
  tenant: z.string().min(1).max(100),
  /** Absolute path or URL: the key for limits and lists. */
  repository: z.string().min(1),
  title: z.string().min(1).max(200),
  goal: z.string().min(1).max(100_000),
  /** What the model is shown with it, in this order. */
  images: z.array(AttachedImage).max(mostImages),
  recipe: z.string().nullable(),
  /** Of what was asked for under a key, so that another wish under it is told from the same one: a SHA-256. Null: there was no key. */
  asked: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** What its result is to be. */
  output: WantedOutput,
  /** Null: it is about nothing in particular. */
  subject: Subject.nullable(),
  requester: Actor,
  /** Higher goes first; 0 is ordinary. */
  priority: z.int().min(-100).max(100),
  source: Source,
  policy: TaskPolicy,
  budget: Budget,
  setup: z.array(PlannedCommand),
  verification: z.array(PlannedCommand),
  /** Globs of files that setup reads, besides those that are known for it. */
  setupReads: z.array(z.string()),
  /** Null: the runner's default. */
  model: z.string().nullable(),
  /** How long a decision waits for a person, hours. */
  decisionHours: z.number().positive(),
  /** What would have held and does not, because somebody with the right to said so at delegation. */
  loosened: z.array(Loosened),
  /** What whoever delegated should know of how the terms came about, a sentence each. */
  notes: z.array(z.string()),
});
export type Task = z.infer<typeof Task>;

export const ModelTrouble = z.strictObject({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  status: z.int().nullable(),
});
export type ModelTrouble = z.infer<typeof ModelTrouble>;

export const ReviewComment = z.strictObject({
  /** Of a remark in a pull request, as its forge counts them; left out: it was made elsewhere. */
  id: z.int().positive().optional(),
  path: z.string(),
  /** Line in the result, from 1; null: the whole file. */
  line: z.int().positive().nullable(),
  text: z.string().min(1),
});
export type ReviewComment = z.infer<typeof ReviewComment>;

/** Until when a parked run waits. */
export const WaitUntil = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('decision'), decision: DecisionId }),
  z.strictObject({ kind: z.literal('time'), at: Time }),
  /** A person paused it, and it does nothing until somebody has it go on. `by`: who paused it. */
  z.strictObject({ kind: z.literal('resume'), by: Actor }),
]);
export type WaitUntil = z.infer<typeof WaitUntil>;

/** How a call ended. */
const CallEnding = {
  call: z.string(),
  outcome: z.enum(['ok', 'error', 'denied', 'rejected', 'invalid']),
  /** What the model is given. */
  output: z.string(),
  /** The whole output, where `output` is a part of it. */
  outputBlob: BlobHash.nullable(),
  exitCode: z.int().nullable(),
  durationMs: Count,
  /** Tool, arguments and output in one short hash: the same call with the same result has the same one. */
  fingerprint: z.string(),
  /** The tree after it; null if the call could not change it. */
  checkpoint: Checkpoint.nullable(),
  refusedHosts: z.array(z.string()),
  reachedHosts: z.array(z.string()),
};

/** `changes` and `patch` are blobs: a ChangeSet as JSON, and a git patch. */
const Saved = {
  head: Checkpoint,
  changes: BlobHash,
  patch: BlobHash,
  files: Count,
  additions: Count,
  deletions: Count,
};

/** What only the worker that holds the lease may append. */
export const workerEvents = [
  event('activation.ended', 2, { until: WaitUntil.nullable() }),
  event('prepare.started', 1, {}),
  event('prepare.finished', 1, { base: Checkpoint }),
  /**
   * What the repository says to agents, from the base, nearest to the folder that was delegated from first. `text` is the beginning of the file, or all of
   * it; `sha256` is of all of it.
   */
  event('guidance.read', 1, {
    files: z
      .array(z.strictObject({ path: z.string().min(1), sha256: BlobHash, bytes: Count, text: z.string() }))
      .min(1),
  }),
  /** The tree is that of the commit which the result is to be merged with: from now on it is the base, and setup runs on it. */
  event('base.moved', 1, { base: Checkpoint }),
  /** What the run had made is merged with that. */
  event('base.merged', 1, Merged),
  event('setup.started', 1, { index: Count, command: z.string() }),
  event('setup.finished', 2, CommandResult),
  event('model.started', 1, { turn: Count, attempt: Count, purpose: z.enum(['turn', 'compaction']) }),
  event('model.accepted', 1, { turn: Count, attempt: Count, responseId: z.string() }),
  /** `retryAt` null: trying again would not help; a person is asked. */
  event('model.failed', 1, {
    turn: Count,
    attempt: Count,
    trouble: ModelTrouble,
    retryAt: Time.nullable(),
    /** A background response that is still to be had: the next attempt asks for it and not anew. */
    resume: z.string().nullable(),
    usage: Usage.nullable(),
    cost: Cost,
  }),
  /** A call that was in flight when its worker died; what it cost is unknown. */
  event('model.lost', 1, { turn: Count, attempt: Count }),
  event('turn.taken', 2, {
    turn: Count,
    attempt: Count,
    model: z.string(),
    items: z.array(ModelItem),
    /** What the endpoint sent besides and nobody could read, a few words each. */
    oddities: z.array(z.string()),
    usage: Usage.nullable(),
    cost: Cost,
  }),
  event('context.compacted', 1, { through: Count, summary: z.string(), usage: Usage.nullable(), cost: Cost }),
  /** `arguments` null: they were no JSON, or the tool is unknown; then the verdict is `invalid`. */
  event('call.judged', 1, {
    call: z.string(),
    tool: z.string(),
    arguments: Json.nullable(),
    verdict: z.enum(['allow', 'ask', 'deny', 'invalid']),
    rule: z.string().nullable(),
    reason: z.string(),
    /** Hosts that the call may reach if it runs. */
    network: z.array(z.string()),
    /** Policy says that running it twice does no harm. */
    repeatable: z.boolean(),
  }),
  event('decision.requested', 3, { request: DecisionRequest }),
  event('call.started', 1, { call: z.string(), attempt: Count, arguments: Json }),
  /** It ran, and policy has a person asked whether what it changed may stay: in `paths`, as `patch` shows, cut where it is long. */
  event('call.held', 1, {
    ...CallEnding,
    checkpoint: Checkpoint,
    rule: z.string(),
    reason: z.string(),
    paths: z.array(z.string()).min(1),
    patch: z.string(),
  }),
  event('call.finished', 2, CallEnding),
  /**
   * The tree after setup, as the machine at hand keeps it: what its worker goes on from if it is lost before a call changed anything.
   * `left`: folders and files that are too large to be kept; a restore does not bring them back.
   */
  event('checkpoint.saved', 1, { checkpoint: Checkpoint, left: z.array(z.string()) }),
  /** What is new in a checkpoint since an earlier one, as a git bundle: with it another machine can go on from there. */
  event('checkpoint.uploaded', 1, { checkpoint: Checkpoint, since: Checkpoint, blob: BlobHash, bytes: Count }),
  /** A machine that did not have the run's tree made it anew. `failedSetup`: setup commands that failed there, by index. */
  event('workspace.rebuilt', 1, { checkpoint: Checkpoint, durationMs: Count, failedSetup: z.array(Count) }),
  event('plan.updated', 1, { steps: z.array(PlanStep) }),
  event('report.submitted', 1, { report: Report }),
  /** What the agent gave as the result, with that report and as good as it; only where the task wants something else than a diff. */
  event('output.submitted', 1, { output: Output }),
  event('verification.started', 1, { index: Count, command: z.string() }),
  /** A setup command for the verification command with that index. `network`: the hosts that it may reach. */
  event('verification.setup.started', 1, {
    verification: Count,
    on: SetupTree,
    index: Count,
    command: z.string(),
    network: z.array(z.string()),
  }),
  event('verification.setup.finished', 1, { verification: Count, on: SetupTree, ...CommandResult }),
  event('verification.finished', 2, { ...CommandResult, setup: PreparedBy }),
  /**
   * Which lines of the result it was seen to run: `blob` is a Coverage of what the result added. `run` and `missed`: how many of those lines were seen
   * to run, and how many not; of all others nothing is known.
   */
  event('verification.counted', 1, { index: Count, command: z.string(), blob: BlobHash, run: Count, missed: Count }),
  /** Verification failed; the agent is shown how, and goes on. */
  event('repair.requested', 1, { repair: Count }),
  /** What differs from the base while a person is asked something. */
  event('changes.saved', 1, Saved),
  event('round.finished', 1, Saved),
  event('run.completed', 1, {}),
  event('run.failed', 1, { class: FailureClass, message: z.string() }),
] as const;

/** What the control plane appends, for people and on its own account. */
export const controlEvents = [
  event('run.created', 5, { number: z.int().positive(), task: Task }),
  event('activation.queued', 2, {
    activation: ActivationId,
    reason: z.enum(['delegated', 'decision', 'timer', 'lost', 'returned', 'changes', 'resumed']),
  }),
  /** No worker began with it, which is the engine's trouble and not the run's: `next` is to be begun in its place, from then on. */
  event('activation.deferred', 2, {
    activation: ActivationId,
    next: ActivationId,
    reason: z.string(),
    /** What a person can do about it; null: nothing is known. */
    remedy: z.string().nullable(),
    retryAt: Time,
  }),
  /**
   * It was asked for, and no worker has begun with it: what the engine said last. `retryAt` null: it is looked at until it begins.
   */
  event('activation.awaited', 1, {
    activation: ActivationId,
    asked: z.string(),
    said: z.string(),
    remedy: z.string().nullable(),
    retryAt: Time.nullable(),
  }),
  event('activation.leased', 1, { activation: ActivationId, fence: Fence, worker: z.string() }),
  /** Its worker died at it. */
  event('activation.lost', 2, {
    activation: ActivationId,
    reason: z.string(),
    /** Until when the lease had last been renewed: no later than that it worked. Null: an earlier version did not say. */
    leaseUntil: Time.nullable(),
  }),
  /** Its worker was told to stop and left it as it was: no loss. */
  event('activation.returned', 1, { activation: ActivationId, reason: z.string() }),
  /** It waits for a person at Longhaul's own wish, without a worker that could park it. */
  event('run.paused', 1, { decision: DecisionId }),
  /** A person wants it to do nothing for now. What a worker is at it finishes first. */
  event('pause.requested', 1, { by: Actor }),
  event('pause.ended', 1, { by: Actor }),
  event('decision.made', 1, { decision: DecisionId, hash: z.string(), verdict: DecisionVerdict, by: Actor }),
  event('decision.expired', 1, { decision: DecisionId }),
  event('decision.renewed', 1, { decision: DecisionId, expiresAt: Time, by: Actor }),
  event('timer.fired', 1, {}),
  event('message.sent', 1, { by: Actor, text: z.string().min(1) }),
  event('review.decided', 3, {
    by: Actor,
    /** Nobody has reviewed anything where checks of the pull request failed, whose output is quoted, or where it conflicts with its `base`. */
    from: z.enum(['person', 'checks', 'base']),
    verdict: z.enum(['accepted', 'rejected', 'changes']),
    reason: z.string(),
    comments: z.array(ReviewComment),
    /** What the next round is to be merged with; null: nothing, as wherever it is not `from` the base. */
    merge: BaseCommit.nullable(),
  }),
  event('changes.applied', 1, {
    by: Actor,
    how: z.enum(['worktree', 'branch', 'undo']),
    target: z.string(),
    files: Count,
    conflicts: Count,
  }),
  /** The control plane is to change something outside. Asked for again under the same key: after it had failed. */
  event('effect.requested', 3, { key: z.string().min(1).max(100), effect: Effect, by: Actor }),
  /** An attempt failed, and there is to be another one then. */
  event('effect.delayed', 1, { key: z.string(), said: z.string(), retryAt: Time }),
  event('effect.done', 1, { key: z.string(), result: EffectResult }),
  /** To try again by itself would be in vain. */
  event('effect.failed', 1, { key: z.string(), said: z.string(), remedy: z.string() }),
  /** What became meanwhile of the pull request that an effect opened; only where it is otherwise than before. */
  event('effect.seen', 3, { key: z.string(), seen: PullRequestSeen }),
  /** It could not be looked at; said once until it can. */
  event('effect.unseen', 1, { key: z.string(), said: z.string(), remedy: z.string() }),
  /** It is over, and lists are not to show it any more; nothing of it is gone. */
  event('run.archived', 1, { by: Actor }),
  event('run.unarchived', 1, { by: Actor }),
  /** The one event that is left of a run: all others, and all that it had, are gone for good. */
  event('run.deleted', 1, { by: Actor }),
  event('run.cancelled', 1, { by: Actor, reason: z.string() }),
  /** A run that had failed or was cancelled goes on from where it was. */
  event('run.resumed', 1, { by: Actor }),
] as const;

export const WorkerEvent = z.discriminatedUnion('type', workerEvents);
export type WorkerEvent = z.infer<typeof WorkerEvent>;
export const EventBody = z.discriminatedUnion('type', [...controlEvents, ...workerEvents]);
export type EventBody = z.infer<typeof EventBody>;

/** Where an event stands: `seq` counts a run's events from 1, `position` all events of the store, in an order a reader can trust. */
const EventEnvelope = z.strictObject({
  run: RunId,
  seq: z.int().positive(),
  position: z.int().positive(),
  at: Time,
  activation: ActivationId.nullable(),
});

export const RunEvent = EventEnvelope.extend({ body: EventBody });
export type RunEvent = z.infer<typeof RunEvent>;
