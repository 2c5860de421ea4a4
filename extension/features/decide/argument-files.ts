import * as vscode from 'vscode';
import type { DecisionSummary } from '../../../shared/run/summary.ts';

export const scheme = 'longhaul-arguments';

interface ArgumentFile {
  content: Uint8Array;
  changedAt: number;
  readonly summary: DecisionSummary;
}

/**
 * Arguments under edit, in memory: real documents that can be saved and closed without a question about where to, and
 * that leave nothing on a disk.
 */
export class ArgumentFiles implements vscode.FileSystemProvider {
  readonly #files = new Map<string, ArgumentFile>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  put(uri: vscode.Uri, text: string, summary: DecisionSummary): void {
    this.#files.set(uri.toString(), { content: new TextEncoder().encode(text), changedAt: Date.now(), summary });
    this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  forget(uri: vscode.Uri): void {
    this.#files.delete(uri.toString());
  }

  summaryOf(uri: vscode.Uri): DecisionSummary | undefined {
    return this.#files.get(uri.toString())?.summary;
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { content, changedAt } = this.#file(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime: changedAt, size: content.byteLength };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.#file(uri).content;
  }

  writeFile(uri: vscode.Uri, content: Uint8Array): void {
    const file = this.#file(uri);
    file.content = content;
    file.changedAt = Date.now();
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  #file(uri: vscode.Uri): ArgumentFile {
    const file = this.#files.get(uri.toString());
    // A window that was closed meanwhile: its documents come back without their decision.
    if (file === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return file;
  }
}
