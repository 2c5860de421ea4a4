// oxlint-disable-next-line import/no-unassigned-import -- the language, before any text is made
import './language.ts';
import * as vscode from 'vscode';
import { participantOf, type Participant } from './features/chat/participant.ts';
import { chatTools } from './features/chat/tools.ts';
import { registerAutomations } from './features/automations/index.ts';
import { registerAppliedMarks } from './features/decorations/applied.ts';
import { registerDecorations } from './features/decorations/index.ts';
import { registerDecide } from './features/decide/index.ts';
import { registerDelegate } from './features/delegate/delegate.ts';
import { registerSetUp } from './features/set-up/index.ts';
import { registerPutAway } from './features/runs/put-away.ts';
import { registerSteer } from './features/runs/steer.ts';
import { createConnection } from './ground/connection/connect.ts';
import type { Longhaul } from './ground/longhaul.ts';
import { registerHistory } from './features/history/index.ts';
import { registerPages } from './features/run-page/index.ts';
import { registerPublish } from './features/publish/index.ts';
import { registerRunTree } from './features/run-tree/index.ts';
import { registerReview } from './features/review/index.ts';
import { createPending } from './ground/runs/pending.ts';
import { Runs } from './ground/runs/runs.ts';
import { AppliedRounds } from './ground/runs/applied.ts';
import { UnseenEnds } from './ground/runs/unseen.ts';
import { rememberOpenRuns } from './features/runs/open-runs.ts';
import { registerViews } from './views.ts';

/** The loaded extension, as far as its doors need it. */
export interface Parts extends vscode.Disposable {
  readonly longhaul: Longhaul;
  readonly restorePage: (panel: vscode.WebviewPanel, state: unknown) => void;
  readonly participant: Participant;
  readonly tools: ReturnType<typeof chatTools>;
}

/** Wires the parts together. No I/O: the first of them that needs a runner looks for it. */
export const openParts = (extension: vscode.ExtensionContext): Parts => {
  const log = vscode.window.createOutputChannel('Longhaul', { log: true });
  const connection = createConnection(extension, log);
  const runs = new Runs(connection, { log, changes: new vscode.EventEmitter(), firsts: new vscode.EventEmitter() });
  const unseen = new UnseenEnds(runs, extension.globalState);
  const applied = new AppliedRounds(extension.globalState);
  const pending = createPending(new vscode.EventEmitter());
  const longhaul: Longhaul = { connection, runs, unseen, applied, pending, extension, log };
  const pages = registerPages(longhaul);
  const others = [
    registerViews,
    registerDecide,
    registerDecorations,
    registerAppliedMarks,
    registerSteer,
    registerPutAway,
    registerRunTree,
    registerSetUp,
    registerReview,
    registerPublish,
    registerDelegate,
    registerHistory,
    registerAutomations,
    rememberOpenRuns,
  ].map((register) => register(longhaul));
  const all = vscode.Disposable.from(log, connection, runs, unseen, applied, pending, pages, ...others);
  return {
    longhaul,
    restorePage: (panel, state) => pages.restore(panel, state),
    participant: participantOf(longhaul),
    tools: chatTools(longhaul),
    dispose: () => all.dispose(),
  };
};
