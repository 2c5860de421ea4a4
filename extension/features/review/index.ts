import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { whereTrusted } from '../../ground/problem/where-trusted.ts';
import { applyAccepted, applyAsBranch, applyInWorktree, undoApply } from './apply.ts';
import { ReviewComments } from './comments.ts';
import { chooseAll, chooseAtCursor, chooseFile, chooseUnit, go, setReviewed, undoAll } from './choose.ts';
import { registerCodeLens } from './code-lens.ts';
import { registerDocuments } from './documents.ts';
import { reviewInFront } from './in-front.ts';
import { registerLenses } from './lenses.ts';
import { compare, openChangesSoFar, openReviewFile, review } from './open.ts';
import { RunAuthors } from './run-authors.ts';
import { ReviewSession } from './session.ts';
import { registerTree } from './tree.ts';
import { acceptRun, discardRun, requestChanges } from './verdict.ts';

/** What the title of the view Review offers: each acts on the run that the view shows. */
const ofTheView = [
  'longhaul.applyAccepted',
  'longhaul.requestChanges',
  'longhaul.review.acceptAll',
  'longhaul.review.rejectAll',
  'longhaul.review.undoAll',
  'longhaul.applyAsBranch',
  'longhaul.applyInWorktree',
  'longhaul.undoApply',
  'longhaul.acceptRun',
  'longhaul.discardRun',
  'longhaul.review.compareRounds',
];

/** The view shows what is in front; what acts on a review is offered while one is. */
const followFront = ({ runs, log }: Longhaul, session: ReviewSession): vscode.Disposable => {
  const context = (name: string, value: boolean): void =>
    void vscode.commands.executeCommand('setContext', name, value);
  const tell = (): void => {
    const reviewed = reviewInFront(runs);
    context('longhaul.reviewing', reviewed !== null);
    if (reviewed !== null) session.show(reviewed.run).catch((error: unknown) => log.warn(String(error)));
  };
  const shown = (): void => context('longhaul.reviewShown', session.shown !== undefined);
  shown();
  tell();
  return vscode.Disposable.from(
    vscode.window.tabGroups.onDidChangeTabs(tell),
    vscode.window.tabGroups.onDidChangeTabGroups(tell),
    runs.onDidChange(tell),
    session.onDidChange(shown),
  );
};

/** Everything about reviewing a result: documents, choices, comments, the view, and what follows. Reads nothing before it is used. */
export const registerReview = (longhaul: Longhaul): vscode.Disposable => {
  const session = new ReviewSession(longhaul);
  const comments = new ReviewComments(longhaul);
  const authors = new RunAuthors(longhaul);
  const reviewing = { longhaul, session };
  const commands = registerCommands({
    'longhaul.review': (run) => review(reviewing, run),
    'longhaul.openChangesSoFar': (run) => openChangesSoFar(reviewing, run),
    'longhaul.review.openFile': (file) => openReviewFile(reviewing, file),
    'longhaul.review.compareRounds': (run) => compare(reviewing, run),
    'longhaul.review.choose': (...args) => chooseUnit(reviewing, ...args),
    'longhaul.review.acceptHunk': () => chooseAtCursor(reviewing, 'accepted'),
    'longhaul.review.rejectHunk': () => chooseAtCursor(reviewing, 'rejected'),
    'longhaul.review.undecideHunk': () => chooseAtCursor(reviewing, 'undecided'),
    'longhaul.review.acceptFile': (file) => chooseFile(reviewing, 'accepted', file),
    'longhaul.review.rejectFile': (file) => chooseFile(reviewing, 'rejected', file),
    'longhaul.review.undecideFile': (file) => chooseFile(reviewing, 'undecided', file),
    'longhaul.review.acceptAll': (run) => chooseAll(reviewing, 'accepted', run),
    'longhaul.review.rejectAll': (run) => chooseAll(reviewing, 'rejected', run),
    'longhaul.review.undoAll': (run) => undoAll(reviewing, run),
    'longhaul.review.nextHunk': () => go(reviewing, 1),
    'longhaul.review.previousHunk': () => go(reviewing, -1),
    'longhaul.review.markReviewed': (file) => setReviewed(reviewing, file, true),
    'longhaul.review.unmarkReviewed': (file) => setReviewed(reviewing, file, false),
    'longhaul.review.toggleReviewed': (file) => setReviewed(reviewing, file, 'toggle'),
    'longhaul.review.addComment': (reply) => comments.add(reply),
    'longhaul.review.removeComment': (thread) => comments.remove(thread),
    'longhaul.review.editComment': (comment) => comments.edit(comment),
    'longhaul.review.saveComment': (comment) => comments.edited(comment, true),
    'longhaul.review.cancelComment': (comment) => comments.edited(comment, false),
    'longhaul.review.deleteComment': (comment) => comments.removeOne(comment),
    'longhaul.review.resolveComment': (thread) => comments.resolve(thread, true),
    'longhaul.review.reopenComment': (thread) => comments.resolve(thread, false),
    ...whereTrusted({
      'longhaul.requestChanges': (run) => requestChanges(reviewing, comments, run),
      'longhaul.applyAccepted': (run) => applyAccepted(reviewing, run),
      'longhaul.applyAsBranch': (run) => applyAsBranch(reviewing, run),
      'longhaul.applyInWorktree': (run) => applyInWorktree(reviewing, run),
      'longhaul.undoApply': (run) => undoApply(reviewing, run),
      'longhaul.acceptRun': (run) => acceptRun(reviewing, run),
    }),
    'longhaul.discardRun': (run) => discardRun(reviewing, run),
    ...Object.fromEntries(
      ofTheView.map((id) => [`${id}.ofView`, () => vscode.commands.executeCommand(id, session.shown)]),
    ),
  });
  return vscode.Disposable.from(
    session,
    comments,
    followFront(longhaul, session),
    registerDocuments(longhaul.connection, (address) => session.atHand(address)),
    authors,
    registerLenses(session, authors),
    registerCodeLens(longhaul),
    registerTree(session),
    commands,
  );
};
