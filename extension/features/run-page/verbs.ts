import { t } from '@vscode/l10n';
import { archivedBy, isPausable, pausedBy, type RunState } from '../../../shared/run/state.ts';
import { canBeSaid } from '../../ground/runs/row-context.ts';
import type { Item } from '../../ground/page/page.ts';
import { button, buttonsItem, primary } from './items.ts';

interface Verb {
  readonly command: string;
  readonly label: string;
  /** It is what a run in this state waits for. */
  readonly first?: boolean;
}

const verb = (command: string, label: string): Verb => ({ command: `longhaul.${command}`, label });

const apply = [verb('applyAccepted', t('Apply…')), verb('applyAsBranch', t('Create Branch…'))];

/** What can be done with a run that is over, besides what its end allows. */
const afterwards = (state: RunState): readonly Verb[] => [
  verb('delegateAgain', t('Delegate Again…')),
  verb('delegateAgainByModel', t('Delegate Again by Another Model…')),
  archivedBy(state) === null ? verb('archiveRun', t('Archive')) : verb('unarchiveRun', t('Unarchive')),
  verb('deleteRun', t('Delete…')),
];

/** What a person can do with a run as it stands, the likeliest first. */
const verbs = (state: RunState): readonly Verb[] => {
  const { kind } = state.task.output;
  const diff = state.result === null || kind !== 'diff' ? [] : [verb('review', t('Open Diff'))];
  const publish = canBeSaid(state) ? [verb('publish', t('Publish…'))] : [];
  const applying = state.result === null || kind !== 'diff' ? [] : apply;
  const tree = state.tree.status === 'prepared' ? [verb('openTree', t("Open Run's Tree…"))] : [];
  switch (state.status) {
    case 'queued':
    case 'working':
    case 'waiting':
    case 'ready':
      return [
        ...(pausedBy(state) === null ? [] : [{ ...verb('unpauseRun', t('Resume')), first: true }]),
        verb('sendMessage', t('Message…')),
        ...diff,
        ...tree,
        ...(isPausable(state) ? [verb('pauseRun', t('Pause'))] : []),
        verb('cancelRun', t('Stop…')),
      ];
    case 'reviewing':
      return [
        ...[...diff, ...publish].map((likeliest) => ({ ...likeliest, first: true })),
        verb('acceptRun', t('Accept')),
        verb('requestChanges', t('Request Changes…')),
        ...applying,
        ...tree,
        verb('discardRun', t('Discard…')),
      ];
    case 'accepted':
      return [...diff, ...publish, ...applying, ...afterwards(state)];
    case 'rejected':
    case 'completed':
      return [...diff, ...afterwards(state)];
    case 'failed':
    case 'cancelled':
      return [verb('resumeRun', t('Resume from Last Checkpoint')), ...diff, ...tree, ...afterwards(state)];
  }
};

/** The same as buttons. */
export const verbItem = (state: RunState): Item =>
  buttonsItem(
    'actions',
    ...verbs(state).map(({ command, label, first = false }) => {
      const of = button(command, label, { run: state.id });
      return first ? primary(of) : of;
    }),
  );
