import * as vscode from 'vscode';
import { z } from 'zod';
import { DecisionId, RunId } from '../../../shared/ids.ts';
import { lineOf } from '../../../shared/run/summary.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommand } from '../../ground/problem/problem.ts';
import { runArgument } from '../../ground/runs/argument.ts';
import { expiry } from '../../ground/text/text.ts';
import { fillPanel } from '../../ground/page/panel.ts';
import { decisionSource, runSource } from './sources.ts';

const RunTarget = z.object({ run: RunId });
const DecisionTarget = z.object({ run: RunId, decision: DecisionId });
/** What VS Code keeps of a page over a restart. */
type Target = z.infer<typeof RunTarget> | z.infer<typeof DecisionTarget>;

const types = { run: 'longhaul.run', decision: 'longhaul.decision' } as const;

/** The run page and the approval page: one panel per run and per decision, back after a restart. */
export interface Pages extends vscode.Disposable {
  /** Fills a panel of the last session, or closes it where nobody knows any more what it showed. */
  readonly restore: (panel: vscode.WebviewPanel, state: unknown) => void;
}

export const registerPages = (longhaul: Longhaul): Pages => {
  const panels = new Map<string, vscode.WebviewPanel>();
  const folder = vscode.Uri.joinPath(longhaul.extension.extensionUri, 'dist', 'extension');

  const fill = (panel: vscode.WebviewPanel, target: Target): void => {
    const key = JSON.stringify(target);
    panels.set(key, panel);
    panel.onDidDispose(() => panels.delete(key));
    panel.iconPath = new vscode.ThemeIcon('decision' in target ? 'law' : 'rocket');
    const source = 'decision' in target ? decisionSource(longhaul, target) : runSource(longhaul, target.run);
    fillPanel(panel, { source, folder, kept: target });
  };
  const open = (target: Target): void => {
    const there = panels.get(JSON.stringify(target));
    if (there !== undefined) {
      there.reveal();
      return;
    }
    const isDecision = 'decision' in target;
    const panel = vscode.window.createWebviewPanel(
      isDecision ? types.decision : types.run,
      isDecision ? 'Decision' : 'Run',
      vscode.ViewColumn.Active,
      { enableScripts: true, localResourceRoots: [folder], enableFindWidget: true },
    );
    fill(panel, target);
  };
  const restore = (panel: vscode.WebviewPanel, state: unknown): void => {
    const schema = panel.viewType === types.decision ? DecisionTarget : RunTarget;
    const target = schema.safeParse(state);
    if (target.success) fill(panel, target.data);
    else panel.dispose();
  };

  const commands = vscode.Disposable.from(
    registerCommand('longhaul.openRun', async (argument) => {
      const run = runArgument(argument) ?? (await pickRun(longhaul));
      if (run !== undefined) open({ run });
    }),
    registerCommand('longhaul.openDecision', async (argument) => {
      const named = DecisionTarget.safeParse(argument);
      const target = named.success ? named.data : await pickDecision(longhaul);
      if (target !== undefined) open({ run: target.run, decision: target.decision });
    }),
  );
  return { restore, dispose: () => commands.dispose() };
};

const pickRun = async ({ connection }: Longhaul): Promise<string | undefined> => {
  const { runs } = await (await connection.api()).runs.list.query({ limit: 200 });
  const rows = runs.map((state) => ({
    label: state.task.title,
    description: `#${state.number} · ${state.status}`,
    detail: lineOf(state).detail,
    id: state.id,
  }));
  if (rows.length === 0) void vscode.window.showInformationMessage('Nothing has been delegated yet.');
  return rows.length === 0
    ? undefined
    : (await vscode.window.showQuickPick(rows, { title: 'Longhaul: Open Run', matchOnDescription: true }))?.id;
};

const pickDecision = async ({ connection }: Longhaul): Promise<z.infer<typeof DecisionTarget> | undefined> => {
  const decisions = await (await connection.api()).decisions.list.query();
  const rows = decisions.map(({ run, request, title }) => ({
    label: request.action,
    description: expiry(request.expiresAt, Date.now()),
    detail: title,
    target: { run, decision: request.id },
  }));
  if (rows.length === 0) void vscode.window.showInformationMessage('Nothing waits for your decision.');
  return rows.length <= 1
    ? rows[0]?.target
    : (await vscode.window.showQuickPick(rows, { title: 'Longhaul: Open Approval' }))?.target;
};
