import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { HistoryRow } from '../../../shared/run/statistics.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { framePage } from '../../ground/page/frame.ts';
import { offer } from '../../ground/problem/offer.ts';
import { problemOf, showProblem } from '../../ground/problem/problem.ts';
import { toCsv, toJson } from './export.ts';
import { FromPage, type ToPage } from './messages.ts';
import { historyRows } from './rows.ts';

/** ms that changes are gathered for, before the page draws them. */
const gatherMs = 100;

/** Opens the panel with the history of all runs. */
export const openHistory = (longhaul: Longhaul): vscode.WebviewPanel => {
  const panel = vscode.window.createWebviewPanel('longhaul.history', t('Longhaul History'), vscode.ViewColumn.Active, {
    enableFindWidget: true,
  });
  panel.iconPath = new vscode.ThemeIcon('history');
  let timer: NodeJS.Timeout | null = null;
  const post = (message: ToPage): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to our page, not to a window
    void panel.webview.postMessage(message);
  };
  const tell = (): void => {
    timer = null;
    post({ type: 'rows', rows: rows.all() });
  };
  const rows = historyRows(longhaul, () => {
    timer ??= setTimeout(tell, gatherMs);
  });
  const obey = async (message: FromPage): Promise<void> => {
    switch (message.type) {
      case 'ready':
        try {
          await rows.load();
          tell();
        } catch (error) {
          const { message, remedy } = problemOf(error);
          post({ type: 'problem', message: `${message} ${remedy}` });
        }
        return;
      case 'open':
        return vscode.commands.executeCommand('longhaul.openRun', message.run);
      case 'review':
        return vscode.commands.executeCommand('longhaul.review', message.run);
      case 'export': {
        const byId = new Map(rows.all().map((row) => [row.id, row]));
        await save(
          message.runs.flatMap((id) => byId.get(id) ?? []),
          message.format,
        );
      }
    }
  };
  panel.webview.onDidReceiveMessage((message: unknown) => {
    const parsed = FromPage.safeParse(message);
    if (parsed.success) obey(parsed.data).catch(showProblem);
  });
  panel.onDidDispose(() => {
    rows.dispose();
    if (timer !== null) clearTimeout(timer);
  });
  framePage(panel, longhaul.extension, 'history');
  return panel;
};

/** Asks for a format and a file, and writes every run. */
export const exportHistory = async (longhaul: Longhaul): Promise<void> => {
  const formats = [
    { label: 'CSV', format: 'csv' },
    { label: 'JSON', format: 'json' },
  ] as const;
  const chosen = await vscode.window.showQuickPick(formats, { title: t('Export the history of all runs as') });
  if (chosen === undefined) return;
  const rows = historyRows(longhaul, () => {});
  try {
    await rows.load();
    await save(rows.all(), chosen.format);
  } finally {
    rows.dispose();
  }
};

const save = async (rows: readonly HistoryRow[], format: 'json' | 'csv'): Promise<void> => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    title: rows.length === 1 ? t('Export 1 run') : t('Export {0} runs', rows.length),
    filters: format === 'csv' ? { CSV: ['csv'] } : { JSON: ['json'] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, `longhaul-history.${format}`) }),
  });
  if (uri === undefined) return;
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(format === 'csv' ? toCsv(rows) : toJson(rows)));
  const told = rows.length === 1 ? t('1 run exported.') : t('{0} runs exported.', rows.length);
  await offer(vscode.window.showInformationMessage, told, {
    [t('Open')]: () => vscode.window.showTextDocument(uri),
  });
};
