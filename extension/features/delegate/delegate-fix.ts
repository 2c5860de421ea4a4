import * as vscode from 'vscode';
import type { ProblemArgument } from './called-from.ts';

/** Offers to delegate each problem under the cursor, as a quick fix. */
export const registerDelegateFix = (): vscode.Disposable =>
  vscode.languages.registerCodeActionsProvider(
    { scheme: 'file' },
    {
      provideCodeActions: (document, _range, context) =>
        context.diagnostics
          .filter(({ severity }) => severity <= vscode.DiagnosticSeverity.Warning)
          .map((diagnostic) => fixOf(document, diagnostic)),
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );

const fixOf = (document: vscode.TextDocument, diagnostic: vscode.Diagnostic): vscode.CodeAction => {
  const action = new vscode.CodeAction('Delegate to Background Agent…', vscode.CodeActionKind.QuickFix);
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
