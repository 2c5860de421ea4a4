import * as vscode from 'vscode';
import { secretsIn } from '../../ground/connection/secrets.ts';
import { readSettings } from '../../ground/connection/settings.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommand } from '../../ground/problem/problem.ts';
import { reconnect } from '../../ground/model-key/restart.ts';
import { setModelKey } from '../../ground/model-key/model-key.ts';

const setRunnerToken = async (longhaul: Longhaul): Promise<void> => {
  const { url } = readSettings();
  if (url === '') {
    const open = 'Open Settings';
    const chosen = await vscode.window.showInformationMessage(
      'The runner of this machine needs no token. For one elsewhere, set its address first.',
      open,
    );
    if (chosen === open) await vscode.commands.executeCommand('workbench.action.openSettings', 'longhaul.url');
    return;
  }
  const token = await vscode.window.showInputBox({
    title: 'Longhaul: Runner Token',
    prompt: `Token for ${url}. It is kept in the secret storage of VS Code and sent to that runner alone.`,
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined || token.trim() === '') return;
  await secretsIn(longhaul.extension.secrets).setRunnerToken(url, token.trim());
  await reconnect(longhaul);
};

export const registerKeys = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(
    registerCommand('longhaul.setModelKey', async () => {
      await setModelKey(longhaul);
    }),
    registerCommand('longhaul.setRunnerToken', () => setRunnerToken(longhaul)),
  );
