import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { DecisionRequest, Json } from '../../../shared/decision/decision.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { exactArguments } from '../../../shared/text/clean.ts';
import { besides, fieldOf, withField, type Field } from '../../ground/decision/field.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { argumentsText } from '../../ground/text/text.ts';
import { showProblem } from '../../ground/problem/problem.ts';
import {
  argumentsIn,
  becameHere,
  forget,
  openFiles,
  put,
  registerArgumentFiles,
  scheme,
  type ArgumentFile,
} from './argument-files.ts';
import { becameOf } from './became.ts';
import type { Fault } from './json-fault.ts';
import { parseEdited, parseEditedField, type Edited } from './edited.ts';
import { decide, decisionFor } from './decisions.ts';

const addressOf = ({ run, request }: DecisionSummary, field: Field | null): vscode.Uri =>
  vscode.Uri.from({
    scheme,
    authority: run.replaceAll('_', '-'),
    path: `/${request.id}/${field?.file ?? `${request.tool ?? request.kind}.json`}`,
  });

/** Opens the field that matters in an editor of its own, or all arguments as JSON; they are approved from there. */
export const editArguments = async (summary: DecisionSummary): Promise<void> => {
  const field = fieldOf(summary.request);
  if (field === null) return editJson(summary, summary.request.arguments);
  const uri = addressOf(summary, field);
  put(uri, field.text, { summary, field });
  const document = await vscode.workspace.openTextDocument(uri);
  // Settings of a person's own, such as another encoding, may read it as another text: nobody may approve that.
  if (document.getText() === field.text) await vscode.window.showTextDocument(document, { preview: false });
  else await editJson(summary, summary.request.arguments);
};

const editJson = async (summary: DecisionSummary, args: Json): Promise<void> => {
  const uri = addressOf(summary, null);
  put(uri, `${argumentsText(args)}\n`, { summary, field: null });
  await vscode.window.showTextDocument(uri, { preview: false });
};

/** From a document that holds one field to one that holds all arguments, with what was edited. Throws ConnectionError where there is none. */
export const editAllArguments = async (argument: unknown): Promise<void> => {
  const { uri, summary, field } = editedHere(argument);
  if (field === null) return;
  const document = await vscode.workspace.openTextDocument(uri);
  await editJson(summary, withField(summary.request.arguments, field.name, document.getText()));
  await closeDocument(uri);
};

/** The document that a command is called for: one that is named, or the one in front. */
const editedHere = (argument: unknown): Pick<ArgumentFile, 'summary' | 'field'> & { readonly uri: vscode.Uri } => {
  const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  const found = uri === undefined ? undefined : argumentsIn(uri);
  if (uri === undefined || found === undefined)
    throw new ConnectionError(
      'refused',
      t('No arguments are being edited here.'),
      t('Begin at a decision in Needs You.'),
    );
  return { uri, ...found };
};

const parseFile = ({ summary, field }: Pick<ArgumentFile, 'summary' | 'field'>, text: string): Edited =>
  field === null ? parseEdited(summary.request, text) : parseEditedField(summary.request, field, text);

export const editAndApprove = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, ['call', 'budget']);
  if (summary !== undefined) await editArguments(summary);
};

/** Approves with what stands in the editor, and closes it. Throws ConnectionError where it does not fit the tool. */
export const approveEdited = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const { uri, summary, field } = editedHere(argument);
  const became = becameHere(uri);
  if (became !== null) throw new ConnectionError('refused', became, '');
  const document = await vscode.workspace.openTextDocument(uri);
  const edited = parseFile({ summary, field }, document.getText());
  if (edited.outcome === 'invalid') {
    if (edited.at !== undefined) await showPlace(uri, edited.at);
    throw new ConnectionError('refused', t('Nothing was approved. {0}', edited.message), '');
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
    file.became = t('This decision is no longer open.');
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

/** What goes along with the field, and the way to edit that, too. */
const allArguments = (uri: vscode.Uri, { arguments: args }: DecisionRequest, { name }: Field): vscode.Command => {
  const others = exactArguments(besides(args, name));
  return {
    title: `$(json) ${others === '' ? t('As JSON') : t('With {0}', oneLine(others, 160))}`,
    command: 'longhaul.editAllArguments',
    tooltip: t('Edit all arguments as JSON'),
    arguments: [uri],
  };
};

const approveWith: Readonly<Record<Field['name'], string>> = {
  content: t('Approve with This Content'),
  new: t('Approve with This Text'),
  command: t('Approve with This Command'),
  patch: t('Approve with This Patch'),
};

/** The documents, what is wrong in them, and the lens that approves. */
export const registerArgumentEditor = (longhaul: Longhaul): vscode.Disposable => {
  const problems = vscode.languages.createDiagnosticCollection('longhaul');
  const check = (document: vscode.TextDocument): void => {
    const found = document.uri.scheme === scheme ? argumentsIn(document.uri) : undefined;
    if (found === undefined) return;
    const edited = parseFile(found, document.getText());
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
      const found = argumentsIn(uri);
      if (found === undefined) return [];
      const { field } = found;
      const { run, request } = found.summary;
      const target = { run, decision: request.id };
      const became = becameHere(uri);
      const over = { title: `$(circle-slash) ${became}`, command: 'longhaul.openDecision', arguments: [target] };
      const decidable: readonly vscode.Command[] = [
        {
          title: `$(check) ${field === null ? t('Approve with These Arguments') : approveWith[field.name]}`,
          command: 'longhaul.approveEdited',
          arguments: [uri],
        },
        { title: `$(close) ${t('Reject…')}`, command: 'longhaul.reject', arguments: [target] },
        ...(field === null ? [] : [allArguments(uri, request, field)]),
        { title: oneLine(request.action, 100), command: 'longhaul.focusNeedsYou', tooltip: request.consequence },
      ];
      return (became === null ? decidable : [over]).map(
        (command) => new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), command),
      );
    },
  };
  // Documents of an earlier window come back without their decision.
  vscode.window.tabGroups.close(tabsOf((uri) => argumentsIn(uri) === undefined)).then(undefined, showProblem);
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
