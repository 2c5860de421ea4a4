import { t } from '@vscode/l10n';
import { headOf, heldTree, type RunState } from '../../../shared/run/state.ts';

/** Why there is nothing to see of what a run that is not finished has changed. */
export const nothingSaved = (state: Pick<RunState, 'number' | 'result' | 'tree' | 'turn'>): string => {
  const { number, result, tree } = state;
  const at = heldTree(state) ?? headOf(state);
  const before = result?.head ?? (tree.status === 'prepared' ? tree.base : null);
  // A file that is too large to be shown keeps no run from asking.
  if (at !== null && at.tree !== before?.tree)
    return t('What run {0} has changed so far was not saved. Its page says what its calls did.', number);
  return result === null
    ? t('Run {0} has changed nothing so far.', number)
    : t('Run {0} has changed nothing since its last result.', number);
};
