import { homedir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { AcceptedFile, Applied } from '../../../shared/api/runner-api.ts';
import { mayHaveWritten } from '../../../shared/api/written.ts';
import { visible } from '../../../shared/text/clean.ts';
import { acceptedFiles, decideRest, tallyOf } from './decisions.ts';
import { reviewInFront } from './in-front.ts';
import { review, roundFor, runFor, type Reviewing } from './open.ts';
import { appliedSummary, branchName, firstConflict, troubled } from './outcome.ts';
import { perform, targetOf } from './perform.ts';
import type { ReviewRound } from './round.ts';

/** What the person accepted of the result they saw. */
interface Accepted {
  readonly round: ReviewRound;
  readonly part: { readonly accepted: AcceptedFile[]; readonly patch: string };
}

/** Asks about what is not decided yet. Null: the person turned back, and nothing was decided; or there is nothing to apply. */
const acceptedOf = async (reviewing: Reviewing, argument: unknown): Promise<Accepted | null> => {
  const { session } = reviewing;
  const round = await roundFor(reviewing, argument, 'Apply the result of which run?');
  if (round === null) return null;
  const rest = await whetherTheRest(reviewing, round);
  if (rest === null) return null;
  const decisions = session.decisions(round.run);
  const files = acceptedFiles(rest ? decideRest(decisions, round.files, 'accepted') : decisions, round.files);
  if (files.length === 0) {
    void vscode.window.showInformationMessage(
      `${session.title(round)}: every change was rejected; there is nothing to apply.`,
    );
    return null;
  }
  if (!(await stillWanted(session.title(round), round, files))) return null;
  if (rest) await session.decideRest(round, 'accepted');
  return { round, part: { accepted: files, patch: round.changes.patch } };
};

/** Whether what is undecided is to be accepted with what is. Null: the person wants to look at it first. */
const whetherTheRest = async (reviewing: Reviewing, round: ReviewRound): Promise<boolean | null> => {
  const { session } = reviewing;
  const { accepted, rejected, undecided } = tallyOf(session.decisions(round.run), round.files);
  if (undecided === 0) return false;
  const only = 'Apply Accepted Only';
  const look = 'Show Changes';
  const rest = accepted > 0 || rejected > 0 ? 'Accept the Rest and Apply' : 'Accept All and Apply';
  // The first is what Enter does: never more than the person has decided.
  const chosen = await vscode.window.showWarningMessage(
    `${session.title(round)}: ${undecided} of ${accepted + rejected + undecided} changes are undecided.`,
    { modal: true, detail: 'Only accepted changes are applied.' },
    accepted > 0 ? only : look,
    rest,
  );
  const inFront = reviewInFront(reviewing.longhaul.runs)?.run === round.run;
  if (chosen === look && !inFront) await review(reviewing, { run: round.run });
  return chosen === only ? false : chosen === rest ? true : null;
};

/** Files that a dialog names; the view Review marks all of them. */
const mostNamed = 8;

/** Shows what runs, or hides, or leads elsewhere by lying there, before it does lie there. False: the person turned back. */
const stillWanted = async (
  title: string,
  { cautions }: ReviewRound,
  files: readonly AcceptedFile[],
): Promise<boolean> => {
  const marked = files.flatMap(({ path: file }) => {
    const why = cautions.get(file);
    return why === undefined ? [] : [`${visible(file)}: ${why.join(' ')}`];
  });
  if (marked.length === 0) return true;
  const more = marked.length > mostNamed ? [`… and ${marked.length - mostNamed} more`] : [];
  const apply = 'Apply';
  const chosen = await vscode.window.showWarningMessage(
    `${title}: ${marked.length === 1 ? '1 file needs a closer look.' : `${marked.length} files need a closer look.`}`,
    { modal: true, detail: [...marked.slice(0, mostNamed), ...more].join('\n\n') },
    apply,
  );
  return chosen === apply;
};

/** Unsaved text would be in the way of what is written to the disk. False: the person does not want to save it. */
const saved = async (title: string, repository: string, files: readonly AcceptedFile[]): Promise<boolean> => {
  const places = new Set(files.map((file) => path.join(repository, file.path)));
  const dirty = vscode.workspace.textDocuments.filter(({ isDirty, uri }) => isDirty && places.has(uri.fsPath));
  if (dirty.length === 0) return true;
  const save = 'Save and Apply';
  const chosen = await vscode.window.showWarningMessage(
    `${title}: ${dirty.length === 1 ? '1 file' : `${dirty.length} files`} that the result changes ${dirty.length === 1 ? 'has' : 'have'} unsaved changes.`,
    { modal: true, detail: 'They are merged with the result once they are saved.' },
    save,
  );
  if (chosen !== save) return false;
  return (await Promise.all(dirty.map((document) => document.save()))).every(Boolean);
};

const stateOf = async ({ longhaul }: Reviewing, run: string) => {
  const known = longhaul.runs.get(run);
  return known ?? (await (await longhaul.connection.api()).runs.get.query({ run }));
};

const named = ({ longhaul }: Reviewing, run: string): string => {
  const state = longhaul.runs.get(run);
  return state === undefined ? run : `#${state.number} ${state.task.title}`;
};

/** Applies the accepted changes, and nothing else, to the working tree; opens the first conflict. */
export const applyAccepted = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const accepted = await acceptedOf(reviewing, argument);
  if (accepted === null) return;
  const { run } = accepted.round;
  const { part } = accepted;
  const title = reviewing.session.title(accepted.round);
  const state = await stateOf(reviewing, run);
  const target = await targetOf(reviewing.longhaul, state);
  if (target === null || !(await saved(title, target.repository, part.accepted))) return;
  const applied = await perform(reviewing.longhaul, target, { run, how: { kind: 'worktree', dryRun: false, ...part } });
  await openConflict(applied);
  void tellApplied(reviewing, applied, { run, reviewing: state.status === 'reviewing' });
};

const tellApplied = async (
  reviewing: Reviewing,
  applied: Applied,
  { run, reviewing: open }: { readonly run: string; readonly reviewing: boolean },
): Promise<void> => {
  const trouble = troubled(applied).length > 0;
  const said = `${named(reviewing, run)}: ${appliedSummary(applied)}`;
  const tell = trouble ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  const actions = [
    'Show Files',
    ...(mayHaveWritten(applied) ? ['Undo'] : []),
    ...(open && !trouble ? ['Accept Run'] : []),
  ];
  const chosen = await tell(said, ...actions);
  if (chosen === 'Show Files') await showFiles(applied);
  if (chosen === 'Undo') await vscode.commands.executeCommand('longhaul.undoApply', run);
  if (chosen === 'Accept Run') await vscode.commands.executeCommand('longhaul.acceptRun', run);
};

const outcomes = {
  written: '$(check) written',
  merged: '$(git-merge) merged with your changes',
  already: '$(dash) was there already',
  conflict: '$(warning) conflict',
  refused: '$(circle-slash) left as it is',
} as const;

const showFiles = async ({ target, files }: Applied): Promise<void> => {
  const items = files.map((file) => ({
    label: file.path,
    description: outcomes[file.outcome],
    ...(file.reason === '' ? {} : { detail: file.reason }),
    file,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'What became of each file',
    matchOnDescription: true,
  });
  if (chosen !== undefined) await vscode.window.showTextDocument(vscode.Uri.file(path.join(target, chosen.label)));
};

/** Conflicts with markers are ordinary ones, which the editor knows how to resolve. */
const openConflict = async (applied: Applied): Promise<void> => {
  if (applied.how !== 'worktree') return;
  for (const file of applied.files.filter(({ outcome }) => outcome === 'conflict')) {
    const uri = vscode.Uri.file(path.join(applied.target, file.path));
    const content = await vscode.workspace.fs.readFile(uri).then(
      (bytes) => new TextDecoder().decode(bytes),
      () => null,
    );
    const line = content === null ? null : firstConflict(content);
    if (line === null) continue;
    await vscode.window.showTextDocument(uri, { selection: new vscode.Range(line, 0, line, 0) });
    return;
  }
};

const askBranch = (title: string, value: string): Thenable<string | undefined> =>
  vscode.window.showInputBox({
    title: `${title}: Apply as a New Branch`,
    prompt: 'The accepted changes become a commit on this branch. Your working tree stays as it is.',
    value,
    valueSelection: [value.indexOf('/') + 1, value.length],
    validateInput: (name) => (name.trim() === '' ? 'A branch needs a name.' : null),
  });

export const applyAsBranch = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const accepted = await acceptedOf(reviewing, argument);
  if (accepted === null) return;
  const { run } = accepted.round;
  const state = await stateOf(reviewing, run);
  const target = await targetOf(reviewing.longhaul, state);
  const branch =
    target === null
      ? undefined
      : await askBranch(reviewing.session.title(accepted.round), branchName(state.number, state.task.title));
  if (target === null || branch === undefined) return;
  const how = { kind: 'branch', branch: branch.trim(), ...accepted.part } as const;
  const applied = await perform(reviewing.longhaul, target, { run, how });
  void vscode.window.showInformationMessage(`${named(reviewing, run)}: ${appliedSummary(applied)}`);
};

const absolute = (typed: string): string =>
  typed.startsWith('~') ? path.join(homedir(), typed.slice(1)) : path.normalize(typed);

export const applyInWorktree = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const accepted = await acceptedOf(reviewing, argument);
  if (accepted === null) return;
  const { run } = accepted.round;
  const state = await stateOf(reviewing, run);
  const target = await targetOf(reviewing.longhaul, state);
  if (target === null) return;
  const branch = branchName(state.number, state.task.title);
  const { repository } = target;
  const typed = await vscode.window.showInputBox({
    title: `${reviewing.session.title(accepted.round)}: Apply in a New Worktree`,
    prompt: `The accepted changes are committed on the branch ${branch} and checked out in this folder.`,
    value: path.join(path.dirname(repository), `${path.basename(repository)}-${branch.replaceAll('/', '-')}`),
    validateInput: (value) => (path.isAbsolute(absolute(value)) ? null : 'Name the whole path of a new folder.'),
  });
  if (typed === undefined) return;
  const folder = absolute(typed);
  const how = { kind: 'new-worktree', branch, path: folder, ...accepted.part } as const;
  const applied = await perform(reviewing.longhaul, target, { run, how });
  const open = 'Open in New Window';
  const chosen = await vscode.window.showInformationMessage(
    `${named(reviewing, run)}: ${appliedSummary(applied)} It is in ${folder}.`,
    open,
  );
  if (chosen === open) await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(folder), true);
};

/** Takes the last application of a run back. Files that were changed since stay as they are, and are told. */
export const undoApply = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const run = await runFor(reviewing, argument, 'Take the application of which run back?');
  if (run === null) return;
  const target = await targetOf(reviewing.longhaul, await stateOf(reviewing, run));
  if (target === null) return;
  const applied = await perform(reviewing.longhaul, target, { run, how: { kind: 'undo' } });
  const trouble = troubled(applied);
  const said = `${named(reviewing, run)}: ${appliedSummary(applied)}`;
  if (trouble.length === 0) void vscode.window.showInformationMessage(said);
  else {
    const chosen = await vscode.window.showWarningMessage(said, 'Show Files');
    if (chosen === 'Show Files') await showFiles(applied);
  }
};
