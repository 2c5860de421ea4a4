import type { FailureClass } from './events.ts';
import { checksOf, isTerminal, type Status } from './state.ts';
import { lineOf, type RunLine, type RunSummary } from './summary.ts';

type NotInHistory =
  | 'tenant'
  | 'detail'
  | 'archived'
  | 'attention'
  | 'decisions'
  | 'publishAsked'
  | 'updatedAt'
  | 'round'
  | 'verified'
  | 'pullRequest';

/** A run as its history shows and exports it. Times are ISO 8601, money is US dollars. */
export interface HistoryRow extends Omit<RunLine, NotInHistory> {
  readonly recipe: string | null;
  /** The one that answered last; of a run that none answered yet the one that was asked for; null: the runner's, whichever that is. */
  readonly model: string | null;
  readonly requester: string;
  /** Whose fault it was, of a failed run. */
  readonly failure: FailureClass | null;
  /** Why it ended as it did, in the words of who or what ended it. */
  readonly reason: string;
  readonly endedAt: string | null;
  readonly rounds: number;
  /** What Longhaul ran itself on the last result. */
  readonly checksRan: number;
  readonly checksFailed: number;
  /** How long results waited for a verdict, all rounds together; null: none was given. */
  readonly reviewMs: number | null;
}

const reasonOf = (state: RunSummary): string => {
  if (state.status === 'failed') return state.message;
  return state.status === 'rejected' || state.status === 'cancelled' ? state.reason : '';
};

export const historyRow = (run: RunSummary): HistoryRow => {
  const {
    tenant: _t,
    detail: _d,
    archived: _h,
    attention: _a,
    decisions: _o,
    publishAsked: _q,
    updatedAt: _u,
    round,
    verified: _v,
    pullRequest: _p,
    ...line
  } = lineOf(run);
  const { ran, failed } = checksOf(run);
  return {
    ...line,
    recipe: run.task.recipe,
    model: run.model ?? run.task.model,
    requester: run.task.requester,
    failure: run.status === 'failed' ? run.class : null,
    reason: reasonOf(run),
    endedAt: 'at' in run ? run.at : null,
    rounds: round,
    checksRan: ran,
    checksFailed: failed,
    reviewMs: run.reviewMs,
  };
};

/** A share with what it is a share of; there is none of nothing. */
export interface Share {
  readonly count: number;
  readonly of: number;
}

export interface Statistics {
  readonly runs: number;
  /** Not over yet: in no share. */
  readonly open: number;
  /** Cancelled before the model was asked anything: nobody tried, so in no share either. */
  readonly withdrawn: number;
  /** Of all runs that were tried and are over, whoever's fault it was: accepted, or finished without changes and with no check that failed. */
  readonly succeeded: Share;
  /** Finished or accepted with a check that failed, of those that were checked. */
  readonly failedChecks: Share;
  readonly outcomes: {
    readonly accepted: number;
    /** Finished without changes. */ readonly completed: number;
    /** The same, with a check that failed: no success. */ readonly unmended: number;
    readonly rejected: number;
    readonly cancelled: number;
    readonly failed: number;
  };
  readonly failures: Readonly<Record<FailureClass, number>>;
  /** A person took the work back: rejected the result, or cancelled the run after it had begun. */
  readonly takeovers: Share;
  /**
   * What all runs that aimed at a result cost, the fruitless ones too, for each accepted one; null without one. `unknown` counts the
   * runs of which a part of the cost is not known: with one of them the figure is a lower bound.
   */
  readonly costPerAccepted: { readonly usd: number | null; readonly total: number; readonly unknown: number };
  /** Of the runs that a person gave a verdict on; `measured` of them are in the median. */
  readonly review: { readonly medianMs: number | null; readonly measured: number; readonly of: number };
}

/** The middle value, or the mean of the two in the middle; null of none. */
const median = (values: readonly number[]): number | null => {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
};

const dayMs = 24 * 3_600_000;

/** Seven days of a history. */
export interface Week {
  /** ISO: its first moment. */
  readonly from: string;
  /** Of the runs that were over in it, as `Statistics.succeeded` counts. */
  readonly succeeded: Share;
}

/** How the success of runs went, by the weeks in which they were over: the last one ends now (ms since the epoch). */
export const trend = (rows: readonly HistoryRow[], { weeks, now }: { weeks: number; now: number }): readonly Week[] =>
  Array.from({ length: weeks }, (_, index) => {
    const from = now - (weeks - index) * 7 * dayMs;
    const ended = rows.filter(({ endedAt }) => {
      const at = endedAt === null ? Number.NaN : Date.parse(endedAt);
      return at > from && at <= from + 7 * dayMs;
    });
    return { from: new Date(from).toISOString(), succeeded: statistics(ended).succeeded };
  });

/** What the runs of a history amount to. Every share says what it is a share of. */
export const statistics = (rows: readonly HistoryRow[]): Statistics => {
  const over = rows.filter(isTerminal);
  const withdrawn = over.filter(({ status, turns }) => status === 'cancelled' && turns === 0);
  const tried = over.filter((row) => !withdrawn.includes(row));
  const count = (status: Status): number => tried.filter((row) => row.status === status).length;
  const unmended = tried.filter(({ status, checksFailed }) => status === 'completed' && checksFailed > 0).length;
  const checked = tried.filter(
    ({ status, checksRan }) => (status === 'accepted' || status === 'completed') && checksRan > 0,
  );
  const outcomes = {
    accepted: count('accepted'),
    completed: count('completed') - unmended,
    unmended,
    rejected: count('rejected'),
    cancelled: count('cancelled'),
    failed: count('failed'),
  };
  const failures = { infrastructure: 0, model: 0, budget: 0, policy: 0, task: 0 };
  for (const { failure } of tried) if (failure !== null) failures[failure] += 1;
  const aimed = tried.filter(({ status }) => status !== 'completed');
  const total = aimed.reduce((sum, { usd }) => sum + usd, 0);
  const judged = tried.filter(({ status }) => status === 'accepted' || status === 'rejected');
  const waits = judged.flatMap(({ reviewMs }) => (reviewMs === null ? [] : [reviewMs]));
  return {
    runs: rows.length,
    open: rows.length - over.length,
    withdrawn: withdrawn.length,
    succeeded: { count: outcomes.accepted + outcomes.completed, of: tried.length },
    failedChecks: { count: checked.filter(({ checksFailed }) => checksFailed > 0).length, of: checked.length },
    outcomes,
    failures,
    takeovers: { count: outcomes.rejected + outcomes.cancelled, of: tried.length },
    costPerAccepted: {
      usd: outcomes.accepted === 0 ? null : total / outcomes.accepted,
      total,
      unknown: aimed.filter(({ costKnown }) => !costKnown).length,
    },
    review: { medianMs: median(waits), measured: waits.length, of: judged.length },
  };
};
