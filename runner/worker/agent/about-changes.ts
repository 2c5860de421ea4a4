import type { RunEvent } from '../../../shared/run/events.ts';
import type { CallIn } from '../../../shared/run/call.ts';
import type { DecisionDraft } from './judge.ts';

/** Paths that the question names; the rest is in its arguments. */
const named = 3;

/** Asks whether what a call changed may stay: policy protects it, whichever way it was reached. */
export const aboutChanges = (call: CallIn<'held'>, events: readonly RunEvent[]): DecisionDraft => {
  const body = events.findLast((event) => event.body.type === 'call.held' && event.body.call === call.id)?.body;
  if (body?.type !== 'call.held') throw new Error(`call ${call.id} is held and no event says why`);
  const { paths, patch, reason } = body;
  const more = paths.length > named ? ` and ${paths.length - named} more` : '';
  return {
    call: call.id,
    kind: 'changes',
    tool: call.tool,
    arguments: { call: call.arguments, paths: [...paths], patch },
    action: `Keep what ${call.tool} changed: ${paths.slice(0, named).join(', ')}${more}`,
    reason,
    consequence:
      'If you approve, the change stays, and the agent goes on with the result of the call. If you reject it, the workspace is taken back to before the call, and the agent is told why.',
    onExpiry: 'The run stays parked and is listed as needing attention; nothing is approved and nothing is rejected.',
    choices: [],
  };
};
