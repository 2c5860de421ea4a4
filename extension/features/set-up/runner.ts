import * as vscode from 'vscode';
import { logFile } from '../../ground/connection/home.ts';
import { readSettings } from '../../ground/connection/settings.ts';
import { homeOf, reconnect, restartRunner } from '../../ground/model-key/restart.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommand, showProblem } from '../../ground/problem/problem.ts';

const openRunnerLog = async (): Promise<void> => {
  if (readSettings().url !== '') {
    void vscode.window.showInformationMessage('The runner is on another machine; its log is there.');
    return;
  }
  await vscode.window.showTextDocument(vscode.Uri.file(logFile(homeOf())), { preview: true });
};

export const registerRunner = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(
    registerCommand('longhaul.reconnect', () => reconnect(longhaul)),
    registerCommand('longhaul.restartRunner', () => restartRunner(longhaul)),
    registerCommand('longhaul.openRunnerLog', openRunnerLog),
    registerCommand('longhaul.showLog', () => longhaul.log.show()),
    registerCommand('longhaul.focusNeedsYou', async () => {
      await vscode.commands.executeCommand('longhaul.needsYou.focus');
    }),
    registerCommand('longhaul.openWalkthrough', async () => {
      const { id } = longhaul.extension.extension;
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${id}#start`, false);
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      const { status } = longhaul.connection.state;
      if (
        status === 'idle' ||
        !(change.affectsConfiguration('longhaul.url') || change.affectsConfiguration('longhaul.home'))
      )
        return;
      reconnect(longhaul).catch(showProblem);
    }),
  );
