import * as vscode from 'vscode';
import { z } from 'zod';
import { isResumable, isTerminal } from '../../../shared/run/state.ts';
import { lineOf, type RunSummary } from '../../../shared/run/summary.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommand } from '../../ground/problem/problem.ts';

const RunTarget = z.union([z.string(), z.object({ run: z.string() }).transform(({ run }) => run)]);

interface Choice {
  readonly among: (state: RunSummary) => boolean;
  /** What is said where there is none. */
  readonly none: string;
  /** What to ask the runner for while the runs are not here yet; null: any. */
  readonly status: 'open' | null;
}
const underWay: Choice = { among: (state) => !isTerminal(state), none: 'No run is under way.', status: 'open' };

/** The run that a command is called for: a row's, or the one that a person picks. */
const runFor = async (
  { runs, connection }: Longhaul,
  argument: unknown,
  { among, none, status }: Choice = underWay,
): Promise<RunSummary | undefined> => {
  const target = RunTarget.safeParse(argument);
  const api = await connection.api();
  if (target.success) return runs.get(target.data) ?? (await api.runs.get.query({ run: target.data }));
  const all = runs.loaded ? runs.all() : (await api.runs.list.query({ status })).runs;
  const candidates = all.filter(among);
  if (candidates.length === 0) {
    void vscode.window.showInformationMessage(none);
    return undefined;
  }
  const rows = candidates.map((state) => ({
    label: state.task.title,
    description: `#${state.number}`,
    detail: lineOf(state).detail,
    state,
  }));
  return (await vscode.window.showQuickPick(rows, { title: 'Longhaul: Which Run?' }))?.state;
};

const cancel = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument);
  if (state === undefined) return;
  const chosen = await vscode.window.showWarningMessage(
    `Cancel "${state.task.title}"?`,
    { modal: true, detail: 'It stops at once. Its log stays, and for some days its checkpoints, to resume it from.' },
    'Cancel Run',
  );
  if (chosen === undefined) return;
  const api = await longhaul.connection.api();
  longhaul.runs.learn(await api.runs.cancel.mutate({ run: state.id }));
};

const resume = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, {
    among: isResumable,
    none: 'No run has failed or was cancelled lately.',
    status: null,
  });
  if (state === undefined) return;
  const api = await longhaul.connection.api();
  longhaul.runs.learn(await api.runs.retry.mutate({ run: state.id }));
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
    registerCommand('longhaul.resumeRun', (target) => resume(longhaul, target)),
    registerCommand('longhaul.sendMessage', (target) => sendMessage(longhaul, target)),
    registerCommand('longhaul.copyRunId', async (target) => {
      const run = RunTarget.safeParse(target);
      if (run.success) await vscode.env.clipboard.writeText(run.data);
    }),
  );
