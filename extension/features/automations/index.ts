import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Status } from '../../../shared/run/state.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { restricted, whereTrusted } from '../../ground/problem/where-trusted.ts';
import type { Runs } from '../../ground/runs/runs.ts';
import { createAutomations, type Automations } from './automations.ts';
import { enable, pause, runNow } from './change.ts';
import { openDefinition, showFirings } from './look.ts';
import { newAutomation } from './new/index.ts';
import { createAutomationsTree } from './tree.ts';

const viewId = 'longhaul.automations';

/** The runner begins what is due then a moment later. ms. */
const dueMs = 5_000;
/** The longest that a timer can wait, ms. */
const longestMs = 2 ** 31 - 1;

/** The view *Automations*: what begins runs by itself. Nothing is read before somebody looks at it. */
export const registerAutomations = (longhaul: Longhaul): vscode.Disposable => {
  const { connection, runs, log } = longhaul;
  const automations = createAutomations(longhaul);
  const readNow = (): void => {
    if (connection.state.status === 'offline') return;
    // Connects, and says so in the other views.
    runs.all();
    const reading = automations.refresh();
    const shown =
      automations.all === null ? vscode.window.withProgress({ location: { viewId } }, () => reading) : reading;
    Promise.resolve(shown).catch((error: unknown) => log.warn(`automations: ${String(error)}`));
  };
  const tree = createAutomationsTree(longhaul, automations, readNow);
  const view = vscode.window.createTreeView(viewId, {
    treeDataProvider: tree.treeDataProvider,
    showCollapseAll: true,
  });
  let due: NodeJS.Timeout | undefined;

  const refresh = (): void => {
    if (view.visible) readNow();
  };
  const draw = (): void => {
    const { state } = connection;
    const all = automations.all ?? [];
    const offline = state.status === 'offline' && all.length > 0 ? t('Offline: {0}', state.reason) : '';
    const limits = all.length === 0 || vscode.workspace.isTrusted ? '' : restricted;
    view.message = [offline || limits, automations.trouble].filter(Boolean).join(' ');
    void vscode.commands.executeCommand('setContext', 'longhaul.automationsRead', automations.all !== null);
  };
  /** Has them read again when the next one is due. */
  const wait = (): void => {
    clearTimeout(due);
    const times = (automations.all ?? []).flatMap(({ listed }) => listed?.nextAt ?? []).map((at) => Date.parse(at));
    if (times.length === 0) return;
    const ms = Math.max(0, Math.min(...times) - Date.now()) + dueMs;
    due = setTimeout(refresh, Math.min(ms, longestMs));
  };

  const isNews = newsOf(runs, automations);

  draw();
  // A commit is written there, whoever makes it.
  const commits = vscode.workspace.createFileSystemWatcher('**/.git/logs/HEAD');
  return vscode.Disposable.from(
    automations,
    view,
    commits,
    commits.onDidChange(refresh),
    commits.onDidCreate(refresh),
    vscode.workspace.onDidCreateFiles(refresh),
    vscode.workspace.onDidDeleteFiles(refresh),
    vscode.workspace.onDidRenameFiles(refresh),
    automations.onDidChange(() => {
      tree.redraw();
      draw();
      wait();
    }),
    view.onDidChangeVisibility(({ visible }) => visible && refresh()),
    runs.onDidChange((changed) => {
      tree.refresh(changed);
      if (isNews(changed)) refresh();
    }),
    connection.onDidChangeState(({ status }) => {
      draw();
      if (status === 'connected') refresh();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(draw),
    vscode.workspace.onDidChangeWorkspaceFolders(refresh),
    new vscode.Disposable(() => clearTimeout(due)),
    registerAutomationCommands(longhaul, automations),
  );
};

/** Of the repositories that are listed, a run that is new, or another state of one, may be what came of a trigger. */
const newsOf = (runs: Runs, automations: Automations): ((changed: ReadonlySet<string>) => boolean) => {
  const statuses = new Map<string, Status>();
  return (changed) => {
    const listed = new Set((automations.all ?? []).map(({ repository }) => repository));
    let isNews = false;
    for (const id of changed) {
      const run = runs.get(id);
      if (run === undefined || statuses.get(id) === run.status) continue;
      statuses.set(id, run.status);
      isNews ||= listed.has(run.task.repository);
    }
    return isNews;
  };
};

const registerAutomationCommands = (longhaul: Longhaul, automations: Automations): vscode.Disposable =>
  registerCommands({
    'longhaul.pauseAutomation': (of) => pause(longhaul, automations, of),
    'longhaul.openAutomation': (of) => openDefinition(longhaul, automations, of),
    'longhaul.showFirings': (of) => showFirings(longhaul, automations, of),
    'longhaul.refreshAutomations': () => automations.refresh(),
    ...whereTrusted({
      'longhaul.runAutomation': (of) => runNow(longhaul, automations, of),
      'longhaul.enableAutomation': (of) => enable(longhaul, automations, of),
      'longhaul.newAutomation': async () => {
        await newAutomation(longhaul);
        if (automations.all !== null) await automations.refresh();
      },
    }),
  });
