import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { ConnectionError } from '../connection/connection.ts';
import type { Longhaul } from '../context.ts';
import { calledFrom } from '../delegate/called-from.ts';
import { chooseRepository } from '../delegate/choose-repository.ts';
import { delegationInput, rememberedChoices, type Choices } from '../delegate/choices.ts';
import { goalOf, prefillOf } from '../delegate/origin.ts';
import { dirtyFiles, pathWithin } from '../delegate/repository.ts';
import { runWizard } from '../delegate/wizard.ts';
import { registerCommand } from '../problem.ts';

/** Where the last choices of each repository are kept, in the state of the workspace. */
const choicesKey = (root: string): string => `longhaul.delegate.choices ${root}`;

/** Delegates from wherever it was called, with a wizard of two steps. */
export const registerDelegate = (longhaul: Longhaul): vscode.Disposable =>
  registerCommand('longhaul.delegate', (...args) => delegate(longhaul, args));

const delegate = async (longhaul: Longhaul, args: readonly unknown[]): Promise<void> => {
  const from = calledFrom(args);
  if (!vscode.workspace.isTrusted) {
    const chosen = await vscode.window.showErrorMessage(
      'Delegating needs a trusted workspace: a repository may bring settings that agents follow.',
      'Manage Trust',
    );
    if (chosen !== undefined) await vscode.commands.executeCommand('workbench.trust.manage');
    return;
  }
  const chosen = await chooseRepository(from.files);
  if (chosen.outcome === 'dismissed') return;
  if (chosen.outcome === 'failed') {
    await vscode.window.showErrorMessage(`${chosen.message} ${chosen.remedy}`);
    return;
  }
  const { root } = chosen;
  const [paths, dirty] = await Promise.all([
    Promise.all(from.files.map(async (file) => [file, await pathWithin(root, file)] as const)),
    dirtyFiles(root),
  ]);
  const byFile = new Map(paths);
  const prefill = prefillOf(from.origin((file) => byFile.get(file) ?? file));
  // One wizard that delegates the same twice, because the answer got lost, makes one run.
  const session = randomUUID();
  await runWizard({
    prefill,
    choices: rememberedChoices(longhaul.extension.workspaceState.get(choicesKey(root))),
    repository: path.basename(root),
    dirty,
    unsaved: unsavedIn(root).length,
    delegate: (typed, choices) => send(longhaul, { session, root, goal: goalOf(typed, prefill), choices }),
  });
};

interface Sending {
  readonly session: string;
  readonly root: string;
  readonly goal: string;
  readonly choices: Choices;
}

const send = async (longhaul: Longhaul, { session, root, goal, choices }: Sending): Promise<void> => {
  if (choices.base === 'worktree') await saveAll(root);
  const input = delegationInput({ goal, repository: root, choices });
  const dedupeKey = createHash('sha256')
    .update(session + JSON.stringify(input))
    .digest('hex');
  const run = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Longhaul: handing the task over…' },
    async () => {
      const api = await longhaul.connection.api();
      const { state } = longhaul.connection;
      if (state.status === 'connected' && !state.local)
        throw new ConnectionError(
          'refused',
          `The runner at ${state.url} is on another machine and cannot see ${root}.`,
          'Clear the setting "longhaul.url" to delegate to the runner of this machine.',
        );
      return api.runs.delegate.mutate({ ...input, dedupeKey });
    },
  );
  longhaul.runs.learn(run);
  await longhaul.extension.workspaceState.update(choicesKey(root), choices);
  announce(run.id, `Delegated as run ${run.number}: ${run.task.title}`);
};

/** Says it, and does not wait: the run is on its way whether anybody looks or not. */
const announce = (run: string, text: string): void => {
  const show = async (): Promise<void> => {
    const chosen = await vscode.window.showInformationMessage(text, 'Open Run');
    if (chosen !== undefined) await vscode.commands.executeCommand('longhaul.openRun', { run });
  };
  vscode.commands.executeCommand('longhaul.runs.focus').then(undefined, () => undefined);
  show().catch(() => undefined);
};

const unsavedIn = (root: string): readonly vscode.TextDocument[] =>
  vscode.workspace.textDocuments.filter(
    ({ isDirty, uri }) => isDirty && uri.scheme === 'file' && !path.relative(root, uri.fsPath).startsWith('..'),
  );

/** Only what is on the disk goes along, so editors are saved; what cannot be is named. */
const saveAll = async (root: string): Promise<void> => {
  const saved = await Promise.all(unsavedIn(root).map(async (document) => ({ document, ok: await document.save() })));
  const left = saved.filter(({ ok }) => !ok).map(({ document }) => path.basename(document.fileName));
  if (left.length > 0)
    void vscode.window.showWarningMessage(`Not saved, so the agent gets the version on the disk: ${left.join(', ')}.`);
};
