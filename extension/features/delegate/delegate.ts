import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { RunState } from '../../../shared/run/state.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { calledFrom } from './called-from.ts';
import { chooseRepository } from '../../ground/repository/choose-repository.ts';
import { choicesText } from '../../ground/delegation/choices-text.ts';
import {
  choicesOfTask,
  keptChoices,
  rememberedChoices,
  type Choices,
  type Delegation,
} from '../../ground/delegation/choices.ts';
import { runFor } from '../../ground/ask/pick.ts';
import { askModel } from './change-choice.ts';
import { goalOf, prefillOf, type Origin } from '../../ground/delegation/origin.ts';
import { dirtyFiles, pathWithin } from '../../ground/repository/repository.ts';
import { foldersFor, type Folder } from '../../ground/delegation/folder.ts';
import { withTests } from './holds.ts';
import { holdsIn } from './ask-holds.ts';
import { submit, unsavedIn } from '../../ground/delegation/submit.ts';
import { draftTitle, isWorthKeeping, readDraft, type Draft } from './draft.ts';
import { runWizard } from './wizard.ts';
import { doing, offer } from '../../ground/problem/offer.ts';
import { registerCommands, showProblem } from '../../ground/problem/problem.ts';

/** Where the last choices of each repository are kept, in the state of the workspace. */
const choicesKey = (root: string): string => `longhaul.delegate.choices ${root}`;

/** Where what is not delegated yet is kept. */
const draftKey = (root: string): string => `longhaul.delegate.draft ${root}`;

/** Delegates from wherever it was called, with a wizard of two steps. */
export const registerDelegate = (longhaul: Longhaul): vscode.Disposable =>
  registerCommands({
    'longhaul.delegate': (...args) => delegate(longhaul, args),
    'longhaul.delegateAgain': (run) => delegateAgain(longhaul, run, false),
    'longhaul.delegateAgainByModel': (run) => delegateAgain(longhaul, run, true),
  });

const delegate = async (longhaul: Longhaul, args: readonly unknown[]): Promise<void> => {
  // Read first: asking for anything takes the focus, and the selection, away.
  const from = calledFrom(args);
  if (!vscode.workspace.isTrusted) return askForTrust();
  const root = await rootOf(from.files);
  if (root === null) return;
  const paths = await Promise.all(from.files.map(async (file) => [file, await pathWithin(root, file)] as const));
  const byFile = new Map(paths);
  const origin = from.origin((file) => byFile.get(file) ?? file);
  const folders = await foldersFor(root, origin);
  const remembered = longhaul.extension.workspaceState.get(choicesKey(root));
  const choices = rememberedChoices(remembered, { from: origin.kind, folder: folders[0]?.folder ?? '' });
  await begin(longhaul, root, { origin, choices, folders });
};

/** The same task once more, with what its run was delegated with; on the tree as it is now. */
const delegateAgain = async (longhaul: Longhaul, argument: unknown, otherModel: boolean): Promise<void> => {
  if (!vscode.workspace.isTrusted) return askForTrust();
  const run = await runFor(longhaul, argument, { title: 'Delegate Which Run Again?', none: 'There is no run yet.' });
  if (run === undefined) return;
  const api = await longhaul.connection.api();
  const { task } = await api.runs.get.query({ run: run.id });
  const root = await rootOf(existsSync(task.repository) ? [task.repository] : []);
  if (root === null) return;
  const model = otherModel ? await askModel(task.model) : task.model;
  if (model === undefined) return;
  const origin: Origin = { kind: 'again', goal: task.goal };
  const folders = await foldersFor(root, origin);
  await begin(longhaul, root, { origin, choices: { ...choicesOfTask(task), model }, folders });
};

/** Null: there is none, which was said, or the person did not choose. */
const rootOf = async (files: readonly string[]): Promise<string | null> => {
  const chosen = await chooseRepository(files);
  if (chosen.outcome === 'failed') await vscode.window.showErrorMessage(`${chosen.message} ${chosen.remedy}`);
  return chosen.outcome === 'chosen' ? chosen.root : null;
};

interface Beginning {
  readonly origin: Origin;
  readonly choices: Choices;
  readonly folders: readonly Folder[];
}

/** Goes on with the draft that there is, if the person wants to, or begins anew. */
const begin = async (longhaul: Longhaul, root: string, { origin, choices, folders }: Beginning): Promise<void> => {
  const dirty = await dirtyFiles(root);
  const prefill = prefillOf(origin);
  const { workspaceState } = longhaul.extension;
  const keep = (draft: Draft | undefined): void => void workspaceState.update(draftKey(root), draft);
  const anew: Draft = { prefill, from: origin.kind, typed: prefill.text, choices, session: randomUUID() };
  const kept = readDraft(workspaceState.get(draftKey(root)));
  const begun = kept === null ? anew : await askDraft(kept, anew);
  if (begun === undefined) return;
  if (begun === anew) keep(undefined);
  const holds = holdsIn(longhaul, root);
  await runWizard({
    ...begun,
    repository: path.basename(root),
    dirty,
    folders: withFolder(folders, begun.choices.folder),
    holds,
    unsaved: unsavedIn(root).length,
    recipes: async () => {
      const api = await longhaul.connection.api();
      const { state } = longhaul.connection;
      // A runner on another machine does not see this folder, and has the built-in ones.
      const local = state.status === 'connected' && state.local;
      return api.recipes.list.query({ repository: local ? root : null });
    },
    keep: (typed, choices) => {
      const draft = { ...begun, typed, choices };
      keep(begun === kept || isWorthKeeping(draft, begun) ? draft : undefined);
    },
    delegate: async (typed, choices) => {
      const { found } = withFolder(folders, choices.folder).find(({ folder }) => folder === choices.folder) ?? {
        found: null,
      };
      const now = await dirtyFiles(root);
      const said = withTests(choices, await holds(choices), found);
      // What is as in the last commit by now goes along as it is.
      const without = said.without.filter((file) => now === null || now.includes(file));
      const delegation: Delegation = {
        goal: goalOf(typed, begun.prefill),
        repository: root,
        choices: { ...said, without },
      };
      const run = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: 'Longhaul: handing the task over…' },
        () => submit(longhaul, delegation, begun.session),
      );
      keep(undefined);
      // What another run was delegated with is not what the person chose last.
      if (begun.from !== 'again') {
        const before = workspaceState.get(choicesKey(root));
        await workspaceState.update(choicesKey(root), keptChoices(before, begun.from, choices));
      }
      announce(run);
    },
  });
};

/** With the folder of a draft, or of another run, which may be none of those that this was called from. */
const withFolder = (folders: readonly Folder[], folder: string): readonly Folder[] =>
  folders.some((each) => each.folder === folder) ? folders : [{ folder, found: null }, ...folders];

/** Which to go on with: what a person had begun to write, or what they called now; undefined: neither. */
const askDraft = async (kept: Draft, anew: Draft): Promise<Draft | undefined> => {
  const items = [
    { label: `$(edit) Continue the draft: ${draftTitle(kept)}`, detail: choicesText(kept.choices), draft: kept },
    { label: '$(trash) Discard the draft and begin anew', detail: anew.typed, draft: anew },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Delegate to Background Agent: a draft is there',
    ignoreFocusOut: true,
  });
  return chosen?.draft;
};

const askForTrust = (): Promise<void> =>
  offer(
    vscode.window.showErrorMessage,
    'Delegating needs a trusted workspace: a repository may bring settings that agents follow.',
    { 'Manage Trust': doing('workbench.trust.manage') },
  );

/** Shows the view with the run, and says it; waits for nobody. */
const announce = ({ id, number, task }: RunState): void => {
  const show = async (): Promise<void> => {
    await vscode.commands.executeCommand('longhaul.runs.focus');
    await offer(vscode.window.showInformationMessage, `Delegated as run ${number}: ${task.title}`, {
      'Open Run': doing('longhaul.openRun', { run: id }),
    });
  };
  show().catch(showProblem);
};
