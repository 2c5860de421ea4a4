import type * as vscode from 'vscode';
import { isTerminal } from '../../../shared/run/state.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { openRunsKey } from './open-runs-key.ts';

/** Keeps in mind, over restarts, whether there is a run that is not over. */
export const rememberOpenRuns = ({ runs, extension }: Longhaul): vscode.Disposable =>
  runs.onDidChange(() => {
    const open = runs.all().some((state) => !isTerminal(state));
    if (extension.globalState.get<boolean>(openRunsKey) !== open) void extension.globalState.update(openRunsKey, open);
  });
