import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { visible } from '../../../shared/text/clean.ts';
import { runFor } from '../../ground/ask/pick.ts';
import { untilHidden } from '../../ground/ask/until-hidden.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { whereTrusted } from '../../ground/problem/where-trusted.ts';
import { uriParts } from './address.ts';
import { registerTreeFiles } from './file-system.ts';
import { filesWith, placeOf } from './folders.ts';
import { hasTree, openShell } from './shell.ts';
import { createTrees, type Trees } from './trees.ts';

/**
 * *Open Run's Tree*: its files by name, each as a document that nobody can write. It is no folder of the workspace, which would change the
 * person's, and no window, in which nothing else of theirs is at hand.
 */
export const registerRunTree = (longhaul: Longhaul): vscode.Disposable => {
  const trees = createTrees(longhaul.connection);
  return vscode.Disposable.from(
    registerTreeFiles(trees),
    registerCommands({
      'longhaul.openTree': (argument) => openTree(longhaul, trees, argument),
      ...whereTrusted({ 'longhaul.openShell': (argument) => openShell(longhaul, argument) }),
    }),
  );
};

const openTree = async (longhaul: Longhaul, trees: Trees, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, {
    title: t('Longhaul: Tree of Which Run?'),
    none: t('No run has a tree that is kept.'),
    among: (states) => states.filter(hasTree),
  });
  if (state === undefined) return;
  const chosen = await pickFile(state, trees);
  if (chosen === undefined) return;
  if (chosen.outcome === 'failed') throw chosen.error;
  const { tree, path } = chosen;
  // What cannot be shown is said by a notice, and not by an editor.
  await trees.content(state.id, tree, path);
  await vscode.commands.executeCommand('vscode.open', uriOf(state, tree, path), { preview: true });
};

const uriOf = ({ id: run, number }: RunSummary, tree: string, path: string): vscode.Uri =>
  vscode.Uri.from(uriParts({ run, number, tree, path }));

/** Rows that VS Code is given at once: each is an address that it makes an icon of. */
const mostRows = 5_000;

interface FileRow extends vscode.QuickPickItem {
  readonly path: string;
}

type Picked =
  | { readonly outcome: 'chosen'; readonly tree: string; readonly path: string }
  | { readonly outcome: 'failed'; readonly error: unknown };

/** Lets a person find a file of the tree that a run saved last. Undefined: they dismissed it. */
const pickFile = async (state: RunSummary, trees: Trees): Promise<Picked | undefined> => {
  const list = vscode.window.createQuickPick<FileRow>();
  list.title = t('Longhaul: Tree of #{0} {1}', state.number, state.task.title);
  list.placeholder = t('Reading the names of its files…');
  list.matchOnDescription = true;
  list.busy = true;
  return untilHidden<Picked>(list, (end) => {
    trees.list(state.id, null).then(
      ({ tree, files, whole }) => {
        const draw = (): void => {
          list.items = filesWith(files, list.value, mostRows).map((path) => rowOf(path, uriOf(state, tree, path)));
        };
        // Where all are shown VS Code narrows them by itself.
        if (files.length > mostRows) list.onDidChangeValue(draw);
        list.onDidAccept(() => {
          const [row] = list.activeItems;
          if (row !== undefined) end({ outcome: 'chosen', tree, path: row.path });
        });
        list.busy = false;
        list.placeholder = placeholderOf(files.length, whole);
        draw();
      },
      (error: unknown) => end({ outcome: 'failed', error }),
    );
  });
};

const placeholderOf = (files: number, whole: boolean): string => {
  if (files === 0) return t('The tree is empty.');
  const count = files.toLocaleString('en-US');
  return whole
    ? t('Files by name or path, as the run saved them last ({0})', count)
    : t('Files by name or path, as the run saved them last (the first {0})', count);
};

/** Names are the agent's words: what VS Code would draw as a symbol is shown as it is written. */
const plain = (text: string): string => visible(text).replaceAll('$(', '\\$(');

const rowOf = (path: string, uri: vscode.Uri): FileRow => {
  const { folder, name } = placeOf(path);
  return {
    label: plain(name),
    // Without one VS Code says the address.
    description: folder === '' ? './' : plain(path),
    iconPath: vscode.ThemeIcon.File,
    resourceUri: uri,
    path,
  };
};
