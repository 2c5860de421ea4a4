import type { DecisionRequest, OpenDecision } from '../decision/decision.ts';
import { actor, cleanLine } from '../text/clean.ts';
import { delayText } from './delay-text.ts';
import { effectsOfRound, isOutputEffect, placeOf, isBeside } from './effect.ts';
import type { Task } from './events.ts';
import type { Output } from './output.ts';
import { pullRequestText } from './pull-request.ts';
import {
  archivedBy,
  checksOf,
  isTerminal,
  needsAttention,
  openDecisions,
  passed,
  runningCall,
  type RoundResult,
  type RunFacts,
  type RunState,
  type RunStatus,
  type Status,
} from './state.ts';

type Changed = Pick<RoundResult, 'patch' | 'files' | 'additions' | 'deletions'>;

/** What of a state its page and its worker alone read. */
const unlisted = [
  'fence',
  'losses',
  'setup',
  'merge',
  'underWay',
  'contextTokens',
  'compactedThrough',
  'repetition',
  'idleTurns',
  'wrapUp',
  'givenUp',
  'newSetup',
  'repairs',
] as const satisfies readonly (keyof RunFacts)[];
type Cut = 'task' | 'tree' | 'budget' | 'report' | 'result' | 'soFar';

/**
 * A run as lists have it: of its state what rows, badges, statistics and the command line's list show. Each state is a summary as well,
 * so that what shows a summary shows a state.
 */
export type RunSummary = SummaryFacts & RunStatus;

interface SummaryFacts extends Omit<RunFacts, (typeof unlisted)[number] | Cut> {
  readonly task: Pick<Task, 'tenant' | 'repository' | 'title' | 'goal' | 'recipe' | 'requester' | 'model'>;
  readonly tree: Pick<RunFacts['tree'], 'status'>;
  readonly budget: Pick<RunFacts['budget'], 'turns'>;
  readonly report: Pick<NonNullable<RunFacts['report']>, 'summary'> | null;
  readonly result: Changed | null;
  readonly soFar: Changed | null;
}

/** Characters of a goal in a list; its run's page has all of it. */
const goalCharacters = 1_000;

/** What lists have of a run. */
export const summary = (state: RunState): RunSummary => {
  const over = isTerminal(state);
  const listed: RunSummary = {
    ...state,
    task: taskOf(state.task),
    tree: { status: state.tree.status },
    turn: over ? null : turnOf(state),
    budget: { turns: state.budget.turns },
    decisions: Object.fromEntries(listedDecisions(state).map((one) => [one.request.id, one])),
    report: over || state.report === null ? null : { summary: state.report.summary },
    result: changedOf(state.result),
    soFar: changedOf(state.soFar),
  };
  for (const field of unlisted) Reflect.deleteProperty(listed, field);
  return listed;
};

/** Those that are open; and what somebody said about publishing the result, which its line tells. */
const listedDecisions = (state: RunState): readonly OpenDecision[] =>
  isTerminal(state)
    ? []
    : Object.values(state.decisions).filter(
        ({ status, request }) => status !== 'decided' || request.kind === 'publish',
      );

const taskOf = ({
  tenant,
  repository,
  title,
  goal,
  recipe,
  requester,
  model,
}: RunSummary['task']): RunSummary['task'] => ({
  tenant,
  repository,
  title,
  goal: goal.length <= goalCharacters ? goal : `${goal.slice(0, goalCharacters - 1)}…`,
  recipe,
  requester,
  model,
});

/** Of the calls the one that the worker is at. */
const turnOf = (state: Pick<RunFacts, 'turn'>): RunFacts['turn'] => {
  if (state.turn?.phase !== 'taken') return state.turn;
  const running = runningCall(state);
  return { ...state.turn, calls: running === undefined ? [] : [running] };
};

const changedOf = (result: Changed | null): Changed | null => {
  if (result === null) return null;
  const { patch, files, additions, deletions } = result;
  return { patch, files, additions, deletions };
};

/** One line of a list, as it is said to people and programs. */
export interface RunLine {
  readonly id: string;
  readonly number: number;
  readonly tenant: string;
  readonly repository: string;
  readonly title: string;
  readonly status: Status;
  /** It is over, and lists leave it out. */
  readonly archived: boolean;
  /** What it is at, or why it is where it is, in a few words. */
  readonly detail: string;
  readonly attention: boolean;
  readonly decisions: number;
  /** The open decision by which somebody is asked to publish the result in review; null: nobody is. */
  readonly publishAsked: string | null;
  readonly round: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Milliseconds that workers held it, without the lease that goes on. */
  readonly activeMs: number;
  readonly turns: number;
  readonly tokens: number;
  readonly usd: number;
  /** False: `usd` is a lower bound. */
  readonly costKnown: boolean;
  readonly files: number | null;
  readonly additions: number | null;
  readonly deletions: number | null;
  /** Verification commands that passed, of those that ran in this round. */
  readonly verified: { readonly passed: number; readonly ran: number };
  /** Where the result was published as one, as its forge counts them; `detail` says how it stands. */
  readonly pullRequest: { readonly number: string; readonly url: string | null } | null;
}

export const lineOf = (state: RunSummary): RunLine => ({
  id: state.id,
  number: state.number,
  tenant: state.task.tenant,
  repository: state.task.repository,
  title: state.task.title,
  status: state.status,
  archived: archivedBy(state) !== null,
  detail: detailOf(state),
  attention: needsAttention(state),
  decisions: openDecisions(state).length,
  publishAsked: openDecisions(state).find(({ request }) => request.kind === 'publish')?.request.id ?? null,
  round: state.round,
  createdAt: state.createdAt,
  updatedAt: state.updatedAt,
  activeMs: state.spent.activeMs,
  turns: state.spent.turns,
  tokens: state.spent.inputTokens + state.spent.outputTokens,
  usd: state.spent.usd,
  costKnown: state.spent.unpriced === 0,
  files: state.result?.files ?? null,
  additions: state.result?.additions ?? null,
  deletions: state.result?.deletions ?? null,
  verified: { passed: state.verification.filter(passed).length, ran: state.verification.length },
  pullRequest: state.pullRequest && { number: state.pullRequest.number, url: state.pullRequest.url },
});

const detailOf = (state: RunSummary): string => {
  switch (state.status) {
    case 'queued':
      return state.delay === null ? 'waiting for a worker' : delayText(state.delay);
    case 'ready':
      return 'waiting for a worker';
    case 'working':
      return state.pausing === null ? workOf(state) : `pauses after this step: ${workOf(state)}`;
    case 'waiting': {
      if (state.until.kind === 'time')
        return state.turn?.phase === 'failed'
          ? `the model is asked again at ${state.until.at}: ${state.turn.trouble.message}`
          : `until ${state.until.at}`;
      if (state.until.kind === 'resume') return `paused by ${actor(state.until.by)}`;
      const open = state.decisions[state.until.decision];
      if (open === undefined) return 'waiting';
      return open.status === 'expired' ? `expired undecided: ${open.request.action}` : open.request.action;
    }
    case 'reviewing':
      return withChecks(state, askedText(state) ?? effectsText(state) ?? readyText(state));
    case 'accepted':
      return withChecks(
        state,
        [`accepted by ${actor(state.by)}`, effectsText(state)].filter((text) => text !== null).join('; '),
      );
    case 'rejected':
      return state.reason === '' ? `rejected by ${actor(state.by)}` : `rejected by ${actor(state.by)}: ${state.reason}`;
    case 'completed':
      return withChecks(state, 'finished without changes');
    case 'failed':
      return `${state.class}: ${state.message}`;
    case 'cancelled':
      return `cancelled by ${actor(state.by)}`;
  }
};

/** What it is, in a few words. */
export const outputText = (output: Output): string => {
  switch (output.kind) {
    case 'labels':
      return output.labels.length === 0 ? 'no label fits' : `labels ${output.labels.map(cleanLine).join(', ')}`;
    case 'issue':
      return `new issue "${cleanLine(output.title)}"`;
    case 'release':
      return `release ${cleanLine(output.tag)}`;
    case 'report':
    case 'comment':
      return `a ${output.kind}`;
  }
};

/** What somebody is asked, or has said no to, about publishing it; null: nothing. */
const askedText = (state: RunSummary): string | null => {
  const asked = Object.values(state.decisions).find(({ request }) => request.kind === 'publish');
  switch (asked?.status) {
    case undefined:
      return null;
    case 'pending':
      return `${readyText(state)}; asked: ${cleanLine(asked.request.action)}`;
    case 'expired':
      return `${readyText(state)}; expired undecided: ${cleanLine(asked.request.action)}`;
    case 'decided': {
      const { verdict } = asked;
      if (verdict.kind !== 'rejected' || effectsOfRound(state).length > 0) return null;
      const why = verdict.reason === '' ? '' : `: ${cleanLine(verdict.reason)}`;
      return `${readyText(state)}; not to be published, says ${actor(asked.by)}${why}`;
    }
  }
};

/** The pull request has an earlier round's result. */
const readyText = ({ round, pullRequest, output }: RunSummary): string => {
  const ready = `round ${round} is ready for review${output === null ? '' : `: ${outputText(output)}`}`;
  return pullRequest === null ? ready : `${ready}; ${pullRequestText(pullRequest)}`;
};

/** What of a pull request is not there, where that failed. */
const missing = {
  comment: 'nothing was said there',
  replies: 'remarks there were not answered',
  check: 'it got no check',
} as const;

/** How the last thing stands that was to be changed outside; null: there is none. @internal */
export const effectsText = (run: Pick<RunSummary, 'effects' | 'round' | 'pullRequest'>): string | null => {
  const { pullRequest } = run;
  const effects = effectsOfRound(run);
  const last = effects.find(({ status }) => status !== 'done') ?? effects.at(-1);
  if (last === undefined) return null;
  const { effect } = last;
  switch (last.status) {
    case 'requested':
      return last.said === null
        ? `publishing ${placeOf(effect)}`
        : `publishing is tried again: ${cleanLine(last.said)}`;
    case 'failed':
      return isBeside(effect) && pullRequest !== null
        ? `${pullRequestText(pullRequest)}; ${missing[effect.kind]}: ${cleanLine(last.said)}`
        : `not published: ${cleanLine(last.said)}`;
    case 'done':
      return effect.kind !== 'branch' && !isOutputEffect(effect) && pullRequest !== null
        ? pullRequestText(pullRequest)
        : `published as ${placeOf(effect)}`;
  }
};

/** That checks of the result did not pass, as "1 of 2 checks failed"; null: all that ran did. */
export const failedChecks = (state: Pick<RunFacts, 'verification'>): string | null => {
  const { failed, ran } = checksOf(state);
  return failed === 0 ? null : `${failed} of ${ran} ${ran === 1 ? 'check' : 'checks'} failed`;
};

/** What the system found comes before what people and the agent say. */
const withChecks = (state: RunSummary, text: string): string => {
  const failed = failedChecks(state);
  return failed === null ? text : `${failed}; ${text}`;
};

const workOf = (state: RunSummary): string => {
  if (state.tree.status === 'unprepared') return 'preparing the workspace';
  if (state.report !== null && state.unheard === 0) return 'verifying';
  if (state.turn === null) return 'setting up';
  switch (state.turn.phase) {
    case 'asking':
      return state.turn.purpose === 'compaction'
        ? 'summarising earlier turns'
        : `turn ${state.turn.number}: the model is thinking`;
    case 'failed':
      return `model trouble: ${state.turn.trouble.message}`;
    case 'taken': {
      const running = runningCall(state);
      return running === undefined ? `turn ${state.turn.number}` : `turn ${state.turn.number}: ${running.tool}`;
    }
  }
};

/** An open decision with what is needed to place it in a list. */
export interface DecisionSummary {
  readonly run: string;
  readonly number: number;
  readonly title: string;
  readonly tenant: string;
  readonly status: 'pending' | 'expired';
  readonly request: DecisionRequest;
}

export const decisionSummaries = (state: RunSummary): readonly DecisionSummary[] =>
  openDecisions(state).flatMap((open) =>
    open.status === 'decided'
      ? []
      : [
          {
            run: state.id,
            number: state.number,
            title: state.task.title,
            tenant: state.task.tenant,
            status: open.status,
            request: open.request,
          },
        ],
  );
