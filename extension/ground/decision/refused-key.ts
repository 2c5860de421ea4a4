import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';

/** Whether a run waits because the model's endpoint refused its key, or there is none: asking again is of no use before there is another. */
export const isKeyRefused = ({ status, turn }: Pick<RunSummary, 'status' | 'turn'>): boolean =>
  status === 'waiting' && turn?.phase === 'failed' && turn.trouble.code === 'auth';

/** The question that comes of it. */
export const asksForKey = (
  state: Pick<RunSummary, 'status' | 'turn'> | undefined,
  { kind, requester }: Pick<DecisionRequest, 'kind' | 'requester'>,
): boolean => state !== undefined && isKeyRefused(state) && kind === 'retry' && requester.call === null;
