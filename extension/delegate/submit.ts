import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import type { RunState } from '../../shared/run/state.ts';
import { ensureModelKey } from '../commands/key.ts';
import { ConnectionError } from '../connection/connection.ts';
import type { Longhaul } from '../context.ts';
import { delegationInput, type Delegation } from './choices.ts';

/**
 * Hands a task over to the runner. Editors are saved first, since only what is on the disk goes along. With one
 * `session`, delegating the same twice, because an answer got lost, makes one run. Throws what the API throws.
 */
export const submit = async (
  longhaul: Longhaul,
  delegation: Delegation,
  session: string = randomUUID(),
): Promise<RunState> => {
  const { repository, choices } = delegation;
  if (choices.base === 'worktree') await saveAll(repository);
  const input = delegationInput(delegation);
  const dedupeKey = createHash('sha256')
    .update(session + JSON.stringify(input))
    .digest('hex');
  await longhaul.connection.api();
  const { state } = longhaul.connection;
  if (state.status === 'connected' && !state.local)
    throw new ConnectionError(
      'refused',
      `The runner at ${state.url} is on another machine and cannot see ${repository}.`,
      'Clear the setting "longhaul.url" to delegate to the runner of this machine.',
    );
  if (!(await ensureModelKey(longhaul)))
    throw new ConnectionError(
      'refused',
      'Nothing was delegated: agents need a model, and there is no key for it.',
      'Set it with the command "Longhaul: Set Model Key", or name an endpoint that needs none in longhaul.baseUrl.',
    );
  // Asked for only now: a key that was just given started the runner anew.
  const api = await longhaul.connection.api();
  const run = await api.runs.delegate.mutate({ ...input, dedupeKey });
  longhaul.runs.learn(run);
  return run;
};

/** Editors of files in a repository that are not saved. */
export const unsavedIn = (root: string): readonly vscode.TextDocument[] =>
  vscode.workspace.textDocuments.filter(
    ({ isDirty, uri }) => isDirty && uri.scheme === 'file' && !path.relative(root, uri.fsPath).startsWith('..'),
  );

const saveAll = async (root: string): Promise<void> => {
  const saved = await Promise.all(unsavedIn(root).map(async (document) => ({ document, ok: await document.save() })));
  const left = saved.filter(({ ok }) => !ok).map(({ document }) => path.basename(document.fileName));
  if (left.length > 0)
    void vscode.window.showWarningMessage(`Not saved, so the agent gets the version on the disk: ${left.join(', ')}.`);
};
