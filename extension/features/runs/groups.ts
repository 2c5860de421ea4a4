import { t } from '@vscode/l10n';
import { isTerminal, openDecisions, pausedBy } from '../../../shared/run/state.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';

/** The states that runs are grouped by, in the order in which a person wants to see them. */
export const groupNames = ['needs you', 'working', 'in review', 'queued', 'paused', 'failed', 'done'] as const;
export type GroupName = (typeof groupNames)[number];

export const groupTitles: Record<GroupName, string> = {
  'needs you': t('Needs You'),
  'in review': t('In Review'),
  working: t('Working'),
  queued: t('Queued'),
  paused: t('Paused'),
  failed: t('Failed'),
  done: t('Done'),
};

/** Where a run belongs: by whom it waits for, and else by what it does. */
export const groupOf = (state: RunSummary): GroupName => {
  // Not among what went well, which is folded away.
  if (state.status === 'failed') return 'failed';
  if (isTerminal(state)) return 'done';
  if (openDecisions(state).length > 0) return 'needs you';
  switch (state.status) {
    case 'reviewing':
      return 'in review';
    case 'queued':
    case 'ready':
      return 'queued';
    case 'waiting':
      return pausedBy(state) === null ? 'working' : 'paused';
    default:
      return 'working';
  }
};
