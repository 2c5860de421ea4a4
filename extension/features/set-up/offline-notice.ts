import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { doing, offer, type Deeds } from '../../ground/problem/offer.ts';
import type { Longhaul } from '../../ground/longhaul.ts';

const waysOut: Deeds = {
  [t('Try Again')]: doing('longhaul.reconnect'),
  [t('Check with Doctor')]: doing('longhaul.doctor'),
  [t('Set Runner Token')]: doing('longhaul.setRunnerToken'),
};

/** Says why no runner can be reached: once for each reason, until one was or a person tries again. */
export const registerOfflineNotice = ({ connection }: Longhaul): vscode.Disposable => {
  let told: string | null = null;
  return connection.onDidChangeState(async (state) => {
    if (state.status === 'connected' || state.status === 'starting') told = null;
    if (state.status !== 'offline' || state.reason === told) return;
    told = state.reason;
    await offer(vscode.window.showWarningMessage, `${state.reason} ${state.remedy}`, waysOut);
  });
};
