import * as vscode from 'vscode';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { argumentsText, oneLine } from '../../ground/text/text.ts';
import { showProblem } from '../../ground/problem/problem.ts';
import { becameHere, forget, openFiles, put, registerArgumentFiles, scheme, summaryOf } from './argument-files.ts';
import { becameOf } from './became.ts';
import type { Fault } from './json-fault.ts';
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
  const became = becameHere(uri);
  if (became !== null) throw new ConnectionError('refused', became, '');
  const document = await vscode.workspace.openTextDocument(uri);
  const edited = parseEdited(summary.request, document.getText());
  if (edited.outcome === 'invalid') {
    if (edited.at !== undefined) await showPlace(uri, edited.at);
    throw new ConnectionError('refused', `Nothing was approved. ${edited.message}`, '');
  }
  const asAsked = JSON.stringify(edited.arguments) === JSON.stringify(summary.request.arguments);
  await decide(longhaul, summary, { kind: 'approved', arguments: asAsked ? null : edited.arguments });
  await closeDocument(uri);
};

const showPlace = async (uri: vscode.Uri, { line, column }: Fault): Promise<void> => {
  const place = new vscode.Position(line - 1, column - 1);
  await vscode.window.showTextDocument(uri, { preview: false, selection: new vscode.Range(place, place) });
};

const tabsOf = (wanted: (uri: vscode.Uri) => boolean): readonly vscode.Tab[] =>
  vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.scheme === scheme && wanted(input.uri));

/** Saved first: it asks nobody then. */
const closeDocument = async (uri: vscode.Uri): Promise<void> => {
  await vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString())?.save();
  await vscode.window.tabGroups.close(tabsOf((other) => other.toString() === uri.toString()));
  forget(uri);
};

/** Documents whose decision was made elsewhere meanwhile: what nobody edited is closed, what somebody did says so. */
const leaveBehind = async (longhaul: Longhaul, told: () => void): Promise<void> => {
  const open = new Set(longhaul.runs.decisions().map(({ run, request }) => `${run} ${request.id}`));
  for (const { uri, file } of openFiles()) {
    const { run, request } = file.summary;
    if (open.has(`${run} ${request.id}`)) continue;
    const document = vscode.workspace.textDocuments.find((other) => other.uri.toString() === uri.toString());
    file.became = 'This decision is no longer open.';
    if (document === undefined || document.getText() === file.asked) await closeDocument(uri);
    else {
      file.became = (await becameOf(longhaul, { run, decision: request.id })) ?? file.became;
      told();
    }
  }
};

const wholeOf = ({ lineCount }: vscode.TextDocument): vscode.Range => new vscode.Range(0, 0, lineCount, 0);

/** To the end of the line that is at fault; else all. */
const placeOf = (document: vscode.TextDocument, at: Fault | undefined): vscode.Range =>
  at === undefined
    ? wholeOf(document)
    : new vscode.Range(at.line - 1, at.column - 1, at.line - 1, document.lineAt(at.line - 1).text.length + 1);

/** The documents, what is wrong in them, and the lens that approves. */
export const registerArgumentEditor = (longhaul: Longhaul): vscode.Disposable => {
  const problems = vscode.languages.createDiagnosticCollection('longhaul');
  const check = (document: vscode.TextDocument): void => {
    const summary = document.uri.scheme === scheme ? summaryOf(document.uri) : undefined;
    if (summary === undefined) return;
    const edited = parseEdited(summary.request, document.getText());
    const became = becameHere(document.uri);
    problems.set(document.uri, [
      ...(became === null ? [] : [new vscode.Diagnostic(wholeOf(document), became)]),
      ...(edited.outcome === 'ok' ? [] : [new vscode.Diagnostic(placeOf(document, edited.at), edited.message)]),
    ]);
  };
  const redrawn = new vscode.EventEmitter<void>();
  const told = (): void => {
    redrawn.fire();
    for (const document of vscode.workspace.textDocuments) check(document);
  };
  const lenses: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: redrawn.event,
    provideCodeLenses: ({ uri }) => {
      const summary = summaryOf(uri);
      if (summary === undefined) return [];
      const { run, request } = summary;
      const target = { run, decision: request.id };
      const became = becameHere(uri);
      const over = { title: `$(circle-slash) ${became}`, command: 'longhaul.openDecision', arguments: [target] };
      const decidable: readonly vscode.Command[] = [
        { title: '$(check) Approve with These Arguments', command: 'longhaul.approveEdited', arguments: [uri] },
        { title: '$(close) Reject…', command: 'longhaul.reject', arguments: [target] },
        { title: oneLine(request.action, 100), command: 'longhaul.focusNeedsYou', tooltip: request.consequence },
      ];
      return (became === null ? decidable : [over]).map(
        (command) => new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), command),
      );
    },
  };
  // Documents of an earlier window come back without their decision.
  vscode.window.tabGroups.close(tabsOf((uri) => summaryOf(uri) === undefined)).then(undefined, showProblem);
  return vscode.Disposable.from(
    problems,
    redrawn,
    longhaul.runs.onDidChange(() => void leaveBehind(longhaul, told).catch(showProblem)),
    registerArgumentFiles(),
    vscode.languages.registerCodeLensProvider({ scheme }, lenses),
    vscode.workspace.onDidOpenTextDocument(check),
    vscode.workspace.onDidChangeTextDocument(({ document }) => check(document)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => problems.delete(uri)),
  );
};
