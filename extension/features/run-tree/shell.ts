import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { isResumable, isTerminal } from '../../../shared/run/state.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { runFor } from '../../ground/ask/pick.ts';
import { packagedRunner } from '../../ground/connection/connect.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { say } from '../../ground/problem/offer.ts';

/** Whether a run may have a tree that is kept. */
export const hasTree = (state: RunSummary): boolean =>
  state.tree.status === 'prepared' && (!isTerminal(state) || isResumable(state));

/** *Open Terminal in Run's Sandbox*: `longhaul shell`, which says itself what it is and why there is none. */
export const openShell = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, {
    title: t('Longhaul: Sandbox of Which Run?'),
    none: t('No run stands still with a tree that is kept.'),
    among: (states) => states.filter((one) => hasTree(one) && one.status !== 'working'),
  });
  if (state === undefined) return;
  await longhaul.connection.api();
  if (longhaul.connection.state.status !== 'connected' || !longhaul.connection.state.local)
    return say(
      t('The tree of this run is with its runner, on another machine. Type there: longhaul shell {0}', state.number),
    );
  const { home, node, cli } = await packagedRunner(longhaul.extension);
  vscode.window
    .createTerminal({
      name: t('#{0} Sandbox', state.number),
      iconPath: new vscode.ThemeIcon('rocket'),
      shellPath: node,
      shellArgs: [cli, '--home', home, 'shell', state.id],
      // What the runner has besides, a model's key among it, is nothing to it.
      env: { ELECTRON_RUN_AS_NODE: '1', LONGHAUL_URL: null },
      // A copy that was made for it is gone with it.
      isTransient: true,
    })
    .show();
};
