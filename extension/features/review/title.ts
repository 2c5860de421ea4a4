import type { RunSummary } from '../../../shared/run/summary.ts';

type Named = Pick<RunSummary, 'number'> & { readonly task: Pick<RunSummary['task'], 'title'> };

/** A run, and a round of it. `round` null: the latest. */
export interface RoundRef {
  readonly run: string;
  readonly round: number | null;
}

const begins = ({ number, task }: Named): string => `#${number} ${task.title} (`;

/** Of a tab and of each dialog about a result: which run, and which round. */
export const reviewTitle = (state: Named, round: number): string => `${begins(state)}round ${round})`;

/** Of a tab that shows something of a run that is no round to decide about. */
export const changesTitle = (state: Named, what: string): string => `${begins(state)}${what})`;

/** What a tab with such a title shows. Null: no round of any of the runs, which are asked for where it may be one. */
export const reviewedOf = (title: string, runs: () => readonly (Named & Pick<RunSummary, 'id'>)[]): RoundRef | null => {
  const number = Number(/^#(\d+) /.exec(title)?.[1]);
  if (Number.isNaN(number)) return null;
  const state = runs().find((run) => run.number === number && title.startsWith(begins(run)));
  if (state === undefined) return null;
  const round = /^round (\d+)\)/.exec(title.slice(begins(state).length))?.[1];
  return round === undefined ? null : { run: state.id, round: Number(round) };
};

/** Whether a tab with such a title shows something of a run. */
export const isReviewTitle = (title: string): boolean => /^#\d+ .* \((round|rounds|so far)/s.test(title);
