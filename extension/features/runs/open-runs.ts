import * as vscode from 'vscode';
import { isTerminal } from '../../../shared/run/state.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { openRunsKey } from './open-runs-key.ts';

/** Keeps in mind, over restarts, whether there is a run that is not over, or whose end nobody has seen. */
export const rememberOpenRuns = ({ runs, unseen, extension }: Longhaul): vscode.Disposable => {
  const remember = (): void => {
    if (!runs.loaded) return;
    const open = runs.all().some((state) => !isTerminal(state)) || unseen.all().length > 0;
    if (extension.globalState.get<boolean>(openRunsKey) !== open) void extension.globalState.update(openRunsKey, open);
  };
  return vscode.Disposable.from(runs.onDidChange(remember), unseen.onDidChange(remember));
};
