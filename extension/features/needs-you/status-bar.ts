import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { labelledTooltip } from '../../ground/node/node.ts';
import { countsOf, needsOf } from './needs.ts';
import { statusText } from './status-text.ts';

export const registerStatusBar = (longhaul: Longhaul): vscode.Disposable => {
  const { connection, runs, unseen, applied } = longhaul;
  const item = vscode.window.createStatusBarItem('longhaul.status', vscode.StatusBarAlignment.Left, 10);
  item.name = 'Longhaul';
  const draw = (): void => {
    // Asking for the runs connects; that is for whoever needs them.
    const counts =
      connection.state.status === 'connected'
        ? {
            ...countsOf(needsOf(longhaul)),
            working: runs.all().filter(({ status }) => status === 'working').length,
          }
        : { waiting: 0, ended: 0, working: 0 };
    const { text, about, warning } = statusText(connection.state, counts);
    item.text = text;
    // With nothing to choose from, the views say what there is to do.
    item.command = counts.waiting + counts.ended > 0 ? 'longhaul.whatNeedsMe' : 'longhaul.focusNeedsYou';
    item.tooltip = labelledTooltip({ Longhaul: about });
    item.backgroundColor = warning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    item.accessibilityInformation = { label: t('Longhaul: {0}', about) };
    item.show();
  };
  draw();
  return vscode.Disposable.from(
    item,
    ...[
      connection.onDidChangeState,
      runs.onDidChange,
      unseen.onDidChange,
      applied.onDidChange,
      vscode.window.onDidChangeWindowState,
    ].map((event: vscode.Event<unknown>) => event(draw)),
  );
};
