import { t } from '@vscode/l10n';
import type { ConnectionState } from '../../ground/connection/connection.ts';

/** What to say where editor and runner are of different versions; null: they are of one. */
export const versionText = (
  { url, local, version }: Pick<Extract<ConnectionState, { status: 'connected' }>, 'url' | 'local' | 'version'>,
  own: string,
): string | null => {
  if (version === own) return null;
  return local
    ? t(
        'The runner that is running is version {0}, and this extension is {1}. Restart it, so that both are the same: its runs go on.',
        version,
        own,
      )
    : t(
        'The runner at {0} is version {1}, and this extension is {2}: either may refuse what only the other knows. Whoever operates it can update it.',
        url,
        version,
        own,
      );
};
