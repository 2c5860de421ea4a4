import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';

const actions = new Map([
  ['Try Again', 'longhaul.reconnect'],
  ['Check with Doctor', 'longhaul.doctor'],
  ['Set Runner Token', 'longhaul.setRunnerToken'],
]);

/** Says why no runner can be reached: once for each reason, until one was or a person tries again. */
export const registerOfflineNotice = ({ connection }: Longhaul): vscode.Disposable => {
  let told: string | null = null;
  return connection.onDidChangeState(async (state) => {
    if (state.status === 'connected' || state.status === 'starting') told = null;
    if (state.status !== 'offline' || state.reason === told) return;
    told = state.reason;
    const chosen = await vscode.window.showWarningMessage(`${state.reason} ${state.remedy}`, ...actions.keys());
    const command = chosen === undefined ? undefined : actions.get(chosen);
    if (command !== undefined) await vscode.commands.executeCommand(command);
  });
};
