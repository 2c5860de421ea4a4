import * as vscode from 'vscode';
import type { ConnectionState } from '../connection/connection.ts';
import type { Longhaul } from '../context.ts';
import { waitingFor } from './needs-you/provider.ts';
import { labelledTooltip } from './node.ts';

/** What the status bar says, from the connection and from what is under way. Pure, so that it can be shown in a table. */
export const statusText = (
  state: ConnectionState,
  { waiting, working }: { readonly waiting: number; readonly working: number },
): { readonly text: string; readonly about: string; readonly warning: boolean } => {
  switch (state.status) {
    case 'idle':
      return { text: '$(rocket) Longhaul', about: 'Nothing was asked of a runner yet.', warning: false };
    case 'starting':
      return { text: '$(loading~spin) Longhaul', about: 'Connecting to the runner.', warning: false };
    case 'offline':
      return { text: '$(debug-disconnect) Longhaul offline', about: `${state.reason} ${state.remedy}`, warning: true };
    case 'connected': {
      const parts = [
        waiting > 0 ? `$(bell-dot) ${waiting}` : '',
        working > 0 ? `$(loading~spin) ${working}` : '',
      ].filter((part) => part !== '');
      const about = `${waiting} waiting for you, ${working} working. Runner: ${state.url}${state.local ? ' (this machine)' : ''}`;
      return { text: ['$(rocket)', ...(parts.length === 0 ? ['Longhaul'] : parts)].join(' '), about, warning: false };
    }
  }
};

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
    item.tooltip = labelledTooltip([['Longhaul', about]]);
    item.backgroundColor = warning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    item.accessibilityInformation = { label: `Longhaul: ${about}` };
    item.show();
  };
  draw();
  return vscode.Disposable.from(item, connection.onDidChangeState(draw), runs.onDidChange(draw));
};
