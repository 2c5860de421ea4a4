import { t } from '@vscode/l10n';
import { writeNewSettings } from '../../../../runner/local/new-settings.ts';
import { ConnectionError } from '../../../ground/problem/connection-error.ts';

/** Writes the file of a trigger that there is none of yet. Returns its path. Throws ConnectionError where something is in the way. */
export const writeNew = async (root: string, name: string, text: string): Promise<string> => {
  const written = await writeNewSettings(root, 'triggers', { name: `${name}.yaml`, text });
  switch (written.outcome) {
    case 'written':
      return written.file;
    case 'elsewhere':
      throw new ConnectionError(
        'refused',
        t('{0} leads out of its place by a link.', written.folder),
        t('Make it a folder, and try again.'),
      );
    case 'exists':
      throw new ConnectionError(
        'refused',
        t('{0} is there already.', written.file),
        t('Give the automation another name.'),
      );
  }
};
