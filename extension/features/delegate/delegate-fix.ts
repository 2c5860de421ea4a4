import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../ground/text/one-line.ts';
import type { ProblemArgument } from './called-from.ts';

/** Offers to delegate each problem under the cursor, as a quick fix. */
export const registerDelegateFix = (): vscode.Disposable =>
  vscode.languages.registerCodeActionsProvider(
    { scheme: 'file' },
    {
      provideCodeActions: (document, _range, context) => {
        const problems = context.diagnostics.filter(({ severity }) => severity <= vscode.DiagnosticSeverity.Warning);
        return problems.map((problem) => fixOf(document, problem, problems.length > 1));
      },
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );

/** `several`: the title says which problem it is of. */
const fixOf = (document: vscode.TextDocument, diagnostic: vscode.Diagnostic, several: boolean): vscode.CodeAction => {
  const title = several
    ? t('Delegate “{0}” to Background Agent…', oneLine(diagnostic.message, 60))
    : t('Delegate to Background Agent…');
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  const argument: ProblemArgument = {
    problem: {
      file: document.uri.fsPath,
      line: diagnostic.range.start.line + 1,
      message: diagnostic.message,
      source: [diagnostic.source, codeOf(diagnostic)].filter(Boolean).join(' '),
    },
  };
  action.command = { command: 'longhaul.delegate', title: action.title, arguments: [argument] };
  return action;
};

const codeOf = ({ code }: vscode.Diagnostic): string =>
  code === undefined ? '' : String(typeof code === 'object' ? code.value : code);
