import { execFile } from 'node:child_process';
import path from 'node:path';
import * as vscode from 'vscode';

const twofold = 'a total is a whole number of cents';

/**
 * An extension beside ours that shows the sample's tests in the Testing view and runs them, as those for real frameworks do: a file with
 * one test that passes, one that fails, and one that says twice why it fails, which VS Code lists in another way.
 */
export const activate = (extension: vscode.ExtensionContext): void => {
  const controller = vscode.tests.createTestController('shop-tests', 'Shop Tests');
  extension.subscriptions.push(controller);
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder === undefined) return;
  const uri = vscode.Uri.joinPath(folder.uri, 'test', 'cart.test.js');
  const file = controller.createTestItem('file', 'cart.test.js', uri);
  controller.items.add(file);
  const discovered = vscode.workspace.openTextDocument(uri).then((document) => {
    for (const name of ['an empty cart costs nothing', 'ten apples get a tenth off', twofold]) {
      const item = controller.createTestItem(name, name, uri);
      const start = document.positionAt(document.getText().indexOf(`test('${name}'`));
      item.range = new vscode.Range(start, start);
      file.children.add(item);
    }
  });
  controller.createRunProfile('Run', vscode.TestRunProfileKind.Run, async (request) => {
    await discovered;
    const run = controller.createTestRun(request);
    const asked = request.include ?? [file];
    const items = asked.flatMap((item) => (item === file ? [...file.children].map(([, child]) => child) : [item]));
    for (const item of items) {
      const failure = await failureOf(folder.uri.fsPath, item.label);
      if (failure === null) run.passed(item);
      else {
        const messages = item.label === twofold ? [failure, 'not a whole number'] : [failure];
        run.failed(
          item,
          messages.map((text) => messageAt(text, item)),
        );
      }
    }
    run.end();
  });
};

const messageAt = (text: string, { uri, range }: vscode.TestItem): vscode.TestMessage => {
  const message = new vscode.TestMessage(text);
  if (uri !== undefined && range !== undefined) message.location = new vscode.Location(uri, range);
  return message;
};

/** Null: it passes. */
const failureOf = (folder: string, name: string): Promise<string | null> =>
  new Promise((resolve) => {
    const args = ['--test', '--test-reporter=tap', `--test-name-pattern=^${name}$`, path.join('test', 'cart.test.js')];
    execFile(process.execPath, args, { cwd: folder, env: { PATH: process.env['PATH'] } }, (error, out) => {
      const [expected, actual] = ['expected', 'actual'].map((key) => new RegExp(`${key}: (.*)`).exec(out)?.[1]);
      resolve(error === null ? null : `expected ${expected ?? '?'}, got ${actual ?? '?'}`);
    });
  });
