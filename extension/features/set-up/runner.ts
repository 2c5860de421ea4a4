import { setTimeout as pause } from 'node:timers/promises';
import * as vscode from 'vscode';
import { ConnectionError } from '../../ground/connection/connection.ts';
import { findRunner, homeFolder, logFile } from '../../ground/connection/home.ts';
import { readSettings } from '../../ground/connection/settings.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommand, showProblem } from '../../ground/problem/problem.ts';

/** ms that a runner has to write down what it is writing, and between looks whether it has gone. */
const STOP_MS = 10_000;
const LOOK_MS = 50;

/** Looks for the runner anew. What is in the way is the connection's to tell, and is told once. */
export const reconnect = async ({ connection }: Longhaul): Promise<void> => {
  try {
    await connection.reconnect();
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
  }
};

const homeOf = (): string => homeFolder(process.env, readSettings().home, process.getuid?.());

/** Stops the runner of this machine, if it runs, and starts it with the settings and the key of now. Runs go on. */
export const restartRunner = async (longhaul: Longhaul): Promise<void> => {
  const { url } = readSettings();
  if (url === '') {
    const home = homeOf();
    const endpoint = await findRunner(home);
    if (endpoint !== null) {
      const { clientOf } = await import('../../../shared/client/client.ts');
      await clientOf(endpoint).runner.shutdown.mutate();
      const end = Date.now() + STOP_MS;
      while ((await findRunner(home)) !== null && Date.now() < end) await pause(LOOK_MS);
    }
  }
  await reconnect(longhaul);
};

const openRunnerLog = async (): Promise<void> => {
  if (readSettings().url !== '') {
    void vscode.window.showInformationMessage('The runner is on another machine; its log is there.');
    return;
  }
  await vscode.window.showTextDocument(vscode.Uri.file(logFile(homeOf())), { preview: true });
};

export const registerRunner = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(
    registerCommand('longhaul.reconnect', () => reconnect(longhaul)),
    registerCommand('longhaul.restartRunner', () => restartRunner(longhaul)),
    registerCommand('longhaul.openRunnerLog', openRunnerLog),
    registerCommand('longhaul.showLog', () => longhaul.log.show()),
    registerCommand('longhaul.focusNeedsYou', async () => {
      await vscode.commands.executeCommand('longhaul.needsYou.focus');
    }),
    registerCommand('longhaul.openWalkthrough', async () => {
      const { id } = longhaul.extension.extension;
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${id}#start`, false);
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      const { status } = longhaul.connection.state;
      if (
        status === 'idle' ||
        !(change.affectsConfiguration('longhaul.url') || change.affectsConfiguration('longhaul.home'))
      )
        return;
      reconnect(longhaul).catch(showProblem);
    }),
  );
