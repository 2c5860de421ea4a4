import { t } from '@vscode/l10n';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { askedText } from '../../ground/decision/asked-text.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { expiry, handedOver } from '../../ground/text/text.ts';
import { endText } from './end-text.ts';
import type { Needs } from './needs.ts';

/** A row of *What Needs Me*, and what choosing it does. */
export interface AskingRow {
  readonly icon: string;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  readonly command: string;
  readonly argument: Readonly<Record<string, string>>;
}

/** A sign of VS Code's own in a label is drawn as a picture; what others wrote is text. */
const text = (untrusted: string): string => oneLine(untrusted, 120).replaceAll('$(', '$\u200B(');

/** Several may have one title: the number comes first, as in the views. */
const titled = ({ number, task }: Pick<RunSummary, 'number' | 'task'>): string => text(`#${number} ${task.title}`);

/** In the order of the view *Needs You*: decisions, results, ends that nobody has seen. `now`: ms since the epoch. */
export const askingRows = ({ decisions, reviews, ends }: Needs, now: number): readonly AskingRow[] => [
  ...decisions.map(({ run, number, title, request }) => ({
    icon: request.kind === 'publish' ? 'repo-push' : 'shield',
    label: text(askedText(request)),
    description: expiry(request.expiresAt, now),
    detail: text(`#${number} ${title}`),
    command: 'longhaul.openDecision',
    argument: { run, decision: request.id },
  })),
  ...reviews.map((run) => ({
    icon: 'git-pull-request',
    label: t('Review: {0}', titled(run)),
    description: '',
    detail: Object.values(handedOver(run)).filter(Boolean).join(' · '),
    command: 'longhaul.review',
    argument: { run: run.id },
  })),
  ...ends.map((end) => ({
    icon: end.status === 'failed' ? 'error' : 'pass',
    label: end.status === 'failed' ? t('Failed: {0}', titled(end)) : t('Finished: {0}', titled(end)),
    description: '',
    detail: text(endText(end)),
    command: 'longhaul.openRun',
    argument: { run: end.id },
  })),
];
