import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { logFile } from '../../../runner/local/find-runner.ts';
import { tellAchieved } from '../../ground/achieved.ts';
import { readSettings } from '../../ground/connection/settings.ts';
import { homeOf, reconnect, restartRunner } from '../../ground/model-key/restart.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { doing } from '../../ground/problem/offer.ts';
import { registerCommands, showProblem } from '../../ground/problem/problem.ts';
import { setModelKey } from '../../ground/model-key/model-key.ts';
import { doctor } from './doctor.ts';
import { setRunnerToken } from './key.ts';
import { registerOfflineNotice } from './offline-notice.ts';
import { registerPlatformNotice } from './platform-notice.ts';
import { registerVersionNotice } from './version-notice.ts';

const openRunnerLog = async (): Promise<void> => {
  if (readSettings().url !== '') {
    void vscode.window.showInformationMessage(t('The runner is on another machine; its log is there.'));
    return;
  }
  await vscode.window.showTextDocument(vscode.Uri.file(logFile(homeOf())), { preview: true });
};

/** What a person sets, looks after and looks up about Longhaul itself. */
export const registerSetUp = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(
    registerOfflineNotice(longhaul),
    registerPlatformNotice(longhaul),
    registerVersionNotice(longhaul),
    registerCommands({
      'longhaul.setModelKey': () => setModelKey(longhaul),
      'longhaul.setRunnerToken': () => setRunnerToken(longhaul),
      'longhaul.doctor': () => doctor(longhaul),
      'longhaul.reconnect': () => reconnect(longhaul),
      'longhaul.restartRunner': () => restartRunner(longhaul),
      'longhaul.openRunnerLog': openRunnerLog,
      'longhaul.showLog': () => longhaul.log.show(),
      'longhaul.focusNeedsYou': doing('longhaul.needsYou.focus'),
      'longhaul.notificationSettings': doing('workbench.action.openSettings', 'longhaul.notifications'),
      'longhaul.openWalkthrough': async () => {
        const walkthrough = `${longhaul.extension.extension.id}#start`;
        await vscode.commands.executeCommand('workbench.action.openWalkthrough', walkthrough, false);
        await tellAchieved(longhaul.extension);
      },
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      const moved = ['longhaul.url', 'longhaul.home'].some((setting) => change.affectsConfiguration(setting));
      if (moved && longhaul.connection.state.status !== 'idle') reconnect(longhaul).catch(showProblem);
    }),
  );
