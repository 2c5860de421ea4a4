import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { referencesOf, type Found } from '../../ground/delegation/references.ts';
import { pathWithin } from '../../ground/repository/repository.ts';

/** Places that a name can mean before it says nothing any more. */
const mostPlaces = 5;

interface Looked {
  readonly found: readonly Found[];
  /** Files, as they were named, that are not in the repository. */
  readonly missing: readonly string[];
}

/** Looks for what a goal names. A symbol that no language knows is a word like any other. */
export const findReferences = async (root: string, goal: string): Promise<Looked> => {
  const { files, symbols } = referencesOf(goal);
  const ofFiles = await Promise.all(
    files.map(async (name) => ({ name: `#file:${name}`, places: await filesOf(root, name) })),
  );
  const ofSymbols = await Promise.all(
    symbols.map(async (name) => ({ name: `@${name}`, places: await symbolsOf(root, name) })),
  );
  return {
    found: [...ofFiles, ...ofSymbols].filter(({ places }) => places.length > 0),
    missing: ofFiles.flatMap(({ name, places }) => (places.length === 0 ? [name] : [])),
  };
};

const isInside = (relative: string): boolean =>
  relative !== '..' && !relative.startsWith('../') && !path.isAbsolute(relative);

/** By its path from the root, or by its name alone, as chat shows files. */
const filesOf = async (root: string, name: string): Promise<readonly string[]> => {
  const relative = await pathWithin(root, path.resolve(root, name));
  const there = await stat(path.join(root, relative)).catch(() => null);
  if (there !== null && isInside(relative)) return [relative];
  if (/[\\/*?{}[\]]/.test(name)) return [];
  const pattern = new vscode.RelativePattern(vscode.Uri.file(root), `**/${name}`);
  const found = await vscode.workspace.findFiles(pattern, undefined, mostPlaces);
  return (await Promise.all(found.map(({ fsPath }) => pathWithin(root, fsPath)))).filter(isInside).toSorted();
};

const symbolsOf = async (root: string, name: string): Promise<readonly string[]> => {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const found = await vscode.commands.executeCommand<readonly vscode.SymbolInformation[] | undefined>(
    'vscode.executeWorkspaceSymbolProvider',
    last,
  );
  const exact = (found ?? []).filter(
    ({ name: called, location }) => called.replace(/\(.*$/, '') === last && location.uri.scheme === 'file',
  );
  const places = await Promise.all(
    exact.slice(0, mostPlaces).map(async ({ location: { uri, range } }) => {
      const file = await pathWithin(root, uri.fsPath);
      return isInside(file) ? [`${file}:${range.start.line + 1}`] : [];
    }),
  );
  return [...new Set(places.flat())];
};
