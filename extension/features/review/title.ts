import { t } from '@vscode/l10n';
import type { RunSummary } from '../../../shared/run/summary.ts';

type Named = Pick<RunSummary, 'number'> & { readonly task: Pick<RunSummary['task'], 'title'> };

/** A run, and a round of it. `round` null: the latest. */
export interface RoundRef {
  readonly run: string;
  readonly round: number | null;
}

const begins = ({ number, task }: Named): string => `#${number} ${task.title} (`;

/** A round as titles name it. */
export const roundText = (round: number | string): string => t('round {0}', round);

/** Several of them. */
export const roundsText = (from: number | string, to: number | string): string => t('rounds {0} and {1}', from, to);

/** What is no round yet. */
export const soFarText = t('so far');

/** Of a tab and of each dialog about a result: which run, and which round. */
export const reviewTitle = (state: Named, round: number): string => changesTitle(state, roundText(round));

/** Of a tab that shows something of a run that is no round to decide about. */
export const changesTitle = (state: Named, what: string): string => `${begins(state)}${what})`;

/** Numbers in a text that was made with these in their places, in the language of this window. */
const numbers = String.raw`(\d+)`;
const patternOf = (text: string): string =>
  text
    .split('\0')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
    .join(numbers);
const round = patternOf(roundText('\0'));
const shown = [round, patternOf(roundsText('\0', '\0')), patternOf(soFarText)].join('|');
const titled = new RegExp(`^#\\d+ .* \\((?:${shown})`, 's');
const roundThen = new RegExp(`^${round}\\)`);

/** What a tab with such a title shows. Null: no round of any of the runs, which are asked for where it may be one. */
export const reviewedOf = (title: string, runs: () => readonly (Named & Pick<RunSummary, 'id'>)[]): RoundRef | null => {
  const number = Number(/^#(\d+) /.exec(title)?.[1]);
  if (Number.isNaN(number)) return null;
  const state = runs().find((run) => run.number === number && title.startsWith(begins(run)));
  if (state === undefined) return null;
  const named = roundThen.exec(title.slice(begins(state).length))?.[1];
  return named === undefined ? null : { run: state.id, round: Number(named) };
};

/** Whether a tab with such a title shows something of a run. */
export const isReviewTitle = (title: string): boolean => titled.test(title);
