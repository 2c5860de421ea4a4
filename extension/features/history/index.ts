import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { exportHistory, openHistory } from './panel.ts';

/** The history panel, of which there is at most one, and its export. Reads nothing before it is shown. */
export const registerHistory = (longhaul: Longhaul): vscode.Disposable => {
  let panel: vscode.WebviewPanel | null = null;
  return vscode.Disposable.from(
    new vscode.Disposable(() => panel?.dispose()),
    registerCommands({
      'longhaul.history': () => {
        if (panel !== null) return panel.reveal();
        panel = openHistory(longhaul);
        panel.onDidDispose(() => {
          panel = null;
        });
      },
      'longhaul.exportHistory': () => exportHistory(longhaul),
    }),
  );
};
