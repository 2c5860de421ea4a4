import * as vscode from 'vscode';
import { registerDecide } from './commands/decide/index.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerKeys } from './commands/key.ts';
import { registerRunner } from './commands/runner.ts';
import { registerSteer } from './commands/steer.ts';
import { createConnection } from './connection/connect.ts';
import type { Longhaul } from './context.ts';
import { registerChat } from './chat/index.ts';
import { registerDelegation } from './delegate/index.ts';
import { registerPages } from './pages/index.ts';
import { registerHistory } from './history/index.ts';
import { registerReview } from './review/index.ts';
import { createRuns } from './state/live-runs.ts';
import { registerViews } from './views/index.ts';

/** Wires the parts together. No I/O: the first view or command that needs a runner looks for it. */
export const activate = (extension: vscode.ExtensionContext): Longhaul | undefined => {
  const log = vscode.window.createOutputChannel('Longhaul', { log: true });
  const connection = createConnection(extension, log);
  const runs = createRuns(connection, log);
  const longhaul: Longhaul = { connection, runs, extension, log };
  const parts = [
    registerViews,
    registerDecide,
    registerSteer,
    registerRunner,
    registerKeys,
    registerDoctor,
    registerReview,
    registerDelegation,
    registerPages,
    registerChat,
    registerHistory,
  ];
  extension.subscriptions.push(log, connection, runs, ...parts.map((register) => register(longhaul)));
  // Tests inside of the extension host look at it; other extensions have no business with a person's runner.
  return extension.extensionMode === vscode.ExtensionMode.Test ? longhaul : undefined;
};
