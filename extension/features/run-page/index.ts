import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { z } from 'zod';
import { DecisionId, RunId } from '../../../shared/ids.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { fileArguments } from '../../ground/decision/file-arguments.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { runArgument } from '../../ground/runs/argument.ts';
import { openDecisions, pickDecision, pickRun, type RunChoice } from '../../ground/ask/pick.ts';
import { fillPanel } from '../../ground/page/panel.ts';
import { decisionSource, runSource } from './sources.ts';
import { openProposal, registerTexts } from './texts.ts';

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

  const fill = (panel: vscode.WebviewPanel, target: Target): void => {
    const key = JSON.stringify(target);
    panels.set(key, panel);
    panel.onDidDispose(() => panels.delete(key));
    panel.iconPath = new vscode.ThemeIcon('decision' in target ? 'law' : 'rocket');
    if (!('decision' in target)) whileShown(panel, longhaul, () => longhaul.unseen.see(target.run));
    const source = 'decision' in target ? decisionSource(longhaul, target) : runSource(longhaul, target.run);
    fillPanel(panel, { source, extension: longhaul.extension, kept: target });
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
      isDecision ? t('Decision') : t('Run'),
      vscode.ViewColumn.Active,
      { enableFindWidget: true },
    );
    fill(panel, target);
  };
  const restore = (panel: vscode.WebviewPanel, state: unknown): void => {
    const schema = panel.viewType === types.decision ? DecisionTarget : RunTarget;
    const target = schema.safeParse(state);
    if (target.success) fill(panel, target.data);
    else panel.dispose();
  };

  const commands = registerCommands({
    'longhaul.openRun': async (argument) => {
      const run = runArgument(argument) ?? (await pickRun(longhaul, anyRun))?.id;
      if (run !== undefined) open({ run });
    },
    'longhaul.openProposal': async (argument) => {
      const named = DecisionTarget.safeParse(argument);
      const target = named.success ? named.data : await chooseDecision(longhaul, isAboutFile);
      if (target !== undefined) await openProposal(longhaul.connection, target);
    },
    'longhaul.openDecision': async (argument) => {
      const named = DecisionTarget.safeParse(argument);
      const target = named.success ? named.data : await chooseDecision(longhaul);
      if (target !== undefined) open({ run: target.run, decision: target.decision });
    },
  });
  const texts = registerTexts(longhaul.connection);
  return { restore, dispose: () => vscode.Disposable.from(commands, texts).dispose() };
};

/** Calls whenever a run changes, or a panel is looked at, while a person has the panel before them. */
const whileShown = (panel: vscode.WebviewPanel, { runs }: Longhaul, look: () => void): void => {
  const lookIfShown = (): void => {
    if (panel.visible && vscode.window.state.focused) look();
  };
  lookIfShown();
  const listeners = [runs.onDidChange, panel.onDidChangeViewState, vscode.window.onDidChangeWindowState].map(
    (event: vscode.Event<unknown>) => event(lookIfShown),
  );
  panel.onDidDispose(() => vscode.Disposable.from(...listeners).dispose());
};

const anyRun: RunChoice = { title: t('Longhaul: Open Run'), none: t('Nothing has been delegated yet.') };

const isAboutFile = ({ request }: DecisionSummary): boolean => fileArguments(request) !== null;

/** The only one that waits, or one that the person picks. */
const chooseDecision = async (
  longhaul: Longhaul,
  among: (summary: DecisionSummary) => boolean = () => true,
): Promise<z.infer<typeof DecisionTarget> | undefined> => {
  const open = (await openDecisions(longhaul)).filter(among);
  const said = { title: t('Longhaul: Open Approval'), none: t('Nothing waits for your decision.') };
  const chosen = open.length === 1 ? open[0] : await pickDecision(open, said);
  return chosen && { run: chosen.run, decision: chosen.request.id };
};
