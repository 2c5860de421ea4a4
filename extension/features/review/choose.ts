import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { z } from 'zod';
import { offer, say } from '../../ground/problem/offer.ts';
import { addressOf } from './address.ts';
import { choiceOf, toggled, Verdict, verdictOf } from './choices.ts';
import type { Place } from './documents.ts';
import { offerNewer, openFile, roundFor, type Reviewing } from './open.ts';
import { lineOf, neighbour, unitsAt } from './places.ts';
import type { Reviewed } from './session.ts';
import { isReviewNode, type ReviewNode } from './tree.ts';

const UnitArguments = z.tuple([z.custom<vscode.Uri>((value) => value instanceof vscode.Uri), z.string(), Verdict]);

/** The file that a document shows. Null: it is of none that is under review, which was said. */
const reviewedIn = async ({ longhaul, session }: Reviewing, uri: vscode.Uri | undefined): Promise<Reviewed | null> => {
  const reviewed = uri === undefined ? null : await session.reviewed(uri);
  if (reviewed?.kind === 'reviewed') return reviewed;
  if (reviewed === null) say(t('Open a file of the result under review, or select one in the view Review.'));
  else await offerNewer({ longhaul, session }, reviewed);
  return null;
};

/** The review document with the cursor. */
const atCursor = async (reviewing: Reviewing): Promise<(Reviewed & { editor: vscode.TextEditor }) | null> => {
  const editor = vscode.window.activeTextEditor;
  const reviewed = await reviewedIn(reviewing, editor?.document.uri);
  return editor === undefined || reviewed === null ? null : { ...reviewed, editor };
};

/** Whether a round is the one to decide about; if not, that was said. */
const isOpen = async (reviewing: Reviewing, { run, round }: Place): Promise<boolean> => {
  const successor = reviewing.session.successor({ run, round });
  if (successor !== null) await offerNewer(reviewing, { run, round, successor });
  return successor === null;
};

/** The file of a tree's node, of a document's address, or at the cursor. Null: there is none under review, which was said. */
const fileFor = async (reviewing: Reviewing, argument: unknown): Promise<ReviewNode | null> => {
  if (isReviewNode(argument)) return (await isOpen(reviewing, argument.round)) ? argument : null;
  return argument instanceof vscode.Uri && addressOf(argument) !== null
    ? reviewedIn(reviewing, argument)
    : atCursor(reviewing);
};

/** What a CodeLens asks for: one unit of a document's file. */
export const chooseUnit = async (reviewing: Reviewing, ...args: readonly unknown[]): Promise<void> => {
  const parsed = UnitArguments.safeParse(args);
  if (!parsed.success) return;
  const [uri, id, verdict] = parsed.data;
  const reviewed = await reviewedIn(reviewing, uri);
  const unit = reviewed?.file.units.find((one) => one.id === id);
  if (reviewed === null || unit === undefined) return;
  await reviewing.session.choose(reviewed.round, [reviewed.file], { unit, verdict });
};

/** Chooses for the change at the cursor, of several for the first that is not so yet, and goes on to the next one of the file. */
export const chooseAtCursor = async (reviewing: Reviewing, verdict: Verdict): Promise<void> => {
  const found = await atCursor(reviewing);
  if (found === null) return;
  const { round, file, side, editor } = found;
  const line = editor.selection.active.line;
  const choice = choiceOf(reviewing.session.choices(round.run), file);
  const here = unitsAt(file, side, line);
  const open = here.filter((unit) => verdictOf(choice, unit) !== verdict);
  const [unit] = open;
  if (here.length === 0) return say(t('There is no change at the cursor. Go to one with Next Change.'));
  if (unit !== undefined) await reviewing.session.choose(round, [file], { unit, verdict });
  const next = open.length > 1 ? null : neighbour(file, side, { line, step: 1 });
  if (next !== null && verdict !== 'undecided') show(editor, next);
};

export const chooseFile = async (reviewing: Reviewing, verdict: Verdict, argument: unknown): Promise<void> => {
  const found = await fileFor(reviewing, argument);
  if (found === null) return;
  await reviewing.session.choose(found.round, [found.file], { unit: 'all', verdict });
};

export const chooseAll = async (
  reviewing: Reviewing,
  verdict: 'accepted' | 'rejected',
  argument: unknown,
): Promise<void> => {
  const accepts = verdict === 'accepted';
  const which = accepts ? t('Accept all changes of which run?') : t('Reject all changes of which run?');
  const round = await roundFor(reviewing, argument, which);
  if (round === null || !(await isOpen(reviewing, round))) return;
  await reviewing.session.chooseAll(round, verdict);
  const changes = round.files.reduce((sum, { units }) => sum + units.length, 0);
  const title = reviewing.session.title(round);
  const one = accepts
    ? t('{0}: 1 change accepted. Nothing is applied yet.', title)
    : t('{0}: 1 change rejected. Nothing is applied yet.', title);
  const many = accepts
    ? t('{0}: {1} changes accepted. Nothing is applied yet.', title, changes)
    : t('{0}: {1} changes rejected. Nothing is applied yet.', title, changes);
  // Not waited for: it may stay for long, and nothing depends on it.
  void offer(vscode.window.showInformationMessage, changes === 1 ? one : many, {
    [t('Undo')]: () => undoAll(reviewing, round.run),
  });
};

/** Brings back what was chosen before all was accepted or rejected. */
export const undoAll = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const round = await roundFor(reviewing, argument, t('Take back what was chosen for all changes of which run?'));
  if (round === null || !(await isOpen(reviewing, round))) return;
  if (!(await reviewing.session.undoAll(round)))
    say(t('{0}: nothing was accepted or rejected as a whole in this window.', reviewing.session.title(round)));
};

/** Sets or takes away the mark that a file was looked at. */
export const setReviewed = async (
  reviewing: Reviewing,
  argument: unknown,
  reviewed: boolean | 'toggle',
): Promise<void> => {
  const found = await fileFor(reviewing, argument);
  if (found === null) return;
  const choice = choiceOf(reviewing.session.choices(found.round.run), found.file);
  await reviewing.session.markReviewed(found.round, found.file, reviewed === 'toggle' ? toggled(choice) : reviewed);
};

const show = (editor: vscode.TextEditor, line: number): void => {
  editor.selection = new vscode.Selection(line, 0, line, 0);
  editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
};

/** Goes to the next or previous change, at the end of a file to the next file. */
export const go = async (reviewing: Reviewing, step: 1 | -1): Promise<void> => {
  const found = await atCursor(reviewing);
  if (found === null) return;
  const { round, file, side, editor } = found;
  const line = neighbour(file, side, { line: editor.selection.active.line, step });
  if (line !== null) return show(editor, line);
  const next = round.files[round.files.indexOf(file) + step];
  if (next === undefined) return say(step === 1 ? t('This is the last change.') : t('This is the first change.'));
  const unit = step === 1 ? next.units[0] : next.units.at(-1);
  await openFile({ round, file: next }, unit === undefined ? null : lineOf(next, unit, 'after'));
};
