import { homedir } from 'node:os';
import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { AcceptedFile, Applied } from '../../../shared/api/runner-api.ts';
import { mayHaveWritten } from '../../../shared/api/written.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { visible } from '../../../shared/text/clean.ts';
import { stateOf } from '../../ground/ask/pick.ts';
import { doing, offer, say, type Deeds } from '../../ground/problem/offer.ts';
import { showProblem } from '../../ground/problem/problem.ts';
import { acceptedFiles, choose, tallyOf } from './choices.ts';
import { reviewInFront } from './in-front.ts';
import { review, roundFor, runFor, type Reviewing } from './open.ts';
import { appliedSummary, branchName, firstConflict, troubled } from './outcome.ts';
import { perform, targetOf, type Target } from './perform.ts';
import type { ReviewRound } from './round.ts';

/** What the person accepted of the result they saw, and where it goes. */
interface Accepted {
  readonly title: string;
  readonly state: RunSummary;
  readonly target: Target;
  readonly part: { readonly accepted: AcceptedFile[]; readonly patch: string };
  readonly round: number;
  /** Every change of the result was accepted. */
  readonly whole: boolean;
  /** Where it may change something, from the root of the repository. */
  readonly paths: readonly string[];
}

/** Asks about what is undecided, and where to. Null: the person turned back, and nothing was chosen for them; or there is nothing to apply. */
const acceptedOf = async (reviewing: Reviewing, argument: unknown): Promise<Accepted | null> => {
  const { session, longhaul } = reviewing;
  const round = await roundFor(reviewing, argument, t('Apply the result of which run?'));
  if (round === null) return null;
  const title = session.title(round);
  const rest = await whetherTheRest(reviewing, round);
  if (rest === null) return null;
  const theRest = { unit: 'rest', verdict: 'accepted' } as const;
  const choices = session.choices(round.run);
  const accepted = acceptedFiles(rest ? choose(choices, round.files, theRest) : choices, round.files);
  if (accepted.length === 0) {
    say(t('{0}: every change was rejected; there is nothing to apply.', title));
    return null;
  }
  if (!(await stillWanted(title, round, accepted))) return null;
  if (rest) await session.choose(round, round.files, theRest);
  const state = await stateOf(longhaul, round.run);
  const target = await targetOf(longhaul, state);
  const touched = accepted.flatMap(({ path: file }) => {
    const { before, after } = round.byPath.get(file)?.file ?? { before: null, after: null };
    return [before, after].flatMap((version) => (version === null ? [] : [version.path]));
  });
  const whole = accepted.length === round.files.length && accepted.every(({ units }) => units === null);
  return (
    target && {
      title,
      state,
      target,
      part: { accepted, patch: round.changes.patch },
      round: round.round,
      whole,
      paths: touched,
    }
  );
};

/** Whether what is undecided is to be accepted with what is. Null: the person wants to look at it first. */
const whetherTheRest = async (reviewing: Reviewing, round: ReviewRound): Promise<boolean | null> => {
  const { session } = reviewing;
  const { accepted, rejected, undecided } = tallyOf(session.choices(round.run), round.files);
  if (undecided === 0) return false;
  const only = t('Apply Accepted Only');
  const look = t('Show Changes');
  const rest = accepted > 0 || rejected > 0 ? t('Accept the Rest and Apply') : t('Accept All and Apply');
  // The first is what Enter does: never more than the person has chosen.
  const chosen = await vscode.window.showWarningMessage(
    t('{0}: {1} of {2} changes are undecided.', session.title(round), undecided, accepted + rejected + undecided),
    { modal: true, detail: t('Only accepted changes are applied.') },
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
  const more = marked.length > mostNamed ? [t('… and {0} more', marked.length - mostNamed)] : [];
  const apply = t('Apply');
  const chosen = await vscode.window.showWarningMessage(
    marked.length === 1
      ? t('{0}: 1 file needs a closer look.', title)
      : t('{0}: {1} files need a closer look.', title, marked.length),
    { modal: true, detail: [...marked.slice(0, mostNamed), ...more].join('\n\n') },
    apply,
  );
  return chosen === apply;
};

/** Unsaved text would be in the way of what is written to the disk. False: the person does not want to save it. */
const saved = async (title: string, repository: string, paths: readonly string[]): Promise<boolean> => {
  const places = new Set(paths.map((file) => path.join(repository, file)));
  const dirty = vscode.workspace.textDocuments.filter(({ isDirty, uri }) => isDirty && places.has(uri.fsPath));
  if (dirty.length === 0) return true;
  const save = t('Save and Apply');
  const chosen = await vscode.window.showWarningMessage(
    dirty.length === 1
      ? t('{0}: 1 file that the result changes has unsaved changes.', title)
      : t('{0}: {1} files that the result changes have unsaved changes.', title, dirty.length),
    { modal: true, detail: t('They are merged with the result once they are saved.') },
    save,
  );
  if (chosen !== save) return false;
  return (await Promise.all(dirty.map((document) => document.save()))).every(Boolean);
};

/** What became of an application, in words that name the run. */
const toldOf = ({ longhaul }: Reviewing, run: string, applied: Applied): string => {
  const state = longhaul.runs.get(run);
  return `${state === undefined ? run : `#${state.number} ${state.task.title}`}: ${appliedSummary(applied)}`;
};

/** Applies the accepted changes, and nothing else, to the working tree; opens the first conflict. */
export const applyAccepted = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const accepted = await acceptedOf(reviewing, argument);
  if (accepted === null) return;
  const { title, state, target, part, paths } = accepted;
  if (!(await saved(title, target.repository, paths))) return;
  const run = state.id;
  const applied = await perform(reviewing.longhaul, target, { run, how: { kind: 'worktree', dryRun: false, ...part } });
  await openConflict(applied);
  const trouble = troubled(applied).length > 0;
  if (!trouble) noteApplied(reviewing, accepted);
  if (mayHaveWritten(applied)) {
    const { number, task } = state;
    const { applied: kept } = reviewing.longhaul;
    kept.wrote({ run, number, title: task.title, round: accepted.round, patch: part.patch, root: target.repository });
  }
  offer(
    trouble ? vscode.window.showWarningMessage : vscode.window.showInformationMessage,
    toldOf(reviewing, run, applied),
    {
      [t('Show Files')]: () => showFiles(applied),
      ...(mayHaveWritten(applied) ? { [t('Undo')]: doing('longhaul.undoApply', run) } : {}),
      ...(trouble ? {} : acceptance(state)),
    },
  ).catch(showProblem);
};

const outcomes = {
  written: `$(check) ${t('written')}`,
  removed: `$(check) ${t('removed')}`,
  merged: `$(git-merge) ${t('merged with your changes')}`,
  already: `$(dash) ${t('was there already')}`,
  conflict: `$(warning) ${t('conflict')}`,
  refused: `$(circle-slash) ${t('left as it is')}`,
} as const;

const showFiles = async ({ target, files }: Applied): Promise<void> => {
  const items = files.map((file) => ({
    label: file.path,
    description: outcomes[file.outcome],
    ...(file.reason === '' ? {} : { detail: file.reason }),
    file,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('What became of each file'),
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

const askBranch = (title: string, value: string, prompt: string): Thenable<string | undefined> =>
  vscode.window.showInputBox({
    title,
    prompt,
    value,
    valueSelection: [value.indexOf('/') + 1, value.length],
    validateInput: (name) => (name.trim() === '' ? t('A branch needs a name.') : null),
    ignoreFocusOut: true,
  });

const leave = t('Leave Them Out');
const include = t('Commit Them, Too');

/** Whether the person's own uncommitted work goes along as a commit below the result. Null: they turned back. */
const ownWork = async ({ longhaul }: Reviewing, { title, state }: Accepted): Promise<boolean | null> => {
  const { task } = await (await longhaul.connection.api()).runs.get.query({ run: state.id });
  if (!task.source.dirty) return false;
  // Without any commit there is nothing else that the result could stand on.
  if (task.source.head === null) return true;
  const chosen = await vscode.window.showWarningMessage(
    t('{0}: commit your own uncommitted changes on the branch, too?', title),
    {
      modal: true,
      detail: t(
        'You had some when you delegated, and the agent worked on top of them. They would become a commit of their own below the result. Without them a file that both of you changed cannot go on the branch, and that is said then.',
      ),
    },
    // The first is what Enter does.
    leave,
    include,
  );
  return chosen === undefined ? null : chosen === include;
};

/** Says what became of a branch, and offers to accept what is on it. */
const tellBranch = (
  reviewing: Reviewing,
  { state }: Accepted,
  { applied, folder }: { readonly applied: Applied; readonly folder: string | null },
): void => {
  const where = folder === null ? [] : [t('It is in {0}.', folder)];
  offer(vscode.window.showInformationMessage, [toldOf(reviewing, state.id, applied), ...where].join(' '), {
    ...(folder === null
      ? {}
      : { [t('Open in New Window')]: doing('vscode.openFolder', vscode.Uri.file(folder), true) }),
    ...acceptance(state),
  }).catch(showProblem);
};

/** What is applied as a whole needs nobody any more, though nobody has given a verdict. */
const noteApplied = ({ longhaul }: Reviewing, { state, round, whole }: Accepted): void => {
  if (whole) longhaul.applied.note({ run: state.id, round });
};

/** Where the result still waits for a verdict. */
const acceptance = ({ id, status }: RunSummary): Deeds =>
  status === 'reviewing' ? { [t('Accept Run')]: doing('longhaul.acceptRun', id) } : {};

export const applyAsBranch = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const accepted = await acceptedOf(reviewing, argument);
  if (accepted === null) return;
  const { title, state, target, part } = accepted;
  const prompt = t('The accepted changes become a commit on this branch. Your working tree stays as it is.');
  const named = await askBranch(
    t('{0}: Apply as a New Branch', title),
    branchName(state.number, state.task.title),
    prompt,
  );
  if (named === undefined) return;
  const own = await ownWork(reviewing, accepted);
  if (own === null) return;
  const how = { kind: 'branch', branch: named.trim(), own, ...part } as const;
  const applied = await perform(reviewing.longhaul, target, { run: state.id, how });
  noteApplied(reviewing, accepted);
  tellBranch(reviewing, accepted, { applied, folder: null });
};

const absolute = (typed: string): string =>
  typed.startsWith('~') ? path.join(homedir(), typed.slice(1)) : path.normalize(typed);

export const applyInWorktree = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const accepted = await acceptedOf(reviewing, argument);
  if (accepted === null) return;
  const { title, state, target, part } = accepted;
  const heading = t('{0}: Apply in a New Worktree', title);
  const prompt = t('A new branch, which is checked out in a folder of its own. Next: which folder.');
  const named = await askBranch(heading, branchName(state.number, state.task.title), prompt);
  if (named === undefined) return;
  const branch = named.trim();
  const { repository } = target;
  const typed = await vscode.window.showInputBox({
    title: heading,
    prompt: t('The accepted changes are committed on the branch {0} and checked out in this folder.', branch),
    value: path.join(path.dirname(repository), `${path.basename(repository)}-${branch.replaceAll('/', '-')}`),
    validateInput: (value) => (path.isAbsolute(absolute(value)) ? null : t('Name the whole path of a new folder.')),
    ignoreFocusOut: true,
  });
  if (typed === undefined) return;
  const own = await ownWork(reviewing, accepted);
  if (own === null) return;
  const folder = absolute(typed);
  const how = { kind: 'new-worktree', branch, path: folder, own, ...part } as const;
  const applied = await perform(reviewing.longhaul, target, { run: state.id, how });
  noteApplied(reviewing, accepted);
  tellBranch(reviewing, accepted, { applied, folder });
};

/** Takes the last application of a run back. Files that were changed since stay as they are, and are told. */
export const undoApply = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const { longhaul } = reviewing;
  const run = await runFor(reviewing, argument, t('Take the application of which run back?'));
  if (run === null) return;
  const target = await targetOf(longhaul, await stateOf(longhaul, run));
  if (target === null) return;
  const applied = await perform(longhaul, target, { run, how: { kind: 'undo' } });
  longhaul.applied.takenBack(run);
  const told = toldOf(reviewing, run, applied);
  if (troubled(applied).length === 0) say(told);
  else await offer(vscode.window.showWarningMessage, told, { [t('Show Files')]: () => showFiles(applied) });
};
