import * as vscode from 'vscode';
import { addressOf } from './address.ts';
import { decisionOf, neighbour, placeOf, unitAt, type Verdict } from './decisions.ts';
import { openFile, roundFor, type Reviewing } from './open.ts';
import type { Reviewed } from './session.ts';
import { isReviewNode, type ReviewNode } from './tree.ts';

const verdicts: ReadonlySet<unknown> = new Set<Verdict>(['accepted', 'rejected', 'undecided']);
const isVerdict = (value: unknown): value is Verdict => verdicts.has(value);

/** The review document with the cursor. */
const atCursor = async ({ session }: Reviewing): Promise<(Reviewed & { editor: vscode.TextEditor }) | null> => {
  const editor = vscode.window.activeTextEditor;
  const reviewed = editor === undefined ? null : await session.reviewed(editor.document.uri);
  return editor === undefined || reviewed === null ? null : { ...reviewed, editor };
};

/** The file of a tree's node, of a document's address, or at the cursor. Null: there is none under review. */
const fileFor = async (reviewing: Reviewing, argument: unknown): Promise<ReviewNode | null> => {
  if (isReviewNode(argument)) return argument;
  return argument instanceof vscode.Uri && addressOf(argument) !== null
    ? reviewing.session.reviewed(argument)
    : atCursor(reviewing);
};

const noFile = (): void => {
  void vscode.window.showInformationMessage(
    'Open a file of the result under review, or select one in the view Review.',
  );
};

/** What a CodeLens asks for: one hunk of a document. */
export const decideUnit = async (reviewing: Reviewing, ...args: readonly unknown[]): Promise<void> => {
  const [uri, unit, verdict] = args;
  if (!(uri instanceof vscode.Uri) || typeof unit !== 'number' || !isVerdict(verdict)) return;
  const reviewed = await reviewing.session.reviewed(uri);
  if (reviewed === null) return;
  await reviewing.session.decide(reviewed.round, [reviewed.file], { unit, verdict });
};

/** Decides the hunk at the cursor, and goes on to the next one of the file. */
export const decideAtCursor = async (reviewing: Reviewing, verdict: Verdict): Promise<void> => {
  const found = await atCursor(reviewing);
  if (found === null) return noFile();
  const { round, file, side, editor } = found;
  const line = editor.selection.active.line;
  const unit = unitAt(file, side, line);
  if (unit === null) {
    void vscode.window.showInformationMessage('There is no change at the cursor. Go to one with Next Change.');
    return;
  }
  await reviewing.session.decide(round, [file], { unit, verdict });
  const next = neighbour(file, side, { line, step: 1 });
  if (next !== null && verdict !== 'undecided') show(editor, next);
};

export const decideFile = async (reviewing: Reviewing, verdict: Verdict, argument: unknown): Promise<void> => {
  const found = await fileFor(reviewing, argument);
  if (found === null) return noFile();
  await reviewing.session.decide(found.round, [found.file], { unit: 'all', verdict });
};

export const decideAll = async (
  reviewing: Reviewing,
  verdict: 'accepted' | 'rejected',
  argument: unknown,
): Promise<void> => {
  const what = verdict === 'accepted' ? 'Accept' : 'Reject';
  const round = await roundFor(reviewing, argument, `${what} all changes of which run?`);
  if (round === null) return;
  await reviewing.session.decide(round, round.files, { unit: 'all', verdict });
};

/** Sets or takes away the mark that a file was looked at. */
export const setReviewed = async (
  reviewing: Reviewing,
  argument: unknown,
  reviewed: boolean | 'toggle',
): Promise<void> => {
  const found = await fileFor(reviewing, argument);
  if (found === null) return noFile();
  const before = decisionOf(reviewing.session.decisions(found.round.run), found.file).reviewed;
  await reviewing.session.markReviewed(found.round, found.file, reviewed === 'toggle' ? !before : reviewed);
};

const show = (editor: vscode.TextEditor, line: number): void => {
  editor.selection = new vscode.Selection(line, 0, line, 0);
  editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
};

/** Goes to the next or previous change, at the end of a file to the next file. */
export const go = async (reviewing: Reviewing, step: 1 | -1): Promise<void> => {
  const found = await atCursor(reviewing);
  if (found === null) return noFile();
  const { round, file, side, editor } = found;
  const line = neighbour(file, side, { line: editor.selection.active.line, step });
  if (line !== null) return show(editor, line);
  const next = round.files[round.files.indexOf(file) + step];
  if (next === undefined) {
    void vscode.window.showInformationMessage(step === 1 ? 'This is the last change.' : 'This is the first change.');
    return;
  }
  const hunk = step === 1 ? next.hunks[0] : next.hunks.at(-1);
  const nextSide = next.file.after === null ? 'before' : 'after';
  await openFile({ round, file: next }, hunk === undefined ? null : placeOf(hunk, nextSide).changed);
};
