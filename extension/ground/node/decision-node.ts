import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { factNodes, labelledTooltip, type Node, type Row } from './node.ts';
import { exactArguments } from '../../../shared/text/clean.ts';
import { expiry, oneLine } from '../text/text.ts';

/** A question that waits for a person: its row says what is asked, its children why, what follows and until when. */
export const decisionNode = (summary: DecisionSummary): Node & { readonly run: string; readonly decision: string } => {
  const { run, request, title } = summary;
  const id = `decision ${run} ${request.id}`;
  return {
    run,
    decision: request.id,
    row: () => rowOf(id, summary),
    children: () =>
      factNodes(id, {
        Why: { text: request.reason, icon: 'info' },
        Then: { text: request.consequence, icon: 'arrow-right' },
        Exactly: { text: exactArguments(request.arguments), icon: 'json' },
        Until: { text: new Date(request.expiresAt).toLocaleString(), icon: 'clock' },
        Otherwise: { text: request.onExpiry, icon: 'debug-pause' },
        Run: { text: title, icon: 'rocket' },
      }),
  };
};

const rowOf = (id: string, { request, status, title, run }: DecisionSummary): Row => {
  const expired = status === 'expired';
  const until = expired ? 'expired undecided' : expiry(request.expiresAt, Date.now());
  return {
    id,
    label: oneLine(request.action, 200),
    description: `${oneLine(title, 60)} · ${until}`,
    contextValue: expired ? 'decision.expired' : `decision.${request.kind}`,
    icon: [
      request.kind === 'question' ? 'question' : expired ? 'history' : 'shield',
      expired ? 'disabledForeground' : 'notificationsWarningIcon.foreground',
    ],
    command: {
      command: 'longhaul.openDecision',
      title: 'Open Approval',
      arguments: [{ run, decision: request.id }],
    },
    tooltip: labelledTooltip({
      Asked: request.action,
      Why: request.reason,
      Then: request.consequence,
      Until: `${new Date(request.expiresAt).toLocaleString()} (${until})`,
      Otherwise: request.onExpiry,
      Run: title,
    }),
    said: `Decision: ${request.action}. Run: ${title}. ${until}.`,
  };
};
