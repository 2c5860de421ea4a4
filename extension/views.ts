import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Longhaul } from './ground/longhaul.ts';
import { restricted } from './ground/problem/where-trusted.ts';
import { countsOf, countsText, needsOf } from './features/needs-you/needs.ts';
import { registerAsking } from './features/needs-you/asking.ts';
import { registerSeen } from './features/needs-you/seen.ts';
import { needsYouTree } from './features/needs-you/tree.ts';
import { registerNotifications } from './features/needs-you/notifications.ts';
import { registerListing } from './features/runs/listing-commands.ts';
import { filterText } from './features/runs/listing.ts';
import { createRunsTree } from './features/runs/tree.ts';
import { registerStatusBar } from './features/needs-you/status-bar.ts';

/** ms between looks at the clock while a run that is at work is on the screen. */
const tickMs = 5_000;

/** The two trees, their badge and welcomes, the status bar and the notifications. */
export const registerViews = (longhaul: Longhaul): vscode.Disposable => {
  const { connection, runs, unseen, applied, pending } = longhaul;
  const needsYou = needsYouTree(longhaul);
  const listing = registerListing(longhaul);
  const runsTree = createRunsTree(longhaul, listing.current);
  const needsYouView = vscode.window.createTreeView('longhaul.needsYou', needsYou);
  const runsView = vscode.window.createTreeView('longhaul.runs', {
    treeDataProvider: runsTree.treeDataProvider,
    showCollapseAll: true,
  });

  const drawBadge = (): void => {
    const counts = countsOf(needsOf(longhaul));
    const value = counts.waiting + counts.ended;
    needsYouView.badge = value === 0 ? undefined : { value, tooltip: countsText(counts) };
    void vscode.commands.executeCommand('setContext', 'longhaul.unseenEnds', counts.ended > 0);
  };
  const drawConnection = (): void => {
    const { state } = connection;
    // Set after the first list has come: an empty list and one that was not read yet are not the same.
    void vscode.commands.executeCommand('setContext', 'longhaul.connected', runs.loaded && state.status !== 'offline');
    void vscode.commands.executeCommand('setContext', 'longhaul.offline', state.status === 'offline');
    // Where nothing is listed yet the welcome says it, and gives the ways out.
    const offline = state.status === 'offline' && runs.loaded ? t('Offline: {0}', state.reason) : '';
    const limits = vscode.workspace.isTrusted ? '' : restricted;
    const needs = runs.loaded ? countsOf(needsOf(longhaul)) : { waiting: 0, ended: 0 };
    needsYouView.message = offline || (needs.waiting + needs.ended > 0 ? limits : '');
    const listed = runs.loaded && runs.all().length > 0 ? limits : '';
    const left = runs.leavesOut ? t('Older runs that are over are in the history alone.') : '';
    runsView.message = [offline || listed, filterText(listing.current()), left].filter(Boolean).join(' ');
  };
  const drawNeeds = (): void => {
    if (!runs.loaded) return;
    needsYou.redraw();
    drawBadge();
  };
  const redraw = (changed: ReadonlySet<string>): void => {
    drawNeeds();
    runsTree.refresh(changed);
    drawConnection();
  };
  const clock = setInterval(() => {
    if (runsView.visible && connection.state.status === 'connected') runsTree.tick();
  }, tickMs);

  return vscode.Disposable.from(
    needsYouView,
    runsView,
    runs.onDidChange(redraw),
    runs.onDidReadFirst(() => runsTree.redraw()),
    unseen.onDidChange(drawNeeds),
    applied.onDidChange(drawNeeds),
    // Ends may have been seen in another window meanwhile.
    vscode.window.onDidChangeWindowState(drawNeeds),
    pending.onDidChange(redraw),
    vscode.workspace.onDidGrantWorkspaceTrust(drawConnection),
    connection.onDidChangeState(drawConnection),
    listing,
    listing.onDidChange(() => {
      runsTree.redraw();
      drawConnection();
    }),
    runsTree,
    runsView.onDidCollapseElement(({ element }) => runsTree.folded(element)),
    new vscode.Disposable(() => clearInterval(clock)),
    registerSeen(longhaul),
    registerAsking(longhaul),
    registerStatusBar(longhaul),
    registerNotifications(longhaul),
  );
};
