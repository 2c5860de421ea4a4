import * as vscode from 'vscode';
import type { Longhaul } from '../context.ts';
import { registerCommand } from '../problem.ts';
import { applyAccepted, applyAsBranch, applyInWorktree, undoApply } from './apply.ts';
import { ReviewComments } from './comments.ts';
import { decideAll, decideAtCursor, decideFile, decideUnit, go, setReviewed } from './decide.ts';
import { ReviewDocuments } from './documents.ts';
import { ReviewLenses } from './lenses.ts';
import { compare, openChangesSoFar, openReviewFile, review } from './open.ts';
import { ReviewSession } from './session.ts';
import { ReviewTree } from './tree.ts';
import { acceptRun, discardRun, requestChanges } from './verdict.ts';

/** Everything about reviewing a result: documents, decisions, comments, the view, and what follows. Reads nothing before it is used. */
export const registerReview = (longhaul: Longhaul): vscode.Disposable => {
  const session = new ReviewSession(longhaul);
  const comments = new ReviewComments(longhaul);
  const reviewing = { longhaul, session };
  void vscode.commands.executeCommand('setContext', 'longhaul.reviewing', session.current !== undefined);
  const commands: Readonly<Record<string, (...args: readonly unknown[]) => Promise<void> | void>> = {
    'longhaul.review': (run) => review(reviewing, run),
    'longhaul.openChangesSoFar': (run) => openChangesSoFar(reviewing, run),
    'longhaul.review.openFile': (file) => openReviewFile(reviewing, file),
    'longhaul.review.compareRounds': (run) => compare(reviewing, run),
    'longhaul.review.decide': (...args) => decideUnit(reviewing, ...args),
    'longhaul.review.acceptHunk': () => decideAtCursor(reviewing, 'accepted'),
    'longhaul.review.rejectHunk': () => decideAtCursor(reviewing, 'rejected'),
    'longhaul.review.undecideHunk': () => decideAtCursor(reviewing, 'undecided'),
    'longhaul.review.acceptFile': (file) => decideFile(reviewing, 'accepted', file),
    'longhaul.review.rejectFile': (file) => decideFile(reviewing, 'rejected', file),
    'longhaul.review.undecideFile': (file) => decideFile(reviewing, 'undecided', file),
    'longhaul.review.acceptAll': () => decideAll(reviewing, 'accepted'),
    'longhaul.review.rejectAll': () => decideAll(reviewing, 'rejected'),
    'longhaul.review.nextHunk': () => go(reviewing, 1),
    'longhaul.review.previousHunk': () => go(reviewing, -1),
    'longhaul.review.markReviewed': (file) => setReviewed(reviewing, file, true),
    'longhaul.review.unmarkReviewed': (file) => setReviewed(reviewing, file, false),
    'longhaul.review.toggleReviewed': (file) => setReviewed(reviewing, file, 'toggle'),
    'longhaul.review.addComment': (reply) => comments.add(reply),
    'longhaul.review.removeComment': (thread) => comments.remove(thread),
    'longhaul.review.resolveComment': (thread) => comments.resolve(thread, true),
    'longhaul.review.reopenComment': (thread) => comments.resolve(thread, false),
    'longhaul.requestChanges': (run) => requestChanges(reviewing, comments, run),
    'longhaul.applyAccepted': (run) => applyAccepted(reviewing, run),
    'longhaul.applyAsBranch': (run) => applyAsBranch(reviewing, run),
    'longhaul.applyInWorktree': (run) => applyInWorktree(reviewing, run),
    'longhaul.undoApply': (run) => undoApply(reviewing, run),
    'longhaul.acceptRun': (run) => acceptRun(reviewing, run),
    'longhaul.discardRun': (run) => discardRun(reviewing, run),
  };
  return vscode.Disposable.from(
    session,
    comments,
    new ReviewDocuments(longhaul.connection, (address) => session.atHand(address)),
    new ReviewLenses(session),
    new ReviewTree(session),
    ...Object.entries(commands).map(([id, run]) => registerCommand(id, run)),
  );
};
