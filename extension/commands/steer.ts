import * as vscode from 'vscode';
import { z } from 'zod';
import { isTerminal, type RunState } from '../../shared/run/state.ts';
import { summarize } from '../../shared/run/summary.ts';
import type { Longhaul } from '../context.ts';
import { registerCommand } from '../problem.ts';

const RunTarget = z.union([z.string(), z.object({ run: z.string() }).transform(({ run }) => run)]);

/** The run that a command is called for: a row's, or the one that a person picks among those that are not over. */
const runFor = async ({ runs, connection }: Longhaul, argument: unknown): Promise<RunState | undefined> => {
  const target = RunTarget.safeParse(argument);
  const api = await connection.api();
  if (target.success) return runs.get(target.data) ?? (await api.runs.get.query({ run: target.data }));
  const open = runs.loaded
    ? runs.all().filter((state) => !isTerminal(state))
    : (await api.runs.list.query({ status: 'open' })).runs;
  if (open.length === 0) {
    void vscode.window.showInformationMessage('No run is under way.');
    return undefined;
  }
  const rows = open.map((state) => ({
    label: state.task.title,
    description: `#${state.number}`,
    detail: summarize(state).detail,
    state,
  }));
  return (await vscode.window.showQuickPick(rows, { title: 'Longhaul: Which Run?' }))?.state;
};

const cancel = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument);
  if (state === undefined) return;
  const chosen = await vscode.window.showWarningMessage(
    `Cancel "${state.task.title}"?`,
    { modal: true, detail: 'It stops at once and cannot be taken up again. Its log and its checkpoints stay.' },
    'Cancel Run',
  );
  if (chosen === undefined) return;
  const api = await longhaul.connection.api();
  longhaul.runs.learn(await api.runs.cancel.mutate({ run: state.id }));
};

const sendMessage = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument);
  if (state === undefined) return;
  const text = await vscode.window.showInputBox({
    title: `Message to the agent of "${state.task.title}"`,
    prompt: 'It reads the message before its next turn.',
    ignoreFocusOut: true,
  });
  if (text === undefined || text.trim() === '') return;
  const api = await longhaul.connection.api();
  longhaul.runs.learn(await api.runs.message.mutate({ run: state.id, text }));
};

export const registerSteer = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(
    registerCommand('longhaul.cancelRun', (target) => cancel(longhaul, target)),
    registerCommand('longhaul.sendMessage', (target) => sendMessage(longhaul, target)),
    registerCommand('longhaul.copyRunId', async (target) => {
      const run = RunTarget.safeParse(target);
      if (run.success) await vscode.env.clipboard.writeText(run.data);
    }),
  );
