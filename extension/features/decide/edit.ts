import * as vscode from 'vscode';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { argumentsText, oneLine } from '../../ground/text/text.ts';
import { forget, put, registerArgumentFiles, scheme, summaryOf } from './argument-files.ts';
import { parseEdited } from './edited.ts';
import { decide, decisionFor } from './decisions.ts';

const addressOf = ({ run, request }: DecisionSummary): vscode.Uri =>
  vscode.Uri.from({
    scheme,
    authority: run.replaceAll('_', '-'),
    path: `/${request.id}/${request.tool ?? request.kind}.json`,
  });

/** Opens the arguments in an editor of their own; they are approved from there. */
export const editArguments = async (summary: DecisionSummary): Promise<void> => {
  const uri = addressOf(summary);
  put(uri, `${argumentsText(summary.request.arguments)}\n`, summary);
  await vscode.window.showTextDocument(uri, { preview: false });
};

export const editAndApprove = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, ['call', 'budget']);
  if (summary !== undefined) await editArguments(summary);
};

/** Approves with what stands in the editor, and closes it. Throws ConnectionError where it does not fit the tool. */
export const approveEdited = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  const summary = uri === undefined ? undefined : summaryOf(uri);
  if (uri === undefined || summary === undefined)
    throw new ConnectionError('refused', 'No arguments are being edited here.', 'Begin at a decision in Needs You.');
  const document = await vscode.workspace.openTextDocument(uri);
  const edited = parseEdited(summary.request, document.getText());
  if (edited.outcome === 'invalid') throw new ConnectionError('refused', edited.message, '');
  const asAsked = JSON.stringify(edited.arguments) === JSON.stringify(summary.request.arguments);
  await decide(longhaul, summary, { kind: 'approved', arguments: asAsked ? null : edited.arguments });
  await document.save();
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());
  await vscode.window.tabGroups.close(tabs);
  forget(uri);
};

/** The documents, what is wrong in them, and the lens that approves. */
export const registerArgumentEditor = (): vscode.Disposable => {
  const problems = vscode.languages.createDiagnosticCollection('longhaul');
  const check = (document: vscode.TextDocument): void => {
    const summary = document.uri.scheme === scheme ? summaryOf(document.uri) : undefined;
    if (summary === undefined) return;
    const edited = parseEdited(summary.request, document.getText());
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    problems.set(document.uri, edited.outcome === 'ok' ? [] : [new vscode.Diagnostic(whole, edited.message)]);
  };
  const lenses: vscode.CodeLensProvider = {
    provideCodeLenses: ({ uri }) => {
      const summary = summaryOf(uri);
      if (summary === undefined) return [];
      const { run, request } = summary;
      const commands: readonly vscode.Command[] = [
        { title: '$(check) Approve with These Arguments', command: 'longhaul.approveEdited', arguments: [uri] },
        { title: '$(close) Reject…', command: 'longhaul.reject', arguments: [{ run, decision: request.id }] },
        { title: oneLine(request.action, 100), command: 'longhaul.focusNeedsYou', tooltip: request.consequence },
      ];
      return commands.map((command) => new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), command));
    },
  };
  return vscode.Disposable.from(
    problems,
    registerArgumentFiles(),
    vscode.languages.registerCodeLensProvider({ scheme }, lenses),
    vscode.workspace.onDidOpenTextDocument(check),
    vscode.workspace.onDidChangeTextDocument(({ document }) => check(document)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => problems.delete(uri)),
  );
};
