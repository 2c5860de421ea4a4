import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { secretsIn } from '../../ground/connection/secrets.ts';
import { readSettings } from '../../ground/connection/settings.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { doing, offer } from '../../ground/problem/offer.ts';
import { reconnect } from '../../ground/model-key/restart.ts';

/** Asks for the token of a runner elsewhere, keeps it as a secret, and looks for that runner with it. */
export const setRunnerToken = async (longhaul: Longhaul): Promise<void> => {
  const { url } = readSettings();
  if (url === '') {
    const told = t('The runner of this machine needs no token. For one elsewhere, set its address first.');
    const openSettings = doing('workbench.action.openSettings', 'longhaul.url');
    return offer(vscode.window.showInformationMessage, told, { [t('Open Settings')]: openSettings });
  }
  const token = await vscode.window.showInputBox({
    title: t('Longhaul: Runner Token'),
    prompt: t('Token for {0}. It is kept in the secret storage of VS Code and sent to that runner alone.', url),
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined || token.trim() === '') return;
  await secretsIn(longhaul.extension.secrets).setRunnerToken(url, token.trim());
  await reconnect(longhaul);
};
