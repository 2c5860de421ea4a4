import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { HistoryPanel } from './panel.ts';

/** The history panel and its export. Reads nothing before it is shown. */
export const registerHistory = (longhaul: Longhaul): vscode.Disposable => {
  const panel = new HistoryPanel(longhaul);
  return vscode.Disposable.from(
    panel,
    registerCommands({ 'longhaul.history': () => panel.show(), 'longhaul.exportHistory': () => panel.exportAll() }),
  );
};
