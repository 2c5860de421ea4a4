import { canonicalJson } from '../../../shared/decision/canonical.ts';
import type { DecisionRequest, Json } from '../../../shared/decision/decision.ts';
import type { BaseCommit } from '../../../shared/run/base-commit.ts';
import type { PlanStep, RunEvent, Task, WorkerEvent } from '../../../shared/run/events.ts';
import type { Guidance } from './guidance.ts';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import {
  afterNoCalls,
  afterRefusal,
  answered,
  changesRequested,
  declinedSetup,
  merged,
  repairNeeded,
  said,
  stopped,
  type CommandEnd,
} from './notes.ts';

/** Something the model is told in the user's role. People's own words are kept when older turns are summed up. */
export interface Note {
  readonly from: 'person' | 'longhaul';
  readonly text: string;
}

/** What became of one call of the model's. */
export interface CallRecord {
  readonly tool: string;
  readonly arguments: Json | null;
  /** Null: it has not been finished. */
  readonly output: string | null;
  readonly outcome: string | null;
  readonly exitCode: number | null;
  /** The arguments it ran with, where a person changed them. */
  readonly changedTo: Json | null;
}

export interface TurnRecord {
  readonly turn: number;
  /** What the model was told since the turn before, when it was asked for this one. */
  readonly told: readonly Note[];
  readonly items: readonly ModelItem[];
  readonly calls: ReadonlyMap<string, CallRecord>;
}

export interface Compaction {
  /** The last turn that the summary stands for. */
  readonly through: number;
  readonly summary: string;
  readonly plan: readonly PlanStep[];
}

/** A run as the model is to see it: the log with all left out that is not for its eyes. */
export interface Transcript {
  readonly task: Task;
  /** What the repository says to agents. */
  readonly guidance: Guidance;
  readonly setup: readonly CommandEnd[];
  readonly turns: readonly TurnRecord[];
  /** What it is told with the next request. */
  readonly told: readonly Note[];
  readonly compaction: Compaction | null;
  readonly plan: readonly PlanStep[];
}

class Draft {
  task: Task | null = null;
  guidance: Guidance = [];
  readonly setup: CommandEnd[] = [];
  /** Of setup that ran again since the base was moved; null: it was not. What the model was told of the first one stays. */
  moved: CommandEnd[] | null = null;
  merging: BaseCommit | null = null;
  readonly turns: (TurnRecord & { readonly calls: Map<string, CallRecord> })[] = [];
  /** In the request that is under way, or in the next one. */
  told: Note[] = [];
  /** Came after the request that is under way: for the one after it. */
  later: Note[] = [];
  /** A request has begun and no turn has come of it: what comes now is not in it. */
  asking = false;
  compaction: Compaction | null = null;
  plan: readonly PlanStep[] = [];
  verification: CommandEnd[] = [];
  readonly requests = new Map<string, DecisionRequest>();
}

/**
 * Reads the log of one run. What the model was told lies where it was when the model was asked: a message that arrives
 * while a request is under way belongs to the next one. So the context of a turn is always the beginning of the next one's.
 * Throws where the log does not begin with `run.created`.
 */
export const readTranscript = (events: readonly RunEvent[]): Transcript => {
  const draft = new Draft();
  for (const { body } of events) add(draft, body);
  const { task, guidance, setup, turns, told, compaction, plan } = draft;
  if (task === null) throw new Error('a log without run.created has no context');
  return { task, guidance, setup, turns, told, compaction, plan };
};

const add = (draft: Draft, body: RunEvent['body']): void => {
  switch (body.type) {
    case 'run.created':
      draft.task = body.task;
      return;
    case 'setup.finished':
      (draft.moved ?? draft.setup).push(body);
      return;
    case 'base.moved':
      draft.moved = [];
      return;
    case 'base.merged':
      tell(draft, 'longhaul', merged(draft.merging, body, draft.moved ?? []));
      return;
    case 'model.started':
      // Whatever became of the one before. One that is resumed does not begin: it was not told what has come since.
      draft.told.push(...draft.later);
      draft.later = [];
      draft.asking = body.purpose === 'turn';
      return;
    case 'turn.taken':
      takeTurn(draft, body);
      return;
    case 'context.compacted':
      draft.compaction = { through: body.through, summary: body.summary, plan: draft.plan };
      return;
    case 'plan.updated':
      draft.plan = body.steps;
      return;
    case 'verification.finished':
      draft.verification.push(body);
      return;
    case 'repair.requested':
      tell(draft, 'longhaul', repairNeeded(draft.verification));
      draft.verification = [];
      return;
    case 'round.finished':
      draft.verification = [];
      return;
    case 'message.sent':
      tell(draft, 'person', said(body));
      return;
    case 'review.decided':
      draft.merging = body.merge;
      // Of a merge it is told once that is made.
      if (body.verdict === 'changes' && body.merge === null)
        tell(draft, body.from === 'person' ? 'person' : 'longhaul', changesRequested(body));
      return;
    case 'decision.requested':
      draft.requests.set(body.request.id, body.request);
      return;
    case 'decision.made':
      decide(draft, body);
      return;
    case 'guidance.read':
      draft.guidance = body.files;
      return;
    case 'call.judged':
    case 'call.started':
    case 'call.finished':
      addToCall(draft, body);
      return;
    // All else is between Longhaul and people, or comes with what is told.
    default:
  }
};

const tell = (draft: Draft, from: Note['from'], text: string): void => {
  (draft.asking ? draft.later : draft.told).push({ from, text });
};

const takeTurn = (draft: Draft, { turn, items }: Extract<WorkerEvent, { type: 'turn.taken' }>): void => {
  const nothing = { arguments: null, output: null, outcome: null, exitCode: null, changedTo: null };
  const calls = new Map<string, CallRecord>();
  for (const item of items) if (item.type === 'call') calls.set(item.call, { tool: item.name, ...nothing });
  // A report that the agent is asked after is void, and what verified it.
  draft.verification = [];
  draft.turns.push({ turn, told: draft.told, items, calls });
  draft.told = draft.later;
  draft.later = [];
  draft.asking = false;
  // A refusal is followed by what a person says to it.
  if (calls.size === 0 && !items.some((item) => item.type === 'refusal'))
    draft.told.unshift({ from: 'longhaul', text: afterNoCalls });
};

const addToCall = (
  draft: Draft,
  body: Extract<WorkerEvent, { type: 'call.judged' | 'call.started' | 'call.finished' }>,
): void => {
  const calls = draft.turns.at(-1)?.calls;
  const record = calls?.get(body.call);
  if (calls === undefined || record === undefined) return;
  switch (body.type) {
    case 'call.judged':
      calls.set(body.call, { ...record, arguments: body.arguments });
      return;
    case 'call.started':
      if (canonicalJson(body.arguments) !== canonicalJson(record.arguments))
        calls.set(body.call, { ...record, changedTo: body.arguments });
      return;
    case 'call.finished':
      calls.set(body.call, { ...record, output: body.output, outcome: body.outcome, exitCode: body.exitCode });
  }
};

/** The decisions that are not about a call: what a person said to Longhaul's own question is for the agent too. */
const decide = (
  draft: Draft,
  { decision, verdict, by }: Extract<RunEvent['body'], { type: 'decision.made' }>,
): void => {
  const request = draft.requests.get(decision);
  if (request === undefined || request.requester.call !== null) return;
  switch (request.kind) {
    case 'question':
      if (verdict.kind === 'answered') tell(draft, 'person', answered(by, request.action, verdict.answer));
      if (verdict.kind === 'rejected') tell(draft, 'longhaul', stopped(request.reason, verdict.reason));
      return;
    case 'budget':
      if (verdict.kind === 'rejected') tell(draft, 'longhaul', stopped(request.reason, verdict.reason));
      return;
    case 'retry': {
      const refused = draft.turns.at(-1)?.items.some((item) => item.type === 'refusal') === true;
      if (verdict.kind === 'approved' && refused) tell(draft, 'longhaul', afterRefusal);
      return;
    }
    case 'setup':
      if (verdict.kind === 'rejected') tell(draft, 'longhaul', declinedSetup(verdict.reason));
      return;
    case 'call':
    case 'changes':
    case 'publish':
  }
};
