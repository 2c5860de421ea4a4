import * as vscode from 'vscode';
import { participantOf, type Participant } from './chat/participant.ts';
import { delegateTool, type DelegateTool } from './chat/tool.ts';
import { registerDecide } from './commands/decide/index.ts';
import { registerDelegate } from './commands/delegate.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerKeys } from './commands/key.ts';
import { registerRunner } from './commands/runner.ts';
import { registerSteer } from './commands/steer.ts';
import { createConnection } from './connection/connect.ts';
import type { Longhaul } from './context.ts';
import { registerHistory } from './history/index.ts';
import { registerPages } from './pages/index.ts';
import { registerReview } from './review/index.ts';
import { createRuns } from './state/live-runs.ts';
import { rememberOpenRuns } from './state/open-runs.ts';
import { registerViews } from './views/index.ts';

/** The loaded extension, as far as its doors need it. */
export interface Parts extends vscode.Disposable {
  readonly longhaul: Longhaul;
  readonly restorePage: (panel: vscode.WebviewPanel, state: unknown) => void;
  readonly participant: Participant;
  readonly tool: DelegateTool;
}

/** Wires the parts together. No I/O: the first of them that needs a runner looks for it. */
export const openParts = (extension: vscode.ExtensionContext): Parts => {
  const log = vscode.window.createOutputChannel('Longhaul', { log: true });
  const connection = createConnection(extension, log);
  const runs = createRuns(connection, log);
  const longhaul: Longhaul = { connection, runs, extension, log };
  const pages = registerPages(longhaul);
  const others = [
    registerViews,
    registerDecide,
    registerSteer,
    registerRunner,
    registerKeys,
    registerDoctor,
    registerReview,
    registerDelegate,
    registerHistory,
    rememberOpenRuns,
  ].map((register) => register(longhaul));
  const all = vscode.Disposable.from(log, connection, runs, pages, ...others);
  return {
    longhaul,
    restorePage: (panel, state) => pages.restore(panel, state),
    participant: participantOf(longhaul),
    tool: delegateTool(longhaul),
    dispose: () => all.dispose(),
  };
};
