import type { Json } from '../../../shared/decision/decision.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { shownHash } from './verified.ts';

/** `edited` null: as asked. Bound to the hash of what this window showed. */
export const sendApproval = async (
  { connection, runs }: Longhaul,
  summary: DecisionSummary,
  edited: Json | null,
): Promise<void> => {
  const { run, request } = summary;
  const api = await connection.api();
  runs.learn(
    await api.decisions.decide.mutate({
      run,
      decision: request.id,
      hash: shownHash(summary),
      verdict: { kind: 'approved', arguments: edited },
    }),
  );
};
