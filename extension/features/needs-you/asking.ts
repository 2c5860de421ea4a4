import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { askingRows } from './asking-rows.ts';
import { needsOf } from './needs.ts';

/** Reads the runs where nothing has yet. Throws where no runner answers. */
const untilLoaded = async ({ connection, runs }: Longhaul): Promise<void> => {
  runs.all();
  await connection.api();
  while (!runs.loaded)
    await new Promise<void>((resolve) => {
      const once = runs.onDidChange(() => {
        once.dispose();
        resolve();
      });
    });
};

/** *What Needs Me*: everything that waits for a person in one list, from wherever they are; what is chosen is opened, and nothing is decided. */
export const registerAsking = (longhaul: Longhaul): vscode.Disposable =>
  registerCommands({
    'longhaul.whatNeedsMe': async () => {
      await untilLoaded(longhaul);
      const rows = askingRows(needsOf(longhaul), Date.now());
      if (rows.length === 0) {
        void vscode.window.showInformationMessage(t('Nothing needs you.'));
        return;
      }
      const chosen = await vscode.window.showQuickPick(
        rows.map(({ icon, label, ...row }) => ({ ...row, label: `$(${icon}) ${label}` })),
        { title: t('Longhaul: What Needs Me'), matchOnDescription: true, matchOnDetail: true },
      );
      if (chosen !== undefined) await vscode.commands.executeCommand(chosen.command, chosen.argument);
    },
  });
