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

/** What stands above the lines of a document, in their order. */
export const lensesOf = async (uri: vscode.Uri): Promise<readonly vscode.Command[]> => {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 1000);
  return lenses.flatMap(({ command }) => command ?? []);
};

/** The same, only what is said and not what can be done. */
export const saidIn = async (uri: vscode.Uri): Promise<readonly string[]> =>
  (await lensesOf(uri)).filter(({ command }) => command === '').map(({ title }) => title);

/** Opens the changes of one file. Resolves with the tab that shows them. */
export const openFile = async (run: string, path: string): Promise<vscode.Tab> => {
  await vscode.commands.executeCommand('longhaul.review.openFile', { run, path });
  return eventually(vscode.window.tabGroups.onDidChangeTabs, () => {
    const { activeTab } = vscode.window.tabGroups.activeTabGroup;
    return activeTab?.label.startsWith(path) === true ? activeTab : null;
  });
};
