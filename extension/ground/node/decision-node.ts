import { t } from '@vscode/l10n';
import { exactArguments } from '../../../shared/text/clean.ts';
import type { DecisionSummary, RunSummary } from '../../../shared/run/summary.ts';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { askedText } from '../decision/asked-text.ts';
import { publicationFacts } from '../decision/publication-facts.ts';
import { asksForKey, keyRefused } from '../decision/refused-key.ts';
import { card, factNodes, type Node, type Row } from './node.ts';
import { localTime } from '../text/local-time.ts';
import { oneLine } from '../text/one-line.ts';
import { expiry, labelCharacters, repositoryName, titleOf } from '../text/text.ts';

type Asking = Pick<RunSummary, 'number' | 'task' | 'turn'>;

/** `of`: the run that asks, where the row does not stand below it. Its row says what is asked, its children why, what follows and until when. */
export const decisionNode = (
  summary: DecisionSummary,
  of: Asking | null,
): Node & { readonly run: string; readonly decision: string } => {
  const { run, request, title } = summary;
  const id = `decision ${run} ${request.id}`;
  return {
    run,
    decision: request.id,
    row: () => rowOf(id, summary, of),
    children: () =>
      factNodes(id, {
        [t('Why')]: { text: request.reason, icon: 'info' },
        [t('Then')]: { text: request.consequence, icon: 'arrow-right' },
        ...(request.kind === 'publish'
          ? Object.fromEntries(publicationFacts(request).map(({ label, text }) => [label, { text, icon: 'repo-push' }]))
          : { [t('Exactly')]: { text: exactArguments(request.arguments), icon: 'json' } }),
        [t('Until')]: { text: localTime(request.expiresAt), icon: 'clock' },
        [t('Otherwise')]: { text: request.onExpiry, icon: 'debug-pause' },
        [t('Run')]: { text: title, icon: 'rocket' },
      }),
  };
};

const iconOf = ({ kind }: Pick<DecisionRequest, 'kind'>): string =>
  kind === 'question' ? 'question' : kind === 'publish' ? 'repo-push' : 'shield';

const rowOf = (id: string, summary: DecisionSummary, of: Asking | null): Row => {
  const { request, status, title, run } = summary;
  const repository = of === null ? '' : repositoryName(of.task.repository);
  const where = of === null ? '' : `${repository} · #${of.number}`;
  const action = of !== null && asksForKey(of, request) ? keyRefused : askedText(request);
  const expired = status === 'expired';
  const until = expired ? t('expired undecided') : expiry(request.expiresAt, Date.now());
  return {
    id,
    // Short where its repository stands behind it: both are to be read in a narrow view.
    label: of === null ? oneLine(action, 120) : titleOf({ number: of.number, title: action }, labelCharacters),
    description: [repository, until].filter(Boolean).join(' · '),
    contextValue: expired ? 'decision.expired' : `decision.${request.kind}`,
    icon: [
      expired && request.kind !== 'question' ? 'history' : iconOf(request),
      expired ? 'disabledForeground' : 'notificationsWarningIcon.foreground',
    ],
    command: {
      command: 'longhaul.openDecision',
      title: t('Open Approval'),
      arguments: [{ run, decision: request.id }],
    },
    tooltip: card(action, {
      [t('Run')]: [where, title].filter(Boolean).join(' · '),
      [t('Why')]: request.reason,
      [t('Then')]: request.consequence,
      [t('Until')]: `${localTime(request.expiresAt)} (${until})`,
      [t('Otherwise')]: request.onExpiry,
    }),
    said: t('Decision: {0}. Run: {1}. {2}.', action, [title, where].filter(Boolean).join(', '), until),
  };
};
