import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { fileSystem } from '../../ground/files/files.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { addressOf, rootName, treeScheme } from './address.ts';
import { placeOf } from './folders.ts';
import type { Trees } from './trees.ts';

/** Serves the files and folders of trees that runs saved. Nobody can write them, and what a link leads to is not there. */
export const registerTreeFiles = (trees: Trees): vscode.Disposable => {
  const files = fileSystem({
    stat: async (uri) => {
      const { run, tree, path } = known(uri);
      if (path === null) return folder;
      const { folders } = await told(trees.list(run, tree));
      if (folders.has(path)) return folder;
      const place = placeOf(path);
      if (folders.get(place.folder)?.get(place.name) !== 'file') throw vscode.FileSystemError.FileNotFound(uri);
      const { byteLength: size } = await told(trees.content(run, tree, path));
      return { ...folder, type: vscode.FileType.File, size };
    },
    readFile: async (uri) => {
      const { run, tree, path } = known(uri);
      if (path === null) throw vscode.FileSystemError.FileIsADirectory(uri);
      return told(trees.content(run, tree, path));
    },
    readDirectory: async (uri) => {
      const { run, number, tree, path } = known(uri);
      if (path === null) return [[rootName(number), vscode.FileType.Directory]];
      const names = (await told(trees.list(run, tree))).folders.get(path);
      if (names === undefined) throw vscode.FileSystemError.FileNotFound(uri);
      return [...names].map(([name, kind]) => [
        name,
        kind === 'folder' ? vscode.FileType.Directory : vscode.FileType.File,
      ]);
    },
  });
  return vscode.workspace.registerFileSystemProvider(treeScheme, files, {
    isCaseSensitive: true,
    isReadonly: new vscode.MarkdownString(t('This is as the run saved it. Nothing that you do here reaches the run.')),
  });
};

const folder: vscode.FileStat = {
  type: vscode.FileType.Directory,
  ctime: 0,
  mtime: 0,
  size: 0,
  permissions: vscode.FilePermission.Readonly,
};

const known = (uri: vscode.Uri): NonNullable<ReturnType<typeof addressOf>> => {
  const address = addressOf(uri);
  if (address === null) throw vscode.FileSystemError.FileNotFound(uri);
  return address;
};

/** What the runner refuses is said in the place of the document. */
const told = async <Value>(asked: Promise<Value>): Promise<Value> => {
  try {
    return await asked;
  } catch (error) {
    const { message, remedy } = problemOf(error);
    throw vscode.FileSystemError.Unavailable([message, remedy].filter(Boolean).join(' '));
  }
};
