import type { DecisionRequest } from '../decision/decision.ts';
import { delayText } from './delay-text.ts';
import { checksOf, needsAttention, openDecisions, passed, runningCall, type RunState, type Status } from './state.ts';

/** One line of a list: what every reader shows of a run. */
export interface RunSummary {
  readonly id: string;
  readonly number: number;
  readonly tenant: string;
  readonly repository: string;
  readonly title: string;
  readonly status: Status;
  /** What it is at, or why it is where it is, in a few words. */
  readonly detail: string;
  readonly attention: boolean;
  readonly decisions: number;
  readonly round: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Milliseconds that workers held it, up to the last event. */
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
}

export const summarize = (state: RunState): RunSummary => ({
  id: state.id,
  number: state.number,
  tenant: state.task.tenant,
  repository: state.task.repository,
  title: state.task.title,
  status: state.status,
  detail: detailOf(state),
  attention: needsAttention(state),
  decisions: openDecisions(state).length,
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
});

const detailOf = (state: RunState): string => {
  switch (state.status) {
    case 'queued':
      return state.delay === null ? 'waiting for a worker' : delayText(state.delay);
    case 'ready':
      return 'waiting for a worker';
    case 'working':
      return workOf(state);
    case 'waiting': {
      if (state.until.kind === 'time')
        return state.turn?.phase === 'failed'
          ? `the model is asked again at ${state.until.at}: ${state.turn.trouble.message}`
          : `until ${state.until.at}`;
      const open = state.decisions[state.until.decision];
      if (open === undefined) return 'waiting';
      return open.status === 'expired' ? `expired undecided: ${open.request.action}` : open.request.action;
    }
    case 'reviewing':
      return withChecks(state, `round ${state.round} is ready for review`);
    case 'accepted':
      return withChecks(state, `accepted by ${state.by}`);
    case 'rejected':
      return state.reason === '' ? `rejected by ${state.by}` : `rejected by ${state.by}: ${state.reason}`;
    case 'completed':
      return withChecks(state, 'finished without changes');
    case 'failed':
      return `${state.class}: ${state.message}`;
    case 'cancelled':
      return `cancelled by ${state.by}`;
  }
};

/** That checks of the result did not pass, as "1 of 2 checks failed"; null: all that ran did. */
export const failedChecks = (state: Pick<RunState, 'verification'>): string | null => {
  const { failed, ran } = checksOf(state);
  return failed === 0 ? null : `${failed} of ${ran} ${ran === 1 ? 'check' : 'checks'} failed`;
};

/** What the system found comes before what people and the agent say. */
const withChecks = (state: RunState, text: string): string => {
  const failed = failedChecks(state);
  return failed === null ? text : `${failed}; ${text}`;
};

const workOf = (state: RunState): string => {
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
  readonly title: string;
  readonly tenant: string;
  readonly status: 'pending' | 'expired';
  readonly request: DecisionRequest;
}

export const decisionSummaries = (state: RunState): readonly DecisionSummary[] =>
  openDecisions(state).flatMap((open) =>
    open.status === 'decided'
      ? []
      : [
          {
            run: state.id,
            title: state.task.title,
            tenant: state.task.tenant,
            status: open.status,
            request: open.request,
          },
        ],
  );
