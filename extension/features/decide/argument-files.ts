import * as vscode from 'vscode';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import type { Field } from '../../ground/decision/field.ts';
import { fileSystem } from '../../ground/files/files.ts';

export const scheme = 'longhaul-arguments';

export interface ArgumentFile {
  content: Uint8Array;
  changedAt: number;
  readonly summary: DecisionSummary;
  /** The one field that it holds; null: it holds all arguments, as JSON. */
  readonly field: Field | null;
  /** What it was opened with. */
  readonly asked: string;
  /** What became of the decision; null: it is open. */
  became: string | null;
}

const files = new Map<string, ArgumentFile>();
const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();

export const put = (uri: vscode.Uri, text: string, of: Pick<ArgumentFile, 'summary' | 'field'>): void => {
  files.set(uri.toString(), {
    content: new TextEncoder().encode(text),
    changedAt: Date.now(),
    ...of,
    asked: text,
    became: null,
  });
  changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
};

export const forget = (uri: vscode.Uri): void => {
  files.delete(uri.toString());
};

/** Those whose decision is open, by their addresses. */
export const openFiles = (): readonly { readonly uri: vscode.Uri; readonly file: ArgumentFile }[] =>
  [...files].flatMap(([uri, file]) => (file.became === null ? [{ uri: vscode.Uri.parse(uri), file }] : []));

/** What became of the decision of a document; null: it is open, or there is none. */
export const becameHere = (uri: vscode.Uri): string | null => files.get(uri.toString())?.became ?? null;

/** What is known of a document; undefined: it is none of an open window's. */
export const argumentsIn = (uri: vscode.Uri): Pick<ArgumentFile, 'summary' | 'field'> | undefined =>
  files.get(uri.toString());

const fileOf = (uri: vscode.Uri): ArgumentFile => {
  const file = files.get(uri.toString());
  // A window that was closed meanwhile: its documents come back without their decision.
  if (file === undefined) throw vscode.FileSystemError.FileNotFound(uri);
  return file;
};

/**
 * Arguments under edit, in memory: real documents that can be saved and closed without a question about where to, and
 * that leave nothing on a disk.
 */
export const registerArgumentFiles = (): vscode.Disposable =>
  vscode.workspace.registerFileSystemProvider(
    scheme,
    fileSystem({
      onDidChangeFile: changed.event,
      stat: (uri) => {
        const { content, changedAt } = fileOf(uri);
        return { type: vscode.FileType.File, ctime: 0, mtime: changedAt, size: content.byteLength };
      },
      readFile: (uri) => fileOf(uri).content,
      writeFile: (uri, content) => void Object.assign(fileOf(uri), { content, changedAt: Date.now() }),
    }),
    { isCaseSensitive: true },
  );
