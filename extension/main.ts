import * as vscode from 'vscode';
import { createConnection } from './connection/connect.ts';
import type { Longhaul } from './context.ts';
import { createRuns } from './state/live-runs.ts';

/** Wires the parts together. No I/O: the first view or command that needs a runner looks for it. */
export const activate = (extension: vscode.ExtensionContext): void => {
  const log = vscode.window.createOutputChannel('Longhaul', { log: true });
  const connection = createConnection(extension, log);
  const runs = createRuns(connection, log);
  const longhaul: Longhaul = { connection, runs, extension, log };
  extension.subscriptions.push(log, connection, runs);
};
