import * as vscode from 'vscode';
import { eventually } from './world.ts';

/** Review documents of a run that are open. */
export const reviewDocuments = (run: string): readonly vscode.TextDocument[] =>
  vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === 'longhaul-review' && uri.authority === run);

/** Opens a run's changes. Resolves when the multi-file diff stands and has read what it shows. Returns the ms it took. */
export const openReview = async (run: string): Promise<number> => {
  const began = performance.now();
  await vscode.commands.executeCommand('longhaul.review', run);
  await eventually(vscode.window.tabGroups.onDidChangeTabs, () =>
    vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).some(({ label }) => label.includes('(round '))
      ? true
      : null,
  );
  await eventually(vscode.workspace.onDidOpenTextDocument, () => (reviewDocuments(run).length > 0 ? true : null));
  return performance.now() - began;
};

/** Accepts and applies all changes of a run. */
export const applyAll = async (run: string): Promise<void> => {
  await vscode.commands.executeCommand('longhaul.review', run);
  await vscode.commands.executeCommand('longhaul.review.acceptAll');
  await vscode.commands.executeCommand('longhaul.applyAccepted', run);
};
