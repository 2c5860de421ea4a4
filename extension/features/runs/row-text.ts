import { t } from '@vscode/l10n';
import { callLine } from '../../../shared/policy/call-line.ts';
import { openDecisions, pausedBy, runningCall } from '../../../shared/run/state.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { span } from '../../../shared/text/figures.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { activeMs, costText, detailOf, repositoryName } from '../../ground/text/text.ts';

/** Characters of what it is at: a row is narrow. */
const atCharacters = 40;

/** What a run's row says beside its title, the news first: it is cut where the view is narrow. `now` in ms since the epoch. */
export const rowText = (
  state: RunSummary,
  { now, repository }: { readonly now: number; readonly repository: boolean },
) =>
  [
    leadOf(state),
    repository ? repositoryName(state.task.repository) : '',
    ...(state.status === 'working' ? [] : [span(activeMs(state, now)), costText(state.spent)]),
  ]
    .filter(Boolean)
    .join(' · ');

const leadOf = (state: RunSummary): string => {
  if (state.status === 'working') return progressOf(state);
  const asked = openDecisions(state).length;
  // What it asks stands right below it, in a row of its own.
  const asks = asked === 0 ? '' : asked === 1 ? t('asks you') : t('asks you {0} things', asked);
  if (pausedBy(state) !== null) return [t('paused'), asks].filter(Boolean).join(' · ');
  return asks === '' ? oneLine(detailOf(state), 80) : asks;
};

/** `turn 12 · $0.40 · npm test` */
const progressOf = (state: Extract<RunSummary, { status: 'working' }>): string => {
  const call = runningCall(state);
  const { turn, spent } = state;
  const at = call === undefined ? phaseOf(state) : callLine(call.tool, call.arguments).replace(/^bash /, '');
  return [
    state.pausing === null ? '' : t('pausing'),
    turn === null ? '' : t('turn {0}', turn.number),
    // That nobody knows it is no progress.
    spent.usd === 0 ? '' : costText(spent),
    oneLine(at, atCharacters),
  ]
    .filter(Boolean)
    .join(' · ');
};

/** What its line says, without what the row has said already. */
const phaseOf = (state: RunSummary): string =>
  detailOf(state)
    .replace(/^pauses after this step: /, '')
    .replace(/^turn \d+(: )?/, '');
