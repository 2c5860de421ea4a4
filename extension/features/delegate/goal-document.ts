import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';

/** What the name of a goal's document begins with; the manifest's menus know it too. */
const prefix = 'Goal for ';

/** The repository of each goal that is being written. One of a window before is told by its name alone. */
const roots = new Map<string, string>();

export const isGoal = ({ uri }: vscode.TextDocument): boolean =>
  uri.scheme === 'untitled' && path.posix.basename(uri.path).startsWith(prefix);

export const rootOfGoal = ({ uri }: vscode.TextDocument): string | undefined => roots.get(uri.toString());

const nameOf = (root: string, number: number): string =>
  `${prefix}${path.basename(root).replace(/[^\w.-]+/g, ' ')}${number === 1 ? '' : ` ${number}`}.md`;

/** An untitled Markdown document with the goal so far, which is shown. One that somebody wrote something else in stays as it is. */
export const openGoal = async (root: string, text: string): Promise<void> => {
  for (let number = 1; ; number += 1) {
    const uri = vscode.Uri.from({ scheme: 'untitled', path: nameOf(root, number) });
    const document = await vscode.workspace.openTextDocument(uri);
    const before = document.getText();
    if (before.trim() !== '' && before.trim() !== text.trim()) continue;
    roots.set(uri.toString(), root);
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    if (before.trim() === '') await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
    await vscode.languages.setTextDocumentLanguage(document, 'markdown');
    editor.selection = new vscode.Selection(document.positionAt(text.length), document.positionAt(text.length));
    return;
  }
};

/** Closes it without a question: what was in it is a run's now. */
export const closeGoal = async (document: vscode.TextDocument): Promise<void> => {
  roots.delete(document.uri.toString());
  await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
};

/** Files that are offered; who types on narrows them down. */
const mostFiles = 200;

/** After `#` or `#file:` the files of the workspace, as chat offers them. */
const filesFor = async (
  document: vscode.TextDocument,
  position: vscode.Position,
  token: vscode.CancellationToken,
): Promise<vscode.CompletionList | undefined> => {
  const root = rootOfGoal(document);
  const before = document.lineAt(position.line).text.slice(0, position.character);
  const typed = /#(?:file:(?<name>[^\s`]*))?$/.exec(before);
  if (root === undefined || typed === null) return undefined;
  const name = (typed.groups?.['name'] ?? '').replace(/[^\w./-]/g, '?');
  const pattern = new vscode.RelativePattern(vscode.Uri.file(root), `**/${name}*`);
  const found = await vscode.workspace.findFiles(pattern, undefined, mostFiles, token);
  const range = new vscode.Range(position.translate(0, -typed[0].length), position);
  const items = found.map(({ fsPath }) => {
    const file = path.relative(root, fsPath).split(path.sep).join('/');
    const item = new vscode.CompletionItem(file, vscode.CompletionItemKind.File);
    const text = /[\s"'()`]/.test(file) ? `\`${file}\`` : file;
    return Object.assign(item, { insertText: `#file:${text}`, filterText: `#file:${file}`, range });
  });
  return new vscode.CompletionList(items, true);
};

/** The way on above the goal, and its text to whoever keeps it while it is typed. */
export const registerGoals = (typed: (root: string, text: string) => void): vscode.Disposable =>
  vscode.Disposable.from(
    vscode.languages.registerCodeLensProvider(
      { scheme: 'untitled' },
      {
        provideCodeLenses: (document) => {
          if (!isGoal(document)) return [];
          const top = new vscode.Range(0, 0, 0, 0);
          const command = 'longhaul.delegateGoal';
          return [
            new vscode.CodeLens(top, {
              title: `$(rocket) ${t('Delegate This Goal')}`,
              command,
              arguments: [document.uri],
            }),
            new vscode.CodeLens(top, { title: t('#file:path and @symbol name what it is about'), command: '' }),
          ];
        },
      },
    ),
    vscode.languages.registerCompletionItemProvider(
      { scheme: 'untitled' },
      { provideCompletionItems: filesFor },
      ':',
      '#',
    ),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      const root = rootOfGoal(document);
      if (root !== undefined) typed(root, document.getText());
    }),
  );
