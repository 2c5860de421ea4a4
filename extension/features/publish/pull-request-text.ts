import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RunSummary } from '../../../shared/run/summary.ts';

/** What a text is about. */
type Written = Pick<RunSummary, 'id' | 'number' | 'round'>;

interface Shown {
  readonly run: string;
  /** There is a pull request already, which it becomes the text of. */
  readonly goesOn: boolean;
}

/**
 * The texts of pull requests that are being written, each in an untitled Markdown document: what a person reads there, and may change, is
 * what is published.
 */
export class PullRequestTexts implements vscode.Disposable {
  /** By document: what it is about. */
  readonly #shown = new Map<string, Shown>();
  readonly #lenses = vscode.languages.registerCodeLensProvider(
    { scheme: 'untitled', language: 'markdown' },
    {
      provideCodeLenses: ({ uri }) => {
        const shown = this.#shown.get(uri.toString());
        if (shown === undefined) return [];
        const { run, goesOn } = shown;
        const goes = goesOn ? t('Update Pull Request with This Text') : t('Create Pull Request with This Text');
        const title = `$(git-pull-request) ${goes}`;
        const command = 'longhaul.createPullRequest';
        return [new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title, command, arguments: [{ run }] })];
      },
    },
  );

  /** What the document of a run's round says; null: there is none. */
  textOf(of: Written): string | null {
    return this.#open(of)?.getText() ?? null;
  }

  /** Shows the text of a run's round, behind what is asked about it; one that is there already stays as it is. */
  async show(of: Written, { text, goesOn }: { readonly text: string; readonly goesOn: boolean }): Promise<void> {
    const document = this.#open(of) ?? (await vscode.workspace.openTextDocument(uriOf(of)));
    this.#shown.set(document.uri.toString(), { run: of.id, goesOn });
    const editor = await vscode.window.showTextDocument(document, { preview: false, preserveFocus: true });
    if (document.getText() === '') await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
    await vscode.languages.setTextDocumentLanguage(document, 'markdown');
  }

  /** Closes it without a question: what was in it is published. */
  async close(of: Written): Promise<void> {
    const document = this.#open(of);
    this.#shown.delete(uriOf(of).toString());
    if (document === undefined) return;
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }

  dispose(): void {
    this.#lenses.dispose();
  }

  #open(of: Written): vscode.TextDocument | undefined {
    const uri = uriOf(of).toString();
    return vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === uri);
  }
}

/** No two rounds, nor runs of other runners that have the same number, write in one document. */
const uriOf = ({ id, number, round }: Written): vscode.Uri => {
  const name = t('Pull Request of Run {0}, Round {1}', number, round);
  return vscode.Uri.from({ scheme: 'untitled', path: `${name} (${id.slice(-6)}).md` });
};
