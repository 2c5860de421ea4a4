import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { z } from 'zod';
import { RunId } from '../../../shared/ids.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { problemOf, showProblem } from '../../ground/problem/problem.ts';
import { toCsv, toJson } from './export.ts';
import type { ToPage } from './messages.ts';
import { HistoryRows } from './rows.ts';

/** What the page may ask for. It shows text that agents wrote, so it is believed nothing else. */
const FromPage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('open'), run: RunId }),
  z.strictObject({ type: z.literal('review'), run: RunId }),
  z.strictObject({
    type: z.literal('export'),
    format: z.enum(['json', 'csv']),
    /** Those that it shows, in its order. */
    runs: z.array(RunId).max(100_000),
  }),
]);
type FromPage = z.infer<typeof FromPage>;

/** ms that changes are gathered for, before the page draws them. */
const gatherMs = 100;

/** The panel with the history of all runs; there is at most one. */
export class HistoryPanel implements vscode.Disposable {
  readonly #longhaul: Longhaul;
  #panel: vscode.WebviewPanel | null = null;
  #rows: HistoryRows | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(longhaul: Longhaul) {
    this.#longhaul = longhaul;
  }

  dispose(): void {
    this.#panel?.dispose();
    this.#rows?.dispose();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  show(): void {
    if (this.#panel !== null) {
      this.#panel.reveal();
      return;
    }
    const folder = vscode.Uri.joinPath(this.#longhaul.extension.extensionUri, 'dist', 'extension');
    const panel = vscode.window.createWebviewPanel('longhaul.history', 'Longhaul History', vscode.ViewColumn.Active, {
      enableScripts: true,
      enableForms: false,
      enableFindWidget: true,
      localResourceRoots: [folder],
    });
    panel.iconPath = new vscode.ThemeIcon('history');
    panel.webview.onDidReceiveMessage((message: unknown) => {
      const parsed = FromPage.safeParse(message);
      if (parsed.success) this.#obey(parsed.data).catch(showProblem);
    });
    panel.onDidDispose(() => {
      this.#panel = null;
      this.#rows?.dispose();
      this.#rows = null;
    });
    panel.webview.html = page(panel.webview, folder);
    this.#panel = panel;
  }

  /** Asks for a format and a file, and writes every run. */
  async exportAll(): Promise<void> {
    const format = await vscode.window.showQuickPick(['CSV', 'JSON'], { title: 'Export the history of all runs as' });
    if (format === undefined) return;
    const rows = this.#open();
    await rows.load();
    await this.#export(
      format === 'CSV' ? 'csv' : 'json',
      rows.all().map(({ id }) => id),
    );
  }

  #open(): HistoryRows {
    if (this.#rows !== null) return this.#rows;
    const rows = new HistoryRows(this.#longhaul);
    rows.onDidChange(() => {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#tell();
      }, gatherMs);
    });
    this.#rows = rows;
    return rows;
  }

  async #obey(message: FromPage): Promise<void> {
    switch (message.type) {
      case 'ready':
        await this.#load();
        return;
      case 'open':
        await vscode.commands.executeCommand('longhaul.openRun', message.run);
        return;
      case 'review':
        await vscode.commands.executeCommand('longhaul.review', message.run);
        return;
      case 'export':
        await this.#export(message.format, message.runs);
    }
  }

  async #load(): Promise<void> {
    try {
      await this.#open().load();
      this.#tell();
    } catch (error) {
      const { message, remedy } = problemOf(error);
      this.#post({ type: 'problem', message: `${message} ${remedy}` });
    }
  }

  #tell(): void {
    if (this.#rows !== null) this.#post({ type: 'rows', rows: this.#rows.all() });
  }

  #post(message: ToPage): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to our page, not to a window
    void this.#panel?.webview.postMessage(message);
  }

  async #export(format: 'json' | 'csv', ids: readonly string[]): Promise<void> {
    const byId = new Map(
      this.#open()
        .all()
        .map((row) => [row.id, row]),
    );
    const rows = ids.flatMap((id) => byId.get(id) ?? []);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const uri = await vscode.window.showSaveDialog({
      title: `Export ${rows.length} runs`,
      filters: format === 'csv' ? { CSV: ['csv'] } : { JSON: ['json'] },
      ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, `longhaul-history.${format}`) }),
    });
    if (uri === undefined) return;
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(format === 'csv' ? toCsv(rows) : toJson(rows)));
    const open = 'Open';
    const chosen = await vscode.window.showInformationMessage(`${rows.length} runs exported.`, open);
    if (chosen === open) await vscode.window.showTextDocument(uri);
  }
}

/** A page with nothing in it: its script makes every element, from text alone. */
const page = (webview: vscode.Webview, folder: vscode.Uri): string => {
  const nonce = randomBytes(16).toString('base64');
  const script = webview.asWebviewUri(vscode.Uri.joinPath(folder, 'history.js')).toString();
  const style = webview.asWebviewUri(vscode.Uri.joinPath(folder, 'history.css')).toString();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Longhaul History</title>
</head>
<body>
<main id="page"></main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
};
