import { existsSync } from 'node:fs';
import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { mostImages } from '../../../shared/run/image.ts';
import { runFor } from '../../ground/ask/pick.ts';
import { canBeAttached, imagesOfRun, type ImageChoice } from '../../ground/delegation/attached.ts';
import { choicesOfTask, leftBehind, rememberedChoices, type Choices } from '../../ground/delegation/choices.ts';
import { foldersFor } from '../../ground/delegation/folder.ts';
import { goalOf, type Origin } from '../../ground/delegation/origin.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { offer, say } from '../../ground/problem/offer.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { whereTrusted } from '../../ground/problem/where-trusted.ts';
import { chooseRepository } from '../../ground/repository/choose-repository.ts';
import { pathWithin } from '../../ground/repository/repository.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { begin, choicesKey, draftOf, goOn, keepDraft, keptDraft, written } from './begin.ts';
import { calledFrom, failureOf } from './called-from.ts';
import { askModel } from './change-choice.ts';
import { closeGoal, isGoal, openGoal, registerGoals, rootOfGoal } from './goal-document.ts';

/** Delegates from wherever it was called, with a wizard of two steps, or with a goal that is written in an editor. */
export const registerDelegate = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(
    registerCommands(
      whereTrusted({
        'longhaul.delegate': (...args) => delegate(longhaul, args),
        // The list of results hands over the test alone, whichever way it failed.
        'longhaul.delegateFailingTest': (test) => delegate(longhaul, [failureOf(test)]),
        'longhaul.delegateAgain': (run) => delegateAgain(longhaul, run, false),
        'longhaul.delegateAgainByModel': (run) => delegateAgain(longhaul, run, true),
        'longhaul.delegateGoal': (uri) => delegateGoal(longhaul, uri),
      }),
    ),
    registerGoals((root, typed) => {
      const draft = keptDraft(longhaul, root);
      if (draft !== null) keepDraft(longhaul, root, { ...draft, prefill: written, typed });
    }),
  );

const delegate = async (longhaul: Longhaul, args: readonly unknown[]): Promise<void> => {
  const called = await calledIn(longhaul, args);
  if (called !== null) await begin(longhaul, called.root, called);
};

interface Called {
  readonly root: string;
  readonly origin: Origin;
  readonly choices: Choices;
}

/** Where it was called from, and what was chosen there last. Null: there is no repository, which was said. */
const calledIn = async (longhaul: Longhaul, args: readonly unknown[]): Promise<Called | null> => {
  // Read first: asking for anything takes the focus, and the selection, away.
  const from = calledFrom(args);
  const root = await rootOf(from.files);
  if (root === null) return null;
  const paths = await Promise.all(from.files.map(async (file) => [file, await pathWithin(root, file)] as const));
  const byFile = new Map(paths);
  const origin = from.origin((file) => byFile.get(file) ?? file);
  const [nearest] = await foldersFor(root, origin, await openedIn(root));
  const remembered = longhaul.extension.workspaceState.get(choicesKey(root));
  const choices = rememberedChoices(remembered, { from: origin.kind, folder: nearest?.folder ?? '' });
  return { root, origin, choices: { ...choices, images: origin.kind === 'files' ? imagesAmong(from.files) : [] } };
};

/** Of the files that were selected those that the model can be shown. */
const imagesAmong = (files: readonly string[]): ImageChoice[] =>
  files
    .filter(canBeAttached)
    .slice(0, mostImages)
    .map((path) => ({ kind: 'file', path }));

/** The folder of the repository that the window is open on, from its root; empty: the root, or several. */
const openedIn = async (root: string): Promise<string> => {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const within = await Promise.all(folders.map(({ uri }) => pathWithin(root, uri.fsPath)));
  const [only = '.', ...others] = within.filter((folder) => !folder.startsWith('..'));
  return only === '.' || others.length > 0 ? '' : only;
};

/** The same task once more, with what its run was delegated with; on the tree as it is now. */
const delegateAgain = async (longhaul: Longhaul, argument: unknown, otherModel: boolean): Promise<void> => {
  const run = await runFor(longhaul, argument, {
    title: t('Delegate Which Run Again?'),
    none: t('There is no run yet.'),
  });
  if (run === undefined) return;
  const api = await longhaul.connection.api();
  const { task } = await api.runs.get.query({ run: run.id });
  const root = await rootOf(existsSync(task.repository) ? [task.repository] : []);
  if (root === null) return;
  if (!(await isLooserSo(run.number, leftBehind(task)))) return;
  const model = otherModel ? await askModel(task.model) : task.model;
  if (model === undefined) return;
  const origin: Origin = { kind: 'again', goal: task.goal };
  await begin(longhaul, root, {
    origin,
    choices: { ...choicesOfTask(task), model, images: imagesOfRun(run.id, task) },
  });
};

/** Whether the person wants it without the rules that held the run back; without such rules nobody is asked. */
const isLooserSo = async (run: number, rules: readonly string[]): Promise<boolean> => {
  if (rules.length === 0) return true;
  const without = t('Go On Without Them');
  const detail = [
    ...rules.slice(0, mostNamed),
    ...(rules.length > mostNamed ? [t('and {0} more', rules.length - mostNamed)] : []),
    t('With the same rules it can be delegated from the command line: longhaul delegate --policy'),
  ].join('\n');
  const message = t('Run {0} was held to rules of its own, which are not taken over.', run);
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, without)) === without;
};

/** Rules that a dialog has room for. */
const mostNamed = 8;

/** The goal that a person wrote in the document that is named or in front; without one, an editor to write it in. */
const delegateGoal = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const from = await goalFor(argument);
  if (from === undefined) return;
  if (from === 'new') {
    const called = await calledIn(longhaul, []);
    if (called === null) return;
    const draft = draftOf(called);
    const typed = goalOf(draft.typed, draft.prefill);
    keepDraft(longhaul, called.root, { ...draft, prefill: written, typed });
    return openGoal(called.root, typed);
  }
  const document = from;
  const typed = document.getText().trim();
  if (typed === '') return say(t('Write the goal first: the first line becomes its title.'));
  const root = rootOfGoal(document) ?? (await rootOf(document.uri.scheme === 'file' ? [document.uri.fsPath] : []));
  if (root === null) return;
  const kept = isGoal(document) ? keptDraft(longhaul, root) : null;
  const remembered = longhaul.extension.workspaceState.get(choicesKey(root));
  const choices = rememberedChoices(remembered, { from: 'goal', folder: '' });
  const anew = draftOf({ origin: { kind: 'goal', goal: '', paths: [] }, choices });
  const begun = { ...(kept ?? anew), prefill: written, typed };
  const delegated = await goOn(longhaul, root, { begun, first: 'summary', isKept: kept !== null });
  if (delegated && isGoal(document)) await closeGoal(document);
};

/**
 * A goal's own document is the goal. Any other text of the person's may be one, if they say so; what a document of ours or of another extension
 * shows is none. Undefined: they chose neither.
 */
const goalFor = async (argument: unknown): Promise<vscode.TextDocument | 'new' | undefined> => {
  const named = vscode.workspace.textDocuments.find(
    ({ uri }) => argument instanceof vscode.Uri && uri.toString() === argument.toString(),
  );
  const document = named ?? vscode.window.activeTextEditor?.document;
  if (document === undefined || isGoal(document)) return document ?? 'new';
  if (!canBeGoal(document)) return 'new';
  const name = path.basename(document.uri.path);
  const items = [
    { label: `$(edit) ${t('Write the goal in an editor')}`, goal: 'new' as const },
    {
      label: `$(markdown) ${t('What {0} says is the goal', name)}`,
      detail: oneLine(document.getText(), 200),
      goal: document,
    },
  ];
  return (await vscode.window.showQuickPick(items, { title: t('Delegate Which Goal?') }))?.goal;
};

const canBeGoal = (document: vscode.TextDocument): boolean =>
  (document.isUntitled ||
    (document.uri.scheme === 'file' && ['markdown', 'plaintext'].includes(document.languageId))) &&
  document.getText().trim() !== '';

/** Null: there is none, which was said, or the person did not choose. */
const rootOf = async (files: readonly string[]): Promise<string | null> => {
  const chosen = await chooseRepository(files);
  if (chosen.outcome === 'failed')
    await offer(vscode.window.showErrorMessage, `${chosen.message} ${chosen.remedy}`, chosen.deeds);
  return chosen.outcome === 'chosen' ? chosen.root : null;
};
