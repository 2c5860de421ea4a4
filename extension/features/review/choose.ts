import * as vscode from 'vscode';
import { z } from 'zod';
import { say } from '../../ground/problem/offer.ts';
import { addressOf } from './address.ts';
import { choiceOf, neighbour, placeOf, unitAt, Verdict } from './choices.ts';
import { openFile, roundFor, type Reviewing } from './open.ts';
import type { Reviewed } from './session.ts';
import { isReviewNode, type ReviewNode } from './tree.ts';

const UnitArguments = z.tuple([z.custom<vscode.Uri>((value) => value instanceof vscode.Uri), z.int(), Verdict]);

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
  say('Open a file of the result under review, or select one in the view Review.');
};

/** What a CodeLens asks for: one hunk of a document. */
export const chooseUnit = async (reviewing: Reviewing, ...args: readonly unknown[]): Promise<void> => {
  const parsed = UnitArguments.safeParse(args);
  if (!parsed.success) return;
  const [uri, unit, verdict] = parsed.data;
  const reviewed = await reviewing.session.reviewed(uri);
  if (reviewed === null) return;
  await reviewing.session.choose(reviewed.round, [reviewed.file], { unit, verdict });
};

/** Chooses for the hunk at the cursor, and goes on to the next one of the file. */
export const chooseAtCursor = async (reviewing: Reviewing, verdict: Verdict): Promise<void> => {
  const found = await atCursor(reviewing);
  if (found === null) return noFile();
  const { round, file, side, editor } = found;
  const line = editor.selection.active.line;
  const unit = unitAt(file, side, line);
  if (unit === null) return say('There is no change at the cursor. Go to one with Next Change.');
  await reviewing.session.choose(round, [file], { unit, verdict });
  const next = neighbour(file, side, { line, step: 1 });
  if (next !== null && verdict !== 'undecided') show(editor, next);
};

export const chooseFile = async (reviewing: Reviewing, verdict: Verdict, argument: unknown): Promise<void> => {
  const found = await fileFor(reviewing, argument);
  if (found === null) return noFile();
  await reviewing.session.choose(found.round, [found.file], { unit: 'all', verdict });
};

export const chooseAll = async (
  reviewing: Reviewing,
  verdict: 'accepted' | 'rejected',
  argument: unknown,
): Promise<void> => {
  const what = verdict === 'accepted' ? 'Accept' : 'Reject';
  const round = await roundFor(reviewing, argument, `${what} all changes of which run?`);
  if (round === null) return;
  await reviewing.session.choose(round, round.files, { unit: 'all', verdict });
};

/** Sets or takes away the mark that a file was looked at. */
export const setReviewed = async (
  reviewing: Reviewing,
  argument: unknown,
  reviewed: boolean | 'toggle',
): Promise<void> => {
  const found = await fileFor(reviewing, argument);
  if (found === null) return noFile();
  const before = choiceOf(reviewing.session.choices(found.round.run), found.file).reviewed;
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
  if (next === undefined) return say(step === 1 ? 'This is the last change.' : 'This is the first change.');
  const hunk = step === 1 ? next.hunks[0] : next.hunks.at(-1);
  const nextSide = next.file.after === null ? 'before' : 'after';
  await openFile({ round, file: next }, hunk === undefined ? null : placeOf(hunk, nextSide).changed);
};
