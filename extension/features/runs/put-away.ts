import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { archivedBy, isTerminal } from '../../../shared/run/state.ts';
import { deletionText } from '../../../shared/api/deletion.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { change } from '../../ground/ask/change.ts';
import { runFor } from '../../ground/ask/pick.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { oneLine } from '../../ground/text/one-line.ts';

const title = t('Longhaul: Which Run?');

/** Hides a run that is over, with the way back. */
const archive = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, {
    title,
    none: t('No run is over that is not archived.'),
    among: (states) => states.filter((candidate) => isTerminal(candidate) && archivedBy(candidate) === null),
  });
  if (state === undefined) return;
  await change(longhaul, state.id, (api) => api.runs.archive.mutate({ run: state.id }));
  const undo = t('Undo');
  const text = t('Run {0}, "{1}", is archived. Nothing of it is gone.', state.number, oneLine(state.task.title, 60));
  // Not waited for: it may stay for long, and nothing depends on it.
  void vscode.window.showInformationMessage(text, undo).then(async (chosen) => {
    if (chosen === undo) await vscode.commands.executeCommand('longhaul.unarchiveRun', state.id);
  });
};

const unarchive = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, {
    title,
    none: t('No run is archived.'),
    among: (states) => states.filter((candidate) => archivedBy(candidate) !== null),
  });
  if (state !== undefined) await change(longhaul, state.id, (api) => api.runs.unarchive.mutate({ run: state.id }));
};

const keep: vscode.MessageItem = { title: t('Keep') };
const gone: vscode.MessageItem = { title: t('Delete for Good') };
const close: vscode.MessageItem = { title: t('Close'), isCloseAffordance: true };

const remove = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, {
    title,
    none: t('No run is over.'),
    among: (states) => states.filter(isTerminal),
  });
  if (state === undefined) return;
  const api = await longhaul.connection.api();
  const told = await api.runs.deletion.query({ run: state.id });
  const chosen = await vscode.window.showWarningMessage(
    t('Delete run {0}, "{1}"?', told.number, oneLine(told.title, 80)),
    { modal: true, detail: t('{0} There is no way back.', deletionText(told)) },
    // The first is what Enter does.
    keep,
    gone,
    close,
  );
  if (chosen !== gone) return;
  await api.runs.delete.mutate({ run: state.id });
  longhaul.runs.forget(state.id);
};

export const registerPutAway = (longhaul: Longhaul): vscode.Disposable =>
  registerCommands({
    'longhaul.archiveRun': (run) => archive(longhaul, run),
    'longhaul.unarchiveRun': (run) => unarchive(longhaul, run),
    'longhaul.deleteRun': (run) => remove(longhaul, run),
  });
