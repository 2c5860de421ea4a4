import * as vscode from 'vscode';
import { repositoryOf } from './repository.ts';

export type ChosenRepository =
  | { readonly outcome: 'chosen'; readonly root: string }
  | { readonly outcome: 'dismissed' }
  | { readonly outcome: 'failed'; readonly message: string; readonly remedy: string };

const failed = (message: string, remedy: string): ChosenRepository => ({ outcome: 'failed', message, remedy });

/** The repository of the files; without files the workspace's, or one that the person picks. */
export const chooseRepository = async (files: readonly string[]): Promise<ChosenRepository> => {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const places = files.length > 0 ? files : folders.map(({ uri }) => uri.fsPath);
  if (places.length === 0)
    return failed('No folder is open.', 'Open the folder of a git repository, then delegate work on it.');
  const found = await Promise.all(places.map(repositoryOf));
  const failure = found.find((one) => one.outcome === 'failed');
  if (failure?.outcome === 'failed') return failed(failure.message, 'Longhaul: Doctor says what is missing.');
  const roots = [...new Set(found.flatMap((one) => (one.outcome === 'found' ? [one.root] : [])))];
  const [only, ...others] = roots;
  if (only === undefined)
    return failed(
      `${places[0] ?? 'This folder'} is in no git repository.`,
      'Agents work on a copy that git makes: run "git init" there and commit once.',
    );
  if (others.length === 0) return { outcome: 'chosen', root: only };
  if (files.length > 0)
    return failed('The files are in several repositories.', 'Delegate for one repository at a time.');
  const picked = await vscode.window.showQuickPick(roots, {
    title: 'Delegate to Background Agent',
    placeHolder: 'In which repository?',
  });
  return picked === undefined ? { outcome: 'dismissed' } : { outcome: 'chosen', root: picked };
};
