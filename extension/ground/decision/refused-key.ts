import { t } from '@vscode/l10n';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';

/**
 * Whether the model's endpoint refused a run's key, or there is none: asking again is of no use before there is another. So from the moment that it
 * asks, and not only once its worker has parked it.
 */
export const isKeyRefused = ({ turn }: Pick<RunSummary, 'turn'>): boolean =>
  turn?.phase === 'failed' && turn.trouble.code === 'auth';

/** The question that comes of it. */
export const asksForKey = (
  state: Pick<RunSummary, 'turn'> | undefined,
  { kind, requester }: Pick<DecisionRequest, 'kind' | 'requester'>,
): boolean => state !== undefined && isKeyRefused(state) && kind === 'retry' && requester.call === null;

/** What is asked then, in a row and in a notification: the request's own words do not say why. */
export const keyRefused = t('Model key refused');
