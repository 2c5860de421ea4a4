import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { say } from '../../ground/problem/offer.ts';
import { changesIn, touchedFiles, touchedText, type Change, type Touched } from './touched.ts';

/**
 * Marks files that an open run has changed, wherever VS Code lists them, with *Open What the Agent Has* in their menus. Which files a run
 * has changed is read from the runner once for each of its patches.
 */
export const registerDecorations = (longhaul: Longhaul): vscode.Disposable => {
  const { runs, log } = longhaul;
  const changed = new vscode.EventEmitter<vscode.Uri[]>();
  const known = new Map<string, readonly string[]>();
  let touched: ReadonlyMap<string, readonly Touched[]> = new Map();
  /** One is read after the other: nothing waits for a mark, and much waits for the runner. */
  let reading: Promise<unknown> = Promise.resolve();

  /** Whether it could be read. */
  const read = async ({ run, soFar, patch }: Change): Promise<boolean> => {
    try {
      const api = await longhaul.connection.api();
      const { changes } = await api.runs.diff.query({ run, soFar });
      known.set(
        patch,
        changes.files.flatMap(({ before, after }) => after?.path ?? before?.path ?? []),
      );
      return true;
    } catch (error) {
      // It is asked for again with the run's next event: a mark is no reason to interrupt a person.
      known.delete(patch);
      log.warn(`files that run ${run} changes: ${String(error)}`);
      return false;
    }
  };

  const draw = (): void => {
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const changes = changesIn(runs.all(), folders);
    for (const patch of known.keys()) if (!changes.some((change) => change.patch === patch)) known.delete(patch);
    for (const change of changes.filter(({ patch }) => !known.has(patch))) {
      // Not asked for a second time while it waits for its turn, or its answer is on its way.
      known.set(change.patch, []);
      reading = reading.then(() => read(change)).then((done) => done && draw());
    }
    const before = touched;
    touched = touchedFiles(changes, ({ patch }) => known.get(patch) ?? []);
    const files = [...new Set([...before.keys(), ...touched.keys()])].filter(
      (file) => touchedText(before.get(file) ?? []) !== touchedText(touched.get(file) ?? []),
    );
    if (files.length === 0) return;
    void vscode.commands.executeCommand('setContext', 'longhaul.touched', [...touched.keys()]);
    changed.fire(files.map((file) => vscode.Uri.file(file)));
  };

  const decorations = vscode.window.registerFileDecorationProvider({
    onDidChangeFileDecorations: changed.event,
    provideFileDecoration: (uri) => {
      const own = uri.scheme === 'file' ? touched.get(uri.fsPath) : undefined;
      if (own === undefined) return undefined;
      return { badge: '◆', tooltip: touchedText(own), color: new vscode.ThemeColor('charts.blue') };
    },
  });
  const commands = registerCommands({
    'longhaul.openWhatTheAgentHas': async (argument) => {
      const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
      const own = uri === undefined ? undefined : touched.get(uri.fsPath);
      if (own === undefined) return say(t('No open run has changed this file.'));
      const chosen = await choose(own);
      if (chosen === undefined) return;
      const { run, path, soFar } = chosen;
      await vscode.commands.executeCommand('longhaul.review.openFile', { run, path, soFar });
    },
  });
  return vscode.Disposable.from(
    changed,
    decorations,
    commands,
    runs.onDidChange(draw),
    vscode.workspace.onDidChangeWorkspaceFolders(draw),
  );
};

const choose = async (touched: readonly Touched[]): Promise<Touched | undefined> => {
  if (touched.length <= 1) return touched[0];
  const rows = touched.map((one) => ({ label: one.title, description: `#${one.number}`, one }));
  return (await vscode.window.showQuickPick(rows, { title: t('Longhaul: Open What the Agent Has') }))?.one;
};
