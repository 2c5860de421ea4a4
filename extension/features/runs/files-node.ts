import * as vscode from 'vscode';
import { reviewFiles } from '../../../shared/review/review-file.ts';
import type { ChangedFile } from '../../../shared/run/artifacts.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { FactNode, plainTooltip, type Node } from '../../ground/node/node.ts';

interface FilesSource {
  readonly text: string;
  readonly connection: Connection;
  /** Not of the latest result, but of what the run has changed while it waits for a person. */
  readonly soFar: boolean;
}

/** The files that a run changes. Read from the runner when somebody looks at them. */
export class FilesNode implements Node {
  readonly #run: string;
  readonly #source: FilesSource;
  constructor(run: string, source: FilesSource) {
    this.#run = run;
    this.#source = source;
  }

  item(): vscode.TreeItem {
    const { text, soFar } = this.#source;
    const label = soFar ? 'Changed files so far' : 'Changed files';
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
    item.id = `run ${this.#run} files`;
    item.description = text;
    item.iconPath = new vscode.ThemeIcon('diff-multiple');
    item.accessibilityInformation = { label: `${label}: ${text}` };
    return item;
  }

  async children(): Promise<readonly Node[]> {
    try {
      const { connection, soFar } = this.#source;
      const api = await connection.api();
      const { changes } = await api.runs.diff.query({ run: this.#run, soFar });
      return reviewFiles(changes, []).map(({ path, file }) => new FileNode({ run: this.#run, path, file, soFar }));
    } catch (error) {
      const { message, remedy } = problemOf(error);
      const fact = { label: message, text: remedy, icon: 'warning' };
      return [new FactNode(`run ${this.#run} files trouble`, fact)];
    }
  }
}

const icons = {
  added: ['diff-added', 'gitDecoration.addedResourceForeground'],
  modified: ['diff-modified', 'gitDecoration.modifiedResourceForeground'],
  deleted: ['diff-removed', 'gitDecoration.deletedResourceForeground'],
  renamed: ['diff-renamed', 'gitDecoration.renamedResourceForeground'],
} as const;

interface Changed {
  readonly run: string;
  readonly path: string;
  readonly file: ChangedFile;
  readonly soFar: boolean;
}

/** A changed file: a click opens its diff. */
class FileNode implements Node {
  readonly #changed: Changed;
  constructor(changed: Changed) {
    this.#changed = changed;
  }

  item(): vscode.TreeItem {
    const { run, path, file, soFar } = this.#changed;
    const { status, additions, deletions, binary } = file;
    const slash = path.lastIndexOf('/');
    const item = new vscode.TreeItem(path.slice(slash + 1));
    const size = binary ? 'binary' : `+${additions} −${deletions}`;
    const [icon, color] = icons[status];
    item.id = `run ${run} file ${path}`;
    item.description = [path.slice(0, Math.max(0, slash)), size].filter(Boolean).join(' · ');
    item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
    item.tooltip = plainTooltip(`${path}\n${status}, ${size}`);
    item.command = { command: 'longhaul.review.openFile', title: 'Open Changes', arguments: [{ run, path, soFar }] };
    item.accessibilityInformation = { label: `${path}, ${status}, ${size}` };
    return item;
  }

  children(): readonly Node[] {
    return [];
  }
}
