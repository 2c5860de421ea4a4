import * as vscode from 'vscode';

type Own = Pick<vscode.FileSystemProvider, 'stat' | 'readFile'> & Partial<vscode.FileSystemProvider>;

/** A file system of documents that are known by their addresses alone: nothing in it is made, moved or deleted, and nobody writes what it does not let them. */
export const fileSystem = (own: Own): vscode.FileSystemProvider => {
  const refuse = (uri: vscode.Uri): never => {
    throw vscode.FileSystemError.NoPermissions(uri);
  };
  const nothing = (): vscode.Disposable => new vscode.Disposable(() => {});
  return {
    onDidChangeFile: nothing,
    watch: nothing,
    readDirectory: refuse,
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
    ...own,
  };
};
