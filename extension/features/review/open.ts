import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { z } from 'zod';
import { RunId } from '../../../shared/ids.ts';
import { reviewFiles, unseenOf, type ReviewFile } from '../../../shared/review/review-file.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { pickRun } from '../../ground/ask/pick.ts';
import { doing, offer, say } from '../../ground/problem/offer.ts';
import { showProblem } from '../../ground/problem/problem.ts';
import { runArgument } from '../../ground/runs/argument.ts';
import { documentsOf, type Pair, type Place } from './documents.ts';
import { loadRounds, loadSoFar, type ReviewRound, type RoundChanges } from './round.ts';
import { nothingSaved } from './so-far.ts';
import { compareRounds } from './rounds.ts';
import { isMultiDiff, reviewInFront } from './in-front.ts';
import type { ReviewSession, Superseded } from './session.ts';
import { supersededText } from './successor.ts';
import { changesTitle, roundsText, roundText, soFarText, type RoundRef } from './title.ts';
import { isReviewNode } from './tree.ts';

/** What a review command works on. */
export interface Reviewing {
  readonly longhaul: Longhaul;
  readonly session: ReviewSession;
}

/** `among`: what there is to do it with. */
const pick = async (
  { longhaul }: Reviewing,
  title: string,
  among: (state: RunSummary) => boolean,
): Promise<RoundRef | null> => {
  const rank = ({ status }: RunSummary): number => (status === 'reviewing' ? 0 : 1);
  const state = await pickRun(longhaul, {
    title,
    none: t('No run has a result yet. It is ready for review when a round is finished.'),
    among: (states) =>
      states.filter((state) => state.result !== null && among(state)).toSorted((a, b) => rank(a) - rank(b)),
  });
  return state === undefined ? null : { run: state.id, round: null };
};

/** The run that a row, or whoever calls the command, names. */
const named = (argument: unknown): RoundRef | null => {
  const run = isReviewNode(argument) ? argument.round.run : runArgument(argument);
  return run === null ? null : { run, round: null };
};

/** The run that a command is called for; else the one in front; else the person picks one. Null: they did not. */
const reviewedFor = async (reviewing: Reviewing, argument: unknown, title: string): Promise<RoundRef | null> =>
  named(argument) ?? reviewInFront(reviewing.longhaul.runs) ?? pick(reviewing, title, isDiff);

/** What is said and no change of files cannot be decided about by file, nor applied. */
const isDiff = ({ output }: RunSummary): boolean => output === null;

/** The latest result of the run that a command is called for. Null: the person chose none, or looks at an earlier one. */
export const roundFor = async (reviewing: Reviewing, argument: unknown, title: string): Promise<ReviewRound | null> => {
  const reviewed = await reviewedFor(reviewing, argument, title);
  if (reviewed === null) return null;
  const state = reviewing.longhaul.runs.get(reviewed.run);
  if (state !== undefined && !isDiff(state)) {
    say(
      t(
        'The result of #{0} {1} is no change of files: there is nothing to apply. It is on the page of its run.',
        state.number,
        state.task.title,
      ),
    );
    return null;
  }
  // Where one has been shown it is that one which is decided about, though another is being read: the runner refuses it then.
  const shown = reviewed.round === null ? reviewing.session.loaded(reviewed.run) : undefined;
  const round = shown ?? (await reviewing.session.load(reviewed.run));
  if (reviewed.round === null || reviewed.round === round.round) return round;
  if (reviewed.round > round.round) {
    say(t('Round {0} of what is in front is not finished yet: there is nothing to decide about it.', reviewed.round));
    return null;
  }
  const successor = { by: round.round, finished: true };
  await offerNewer(reviewing, { run: reviewed.run, round: reviewed.round, successor });
  return null;
};

/** Says that a round is superseded, and offers the one that takes its place once there is one. */
export const offerNewer = async (
  reviewing: Reviewing,
  { run, round, successor }: Pick<Superseded, 'run' | 'round' | 'successor'>,
): Promise<void> => {
  await offer(
    vscode.window.showWarningMessage,
    t('{0} Nothing was done.', supersededText(round, successor)),
    successor.finished ? { [t('Review Round {0}', successor.by)]: () => review(reviewing, { run }) } : {},
  );
};

/** The run that a command is called for, whichever round of it is in front. Null: the person chose none. */
export const runFor = async (reviewing: Reviewing, argument: unknown, title: string): Promise<string | null> =>
  (await reviewedFor(reviewing, argument, title))?.run ?? null;

type Row = readonly [label: vscode.Uri, before: vscode.Uri | undefined, after: vscode.Uri | undefined];

/** A side without a version has no document: the list says then that the file was added or deleted. */
const rowOf = (pair: Pair, places: Parameters<typeof documentsOf>[1]): Row => {
  const documents = documentsOf(pair, places, false);
  const before = pair.before === null ? undefined : documents.before;
  const after = pair.after === null ? undefined : documents.after;
  return [after ?? documents.before, before, after];
};

const rowsOf = (place: Place, files: readonly Pair[]): readonly Row[] =>
  files.map((file) => rowOf(file, { before: place, after: place }));

/** Opens the multi-file diff. VS Code reads what it shows; nothing is read here. */
const openChanges = async (title: string, rows: readonly Row[]): Promise<void> => {
  // One that is open already shows the same, or what it was before.
  const open = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs);
  const same = open.filter(
    ({ label, input }) => isMultiDiff(input) && (label === title || label.startsWith(`${title} (`)),
  );
  await vscode.window.tabGroups.close(same);
  await vscode.commands.executeCommand('vscode.changes', title, rows);
  // Else the next file that somebody looks at takes its place.
  await vscode.commands.executeCommand('workbench.action.keepEditor');
};

/** Names what is no round to decide about. */
const titleOf = ({ runs }: Longhaul, run: string, what: string): string => {
  const state = runs.get(run);
  return state === undefined ? `${run} (${what})` : changesTitle(state, what);
};

/** Shows a run's latest result against its base. */
export const review = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const reviewed = named(argument) ?? (await pick(reviewing, t('Which result do you want to review?'), () => true));
  if (reviewed === null) return;
  // What is no diff is read on the page of its run.
  if ((reviewing.longhaul.runs.get(reviewed.run)?.output ?? null) !== null)
    return vscode.commands.executeCommand('longhaul.openRun', { run: reviewed.run });
  const round = await reviewing.session.open(reviewed.run);
  if (round.files.length === 0) say(t('This round changed no files.'));
  else await openPage(reviewing.session.title(round), rowsOf(round, round.changes.files), 0);
};

/** Shows what a run has changed by the time that it asks a person something. */
export const openChangesSoFar = async ({ longhaul }: Reviewing, argument: unknown): Promise<void> => {
  const run = runArgument(argument);
  const found = run === null ? null : await soFarOf(longhaul, run);
  if (run === null || found === null) return;
  const rows = rowsOf({ run, round: found.round }, found.changes.files);
  if (rows.length === 0) say(t('By now this run changes no file.'));
  else await openPage(titleOf(longhaul, run, soFarText), rows, 0);
};

/** What a run has saved of its changes for whoever it asks. Null: nothing, and why was said. Throws as the connection does. */
const soFarOf = async ({ connection }: Longhaul, run: string): Promise<RoundChanges | null> => {
  const state = await (await connection.api()).runs.get.query({ run });
  if (state.soFar !== null) return loadSoFar(connection, run);
  const last = state.result === null ? {} : { [t('Review Result')]: doing('longhaul.review', { run }) };
  // Not waited for: it may stay for long, and nothing depends on it.
  void offer(vscode.window.showInformationMessage, nothingSaved(state), last);
  return null;
};

/** Files in one diff: VS Code shows nothing of it before it has read the contents of all of them. */
const filesAtOnce = 400;

/** Opens the files from one on, and offers the next ones. The run's row lists all of them in any case. */
const openPage = async (title: string, rows: readonly Row[], from: number): Promise<void> => {
  const page = rows.slice(from, from + filesAtOnce);
  const to = from + page.length;
  await openChanges(
    page.length === rows.length ? title : t('{0}, files {1} to {2} of {3}', title, from + 1, to, rows.length),
    page,
  );
  if (to === rows.length) return;
  offer(
    vscode.window.showInformationMessage,
    t(
      '{0} files changed; this shows {1} to {2}. The row "Changed files" of the run lists all.',
      rows.length,
      from + 1,
      to,
    ),
    { [t('Show the Next Ones')]: () => openPage(title, rows, to) },
  ).catch(showProblem);
};

/**
 * Shows one file's changes; where one goes from line to line, with a line of the result in sight, and a notice in the place of an image, which
 * would take the keys away. What the two sides do not show is in the title.
 */
export const openFile = async (
  {
    round,
    file: { path, file, units },
  }: { readonly round: Place; readonly file: Pick<ReviewFile, 'path' | 'file' | 'units'> },
  line: number | null = null,
): Promise<void> => {
  const { before, after } = documentsOf(file, { before: round, after: round }, line === null);
  const one = file.before === null || file.after === null ? file.status : '';
  const title = [roundText(round.round), one, unseenOf({ units })].filter(Boolean).join(', ');
  await vscode.commands.executeCommand('vscode.diff', before, after, `${path} (${title})`, {
    // What is under review does not give way to the next file that is looked at.
    preview: false,
    ...(line === null ? {} : { selection: new vscode.Range(line, 0, line, 0) }),
  });
};

const openFileSoFar = async (longhaul: Longhaul, { run, path }: { run: string; path: string }): Promise<void> => {
  const found = await soFarOf(longhaul, run);
  if (found === null) return;
  const file = reviewFiles(found.changes, []).find((one) => one.path === path);
  if (file === undefined) say(t('By now this run does not change {0} any more.', path));
  else await openFile({ round: { run, round: found.round }, file });
};

const FileArgument = z.object({ run: RunId, path: z.string().min(1), soFar: z.boolean().default(false) });

/** Shows the changes of the file that a row stands for: one of the review's view, or one that names its run and its path. */
export const openReviewFile = async ({ longhaul, session }: Reviewing, argument: unknown): Promise<void> => {
  if (isReviewNode(argument)) return openFile(argument);
  const named = FileArgument.safeParse(argument);
  if (!named.success) return;
  const { run, path, soFar } = named.data;
  if (soFar) return openFileSoFar(longhaul, { run, path });
  const round = await session.load(run);
  const file = round.byPath.get(path);
  if (file === undefined) say(t('The latest result of this run does not change {0}.', path));
  else await openFile({ round, file });
};

/** Shows what the latest round changed in the result of an earlier one. */
export const compare = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const run = await runFor(reviewing, argument, t('Rounds of which run?'));
  if (run === null) return;
  const rounds = await loadRounds(reviewing.longhaul.connection, run);
  const later = rounds.at(-1);
  const earlier = rounds.slice(0, -1);
  if (later === undefined || earlier.length === 0)
    return say(t('This run has finished one round only; there is nothing to compare it with.'));
  const items = earlier.toReversed().map((one) => ({ label: t('Round {0}', one.round), one }));
  const chosen =
    items.length === 1
      ? items[0]
      : await vscode.window.showQuickPick(items, { title: t('Compare round {0} with which one?', later.round) });
  if (chosen === undefined) return;
  const places = { before: { run, round: chosen.one.round }, after: { run, round: later.round } };
  const rows = compareRounds(chosen.one.changes, later.changes).map((pair) => rowOf(pair, places));
  if (rows.length === 0) say(t('Both rounds have the same result.'));
  else await openChanges(titleOf(reviewing.longhaul, run, roundsText(chosen.one.round, later.round)), rows);
};
