import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { waitingFor } from './tree.ts';
import { labelledTooltip } from '../../ground/node/node.ts';
import { statusText } from './status-text.ts';

export const registerStatusBar = ({ connection, runs }: Longhaul): vscode.Disposable => {
  const item = vscode.window.createStatusBarItem('longhaul.status', vscode.StatusBarAlignment.Left, 10);
  item.name = 'Longhaul';
  item.command = 'longhaul.focusNeedsYou';
  const draw = (): void => {
    // Asking for the runs connects; that is for whoever needs them.
    const connected = connection.state.status === 'connected';
    const counts = connected
      ? { waiting: waitingFor(runs), working: runs.all().filter(({ status }) => status === 'working').length }
      : { waiting: 0, working: 0 };
    const { text, about, warning } = statusText(connection.state, counts);
    item.text = text;
    item.tooltip = labelledTooltip({ Longhaul: about });
    item.backgroundColor = warning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    item.accessibilityInformation = { label: `Longhaul: ${about}` };
    item.show();
  };
  draw();
  return vscode.Disposable.from(item, connection.onDidChangeState(draw), runs.onDidChange(draw));
};
