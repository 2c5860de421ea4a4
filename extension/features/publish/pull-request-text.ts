import { t } from '@vscode/l10n';
import * as vscode from 'vscode';

/**
 * The texts of pull requests that are being written, each in an untitled Markdown document, by their runs: what a person reads there, and may change, is
 * what is published.
 */
export class PullRequestTexts implements vscode.Disposable {
  readonly #documents = new Map<string, vscode.Uri>();
  readonly #lenses = vscode.languages.registerCodeLensProvider(
    { scheme: 'untitled', language: 'markdown' },
    {
      provideCodeLenses: ({ uri }) => {
        const run = this.#runOf(uri);
        if (run === null) return [];
        const title = `$(git-pull-request) ${t('Create Pull Request with This Text')}`;
        const command = 'longhaul.createPullRequest';
        return [new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title, command, arguments: [{ run }] })];
      },
    },
  );

  /** What the document of a run says; null: there is none. */
  textOf(run: string): string | null {
    return this.#open(run)?.getText() ?? null;
  }

  /** Shows the text of a run, behind what is asked about it; one that is there already stays as it is. */
  async show(run: string, number: number, text: string): Promise<void> {
    const known = this.#open(run);
    const uri = vscode.Uri.from({ scheme: 'untitled', path: `${t('Pull Request of Run {0}', number)}.md` });
    const document = known ?? (await vscode.workspace.openTextDocument(uri));
    this.#documents.set(run, document.uri);
    const editor = await vscode.window.showTextDocument(document, { preview: false, preserveFocus: true });
    if (document.getText() === '') await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
    await vscode.languages.setTextDocumentLanguage(document, 'markdown');
  }

  /** Closes it without a question: what was in it is published. */
  async close(run: string): Promise<void> {
    const document = this.#open(run);
    this.#documents.delete(run);
    if (document === undefined) return;
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }

  dispose(): void {
    this.#lenses.dispose();
  }

  #open(run: string): vscode.TextDocument | undefined {
    const uri = this.#documents.get(run)?.toString();
    return vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === uri);
  }

  #runOf(uri: vscode.Uri): string | null {
    return [...this.#documents].find(([, known]) => known.toString() === uri.toString())?.[0] ?? null;
  }
}
