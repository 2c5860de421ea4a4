import { t } from '@vscode/l10n';
import { Trouble } from '../../../shared/trouble.ts';
import { problemOf } from '../problem/problem.ts';
import { ConnectionError } from '../problem/connection-error.ts';

/** Why no runner could be reached, from whatever was thrown on the way. */
export const connectionErrorOf = (error: unknown): ConnectionError => {
  if (error instanceof ConnectionError) return error;
  if (error instanceof Trouble) return new ConnectionError('refused', error.message, error.remedy);
  const { code, message, remedy } = problemOf(error);
  if (code === 'unreachable')
    return new ConnectionError(
      code,
      t('The runner does not answer.'),
      t('Check the network and the setting longhaul.url.'),
    );
  const trouble = code === 'unavailable' ? 'unreachable' : code === 'unauthorized' ? code : 'refused';
  return new ConnectionError(trouble, message, remedy);
};
