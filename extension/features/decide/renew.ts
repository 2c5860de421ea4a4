import type { Longhaul } from '../../ground/longhaul.ts';
import { decisionFor } from './target.ts';

/** Asks an expired decision again; decides nothing yet. */
export const renew = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, ['call', 'budget', 'retry', 'setup', 'question']);
  if (summary === undefined) return;
  const api = await longhaul.connection.api();
  longhaul.runs.learn(await api.decisions.renew.mutate({ run: summary.run, decision: summary.request.id }));
};
