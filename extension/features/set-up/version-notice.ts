import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { restartRunner } from '../../ground/model-key/restart.ts';
import { offer } from '../../ground/problem/offer.ts';
import { showProblem } from '../../ground/problem/problem.ts';
import { versionText } from './version-text.ts';

/**
 * An extension that was updated finds the runner from before still at work, or one elsewhere of another version: said once for each version
 * of the runner, with the way out where there is one.
 */
export const registerVersionNotice = (longhaul: Longhaul): vscode.Disposable => {
  // safe: our own manifest
  const { version: own } = longhaul.extension.extension.packageJSON as { version: string };
  let told: string | null = null;
  return longhaul.connection.onDidChangeState((state) => {
    if (state.status !== 'connected' || state.version === told) return;
    told = state.version;
    const text = versionText(state, own);
    if (text === null) return;
    const deeds = state.local ? { [t('Restart Runner')]: () => restartRunner(longhaul) } : {};
    offer(vscode.window.showWarningMessage, text, deeds).catch(showProblem);
  });
};
