import * as vscode from 'vscode';

/** As many as Longhaul lists before it has read all. */
const rows = Array.from({ length: 50 }, (_, index) => `Row ${index + 1}`);

/** An extension beside ours with the least that a view can be: rows that are there at once. What it takes to open is what VS Code takes. */
export const activate = (extension: vscode.ExtensionContext): void => {
  const treeDataProvider: vscode.TreeDataProvider<string> = {
    getTreeItem: (row) => new vscode.TreeItem(row),
    getChildren: (row) => (row === undefined ? rows : []),
  };
  extension.subscriptions.push(vscode.window.createTreeView('bare.rows', { treeDataProvider }));
};
