import type * as vscode from 'vscode';

/** Shows an input until it is ended, and gives what it ended with; undefined: the person dismissed it. */
export const untilHidden = <End>(
  input: vscode.QuickInput,
  begin: (end: (value: End) => void) => void,
): Promise<End | undefined> =>
  new Promise((resolve) => {
    begin((value) => {
      resolve(value);
      input.hide();
    });
    input.onDidHide(() => {
      resolve(undefined);
      input.dispose();
    });
    input.show();
  });
