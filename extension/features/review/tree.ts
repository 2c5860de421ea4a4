import * as vscode from 'vscode';
import type { ReviewFile } from '../../../shared/review/review-file.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { addressOf, reviewScheme } from './address.ts';
import { decisionOf, tally, tallyOf, type FileDecision } from './decisions.ts';
import { documentsOf } from './documents.ts';
import type { ReviewRound } from './round.ts';
import type { ReviewSession } from './session.ts';

/** The documents' addresses in another scheme: VS Code puts a lock on those of a read-only file system, and nothing else then. */
const listedScheme = 'longhaul-changed';

/** A changed file of the run under review. */
export interface ReviewNode {
  readonly round: ReviewRound;
  readonly file: ReviewFile;
}

export const isReviewNode = (value: unknown): value is ReviewNode =>
  typeof value === 'object' && value !== null && 'round' in value && 'file' in value;

const words = (decision: FileDecision): string => {
  const { accepted, rejected, undecided } = tally(decision);
  const all = decision.verdicts.length;
  if (accepted === all) return 'accepted';
  if (rejected === all) return 'rejected';
  if (undecided === all) return all === 1 ? '' : `${all} changes`;
  return `${accepted}/${all} accepted${undecided === 0 ? '' : `, ${undecided} undecided`}`;
};

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The view "Review": the changed files, each with a checkbox that says that all of it is accepted. */
export class ReviewTree
  implements vscode.TreeDataProvider<ReviewNode>, vscode.FileDecorationProvider, vscode.Disposable
{
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #decorated = new vscode.EventEmitter<undefined>();
  readonly onDidChangeFileDecorations = this.#decorated.event;
  readonly #session: ReviewSession;
  readonly #view: vscode.TreeView<ReviewNode>;
  readonly #registrations: readonly vscode.Disposable[];

  constructor(session: ReviewSession) {
    this.#session = session;
    this.#view = vscode.window.createTreeView('longhaul.review', {
      treeDataProvider: this,
      manageCheckboxStateManually: true,
      canSelectMany: false,
    });
    this.#registrations = [
      this.#view,
      session.onDidChange((run) => {
        if (run !== session.shown) return;
        this.#changed.fire();
        this.#decorated.fire(undefined);
      }),
      vscode.window.registerFileDecorationProvider(this),
      this.#view.onDidChangeCheckboxState(({ items }) => this.#check(items)),
    ];
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
    this.#changed.dispose();
    this.#decorated.dispose();
  }

  async getChildren(parent?: ReviewNode): Promise<ReviewNode[]> {
    const { shown } = this.#session;
    if (parent !== undefined || shown === undefined) return [];
    try {
      const round = await this.#session.load(shown);
      this.#describe(round);
      const marked = (file: ReviewFile): boolean => round.cautions.has(file.path);
      const files = [...round.files.filter(marked), ...round.files.filter((file) => !marked(file))];
      return files.map((file) => ({ round, file }));
    } catch (error) {
      const { message, remedy } = problemOf(error);
      this.#view.message = `${message} ${remedy}`;
      return [];
    }
  }

  getTreeItem({ round, file }: ReviewNode): vscode.TreeItem {
    const decision = decisionOf(this.#session.decisions(round.run), file);
    const { accepted } = tally(decision);
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    const said = words(decision);
    const item = new vscode.TreeItem(name);
    item.id = `${round.run}/${file.path}`;
    item.resourceUri = documentsOf(round, file).shown.with({ scheme: listedScheme });
    const cautions = round.cautions.get(file.path) ?? [];
    const careful = cautions.length > 0;
    item.iconPath = careful
      ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'))
      : vscode.ThemeIcon.File;
    const look = careful ? 'look closely' : '';
    item.description = [look, said, folderOf(file.path)].filter((part) => part !== '').join(' · ');
    item.contextValue = decision.reviewed ? 'reviewed' : 'unreviewed';
    const whole = accepted === decision.verdicts.length;
    item.checkboxState = {
      state: whole ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked,
      tooltip: whole ? 'Accepted' : 'Accept all changes of this file',
      accessibilityInformation: { label: `Accept ${file.path}`, role: 'checkbox' },
    };
    item.accessibilityInformation = {
      label: `${file.path}, ${file.file.status}, ${said === '' ? 'undecided' : said}${decision.reviewed ? ', reviewed' : ''}${careful ? `, look closely: ${cautions.join(' ')}` : ''}`,
    };
    item.tooltip = [tooltipOf(file), ...cautions].join('\n');
    item.command = { command: 'longhaul.review.openFile', title: 'Open Changes', arguments: [{ round, file }] };
    return item;
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const address = uri.scheme === listedScheme ? addressOf(uri.with({ scheme: reviewScheme })) : null;
    const round = address === null ? undefined : this.#session.loaded(address.run);
    const file = address === null ? undefined : round?.byPath.get(address.path);
    if (round === undefined || file === undefined) return undefined;
    const { reviewed } = decisionOf(this.#session.decisions(round.run), file);
    const { letter, color } = look[file.file.status];
    return new vscode.FileDecoration(
      reviewed ? `${letter}✓` : letter,
      `${file.file.status}${reviewed ? ', reviewed' : ''}`,
      new vscode.ThemeColor(color),
    );
  }

  /** Shows a node, so that the view follows the editor. */
  async reveal(node: ReviewNode): Promise<void> {
    if (this.#view.visible) await this.#view.reveal(node, { select: true, focus: false });
  }

  getParent(): undefined {
    return undefined;
  }

  async #check(items: ReadonlyArray<[ReviewNode, vscode.TreeItemCheckboxState]>): Promise<void> {
    for (const [{ round, file }, state] of items) {
      const verdict = state === vscode.TreeItemCheckboxState.Checked ? 'accepted' : 'undecided';
      await this.#session.decide(round, [file], { unit: 'all', verdict });
    }
  }

  #describe(round: ReviewRound): void {
    const { accepted, rejected, undecided } = tallyOf(this.#session.decisions(round.run), round.files);
    const files = round.files.length === 1 ? '1 file' : `${round.files.length} files`;
    this.#view.description = `${this.#session.title(round)}, ${files}`;
    this.#view.message = `${accepted} accepted, ${rejected} rejected, ${undecided} undecided`;
  }
}

const look = {
  added: { letter: 'A', color: 'gitDecoration.addedResourceForeground' },
  modified: { letter: 'M', color: 'gitDecoration.modifiedResourceForeground' },
  deleted: { letter: 'D', color: 'gitDecoration.deletedResourceForeground' },
  renamed: { letter: 'R', color: 'gitDecoration.renamedResourceForeground' },
} as const;

const tooltipOf = ({ path, file }: ReviewFile): string => {
  const renamed = file.status === 'renamed' && file.before !== null ? ` (was ${file.before.path})` : '';
  const lines = file.binary ? 'binary' : `+${file.additions} −${file.deletions}`;
  return `${path}${renamed}\n${file.status}, ${lines}`;
};
