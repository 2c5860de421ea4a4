import { t } from '@vscode/l10n';
import type { DecisionSummary, RunSummary } from '../../../shared/run/summary.ts';
import { isKeyRefused } from '../../ground/decision/refused-key.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import type { End } from '../../ground/runs/ends.ts';

/** What a person is to look at. */
export interface Needs {
  /** The most urgent first. */
  readonly decisions: readonly DecisionSummary[];
  /** Runs that wait for another key of the model. */
  readonly keyless: ReadonlySet<string>;
  /** Runs whose result waits for a verdict. */
  readonly reviews: readonly RunSummary[];
  /** Ends that nobody has seen yet, the last first. */
  readonly ends: readonly End[];
}

/** Asks for the runs, which connects. */
export const needsOf = ({ runs, unseen, applied }: Pick<Longhaul, 'runs' | 'unseen' | 'applied'>): Needs => ({
  decisions: runs.decisions(),
  keyless: new Set(
    runs
      .all()
      .filter(isKeyRefused)
      .map(({ id }) => id),
  ),
  // What was applied as a whole is in use already; it waits in Runs for whoever still has something to say to it.
  reviews: runs.all().filter(({ id, round, status }) => status === 'reviewing' && !applied.has({ run: id, round })),
  ends: unseen.all(),
});

/** How many things wait, and how many ends nobody has seen: the badge is both. */
export const countsOf = ({
  decisions,
  reviews,
  ends,
}: Needs): { readonly waiting: number; readonly ended: number } => ({
  // A result that somebody is asked to publish is a question and a review, and one thing that waits.
  waiting:
    decisions.length +
    reviews.filter(({ id }) => !decisions.some(({ run, request }) => run === id && request.kind === 'publish')).length,
  ended: ends.length,
});

/** `2 things wait for you, 1 run ended unseen`; empty: nothing does. */
export const countsText = ({ waiting, ended }: ReturnType<typeof countsOf>): string =>
  [
    waiting === 0 ? '' : waiting === 1 ? t('1 thing waits for you') : t('{0} things wait for you', waiting),
    ended === 0 ? '' : ended === 1 ? t('1 run ended unseen') : t('{0} runs ended unseen', ended),
  ]
    .filter(Boolean)
    .join(', ');
