import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { doing, type Deeds } from '../problem/offer.ts';
import { repositoryOf } from './repository.ts';

export type ChosenRepository =
  | { readonly outcome: 'chosen'; readonly root: string }
  | { readonly outcome: 'dismissed' }
  /** `deeds`: what the editor can do about it. */
  | { readonly outcome: 'failed'; readonly message: string; readonly remedy: string; readonly deeds: Deeds };

const failed = (message: string, remedy: string, deeds: Deeds = {}): ChosenRepository => ({
  outcome: 'failed',
  message,
  remedy,
  deeds,
});

/** The repository of the files; without files the workspace's, or one that the person picks. */
export const chooseRepository = async (files: readonly string[]): Promise<ChosenRepository> => {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const places = files.length > 0 ? files : folders.map(({ uri }) => uri.fsPath);
  if (places.length === 0)
    return failed(t('No folder is open.'), t('Open the folder of a git repository, then delegate work on it.'), {
      [t('Open Folder')]: doing('vscode.openFolder'),
    });
  const found = await Promise.all(places.map(repositoryOf));
  const failure = found.find((one) => one.outcome === 'failed');
  if (failure?.outcome === 'failed')
    return failed(failure.message, t('The doctor says what is missing.'), {
      [t('Check with Doctor')]: doing('longhaul.doctor'),
    });
  const roots = [...new Set(found.flatMap((one) => (one.outcome === 'found' ? [one.root] : [])))];
  const [only, ...others] = roots;
  if (only === undefined)
    return failed(
      t('{0} is in no git repository.', places[0] ?? ''),
      t('Agents work on a copy that git makes: initialize a repository there, then delegate again.'),
      // VS Code's own, which asks for the folder where several are open.
      { [t('Initialize Repository')]: doing('git.init', true) },
    );
  if (others.length === 0) return { outcome: 'chosen', root: only };
  if (files.length > 0)
    return failed(t('The files are in several repositories.'), t('Delegate for one repository at a time.'));
  const items = roots.map((root) => ({ label: path.basename(root), description: root, root }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: t('In which repository?'),
    matchOnDescription: true,
  });
  return picked === undefined ? { outcome: 'dismissed' } : { outcome: 'chosen', root: picked.root };
};
