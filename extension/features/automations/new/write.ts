import { mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { t } from '@vscode/l10n';
import { ConnectionError } from '../../../ground/problem/connection-error.ts';
import { triggerFile } from '../../../ground/repository/trigger-files.ts';

/** Writes the file of a trigger that there is none of yet. Returns its path. Throws ConnectionError where something is in the way. */
export const writeNew = async (root: string, name: string, text: string): Promise<string> => {
  const file = triggerFile(root, name);
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true });
  // A link in the repository must not have it written elsewhere.
  if ((await realpath(folder)) !== path.join(await realpath(root), '.longhaul', 'triggers'))
    throw new ConnectionError(
      'refused',
      t('{0} leads out of its place by a link.', folder),
      t('Make it a folder, and try again.'),
    );
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw new ConnectionError('refused', t('{0} is there already.', file), t('Give the automation another name.'));
  }
  return file;
};
