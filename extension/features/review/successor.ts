import { t } from '@vscode/l10n';
import { isTerminal } from '../../../shared/run/state.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';

/** The round that takes the place of an earlier one, for which changes were requested; and whether it is there to be reviewed. */
export interface Successor {
  readonly by: number;
  readonly finished: boolean;
}

/**
 * What takes the place of a round; null: it is the one to decide about. `latest` is the last one that was finished. A round that failed or was
 * cancelled takes nothing's place.
 */
export const successorOf = (
  round: number,
  latest: number,
  state: Pick<RunSummary, 'round' | 'status'> | undefined,
): Successor | null => {
  if (latest > round) return { by: latest, finished: true };
  if (state === undefined || state.round <= round || isTerminal(state)) return null;
  return { by: state.round, finished: state.status === 'reviewing' };
};

/** That a round is superseded, for lenses, the view and whoever still wants to decide about it. */
export const supersededText = (round: number, { by, finished }: Successor): string =>
  finished
    ? t('Round {0} is superseded: changes were requested, and round {1} takes its place.', round, by)
    : t('Round {0} is superseded: changes were requested, and round {1} is under way.', round, by);
