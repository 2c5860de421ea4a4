import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { fileRun, fileRunMark, fileRunText, inReviewOrder } from '../../../shared/review/coverage.ts';
import { movedText } from '../../../shared/review/moved.ts';
import { unseenOf, type ReviewFile } from '../../../shared/review/review-file.ts';
import { visible } from '../../../shared/text/clean.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { addressOf, reviewScheme } from './address.ts';
import { choiceOf, tallyOf, type Choices } from './choices.ts';
import { documentsOf } from './documents.ts';
import type { ReviewRound } from './round.ts';
import type { ReviewSession } from './session.ts';
import { supersededText } from './successor.ts';

/** The documents' addresses in another scheme: VS Code puts a lock on those of a read-only file system, and nothing else then. */
const listedScheme = 'longhaul-changed';

/** A changed file of the run under review. */
export interface ReviewNode {
  readonly round: ReviewRound;
  readonly file: ReviewFile;
}

export const isReviewNode = (value: unknown): value is ReviewNode =>
  typeof value === 'object' && value !== null && 'round' in value && 'file' in value;

const words = (choices: Choices, file: ReviewFile): string => {
  const { accepted, rejected, undecided } = tallyOf(choices, [file]);
  const all = file.units.length;
  if (accepted === all) return t('accepted');
  if (rejected === all) return t('rejected');
  if (undecided === all) return all === 1 ? '' : t('{0} changes', all);
  return undecided === 0
    ? t('{0}/{1} accepted', accepted, all)
    : t('{0}/{1} accepted, {2} undecided', accepted, all, undecided);
};

/** Of a file that is decided as one, where its lines were or are; of others their lenses say it. */
const movedOf = (round: ReviewRound, { units: [only, ...others], changes }: ReviewFile): string =>
  only === undefined || others.length > 0 ? '' : movedText(changes, round.moves.get(only));

const listed = (round: ReviewRound, { file }: ReviewFile): vscode.Uri => {
  const { before, after } = documentsOf(file, { before: round, after: round }, false);
  return (file.after === null ? before : after).with({ scheme: listedScheme });
};

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The view "Review": the changed files, each with a checkbox that says that all of it is accepted. */
export const registerTree = (session: ReviewSession): vscode.Disposable => {
  const changed = new vscode.EventEmitter<undefined>();
  const view: vscode.TreeView<ReviewNode> = vscode.window.createTreeView<ReviewNode>('longhaul.review', {
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getChildren: async (parent) => (parent === undefined ? filesIn(session, view) : []),
      getTreeItem: (node) => itemOf(session, node),
    },
    manageCheckboxStateManually: true,
    canSelectMany: false,
  });
  return vscode.Disposable.from(
    changed,
    view,
    session.onDidChange((run) => {
      if (run === session.shown) changed.fire(undefined);
    }),
    vscode.window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration: (uri) => decorationOf(session, uri),
    }),
    view.onDidChangeCheckboxState(async ({ items }) => {
      for (const [{ round, file }, state] of items) {
        const verdict = state === vscode.TreeItemCheckboxState.Checked ? 'accepted' : 'undecided';
        await session.choose(round, [file], { unit: 'all', verdict });
      }
    }),
  );
};

/** The files of the run that is shown, those that need a closer look first; says about the view how far the review is. */
const filesIn = async (session: ReviewSession, view: vscode.TreeView<ReviewNode>): Promise<ReviewNode[]> => {
  if (session.shown === undefined) return [];
  try {
    const round = await session.load(session.shown);
    const { accepted, rejected, undecided } = tallyOf(session.choices(round.run), round.files);
    const files = round.files.length;
    view.description =
      files === 1 ? t('{0}, 1 file', session.title(round)) : t('{0}, {1} files', session.title(round), files);
    const successor = session.successor(round);
    view.message =
      successor === null
        ? t('{0} accepted, {1} rejected, {2} undecided; {3}', accepted, rejected, undecided, session.checks(round))
        : supersededText(round.round, successor);
    const marked = ({ path }: ReviewFile): boolean => round.cautions.has(path);
    return inReviewOrder(round.files, { marked, coverage: round.coverage }).map((file) => ({ round, file }));
  } catch (error) {
    const { message, remedy } = problemOf(error);
    view.message = `${message} ${remedy}`;
    return [];
  }
};

const itemOf = (session: ReviewSession, { round, file }: ReviewNode): vscode.TreeItem => {
  const choices = session.choices(round.run);
  const { reviewed } = choiceOf(choices, file);
  const said = words(choices, file);
  const unseen = [unseenOf(file), visible(movedOf(round, file))].filter(Boolean).join(', ');
  const cautions = round.cautions.get(file.path) ?? [];
  const run = fileRun(round.coverage, file.path);
  const ran = run === null ? '' : fileRunText(run);
  const careful = cautions.length > 0;
  const whole = tallyOf(choices, [file]).accepted === file.units.length;
  const item = new vscode.TreeItem(file.path.slice(file.path.lastIndexOf('/') + 1));
  item.id = `${round.run}/${file.path}`;
  item.resourceUri = listed(round, file);
  item.iconPath = careful
    ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'))
    : vscode.ThemeIcon.File;
  item.description = [
    careful ? t('look closely') : '',
    run === null ? '' : fileRunMark(run),
    unseen,
    said,
    folderOf(file.path),
  ]
    .filter(Boolean)
    .join(' · ');
  item.contextValue = reviewed ? 'reviewed' : 'unreviewed';
  if (session.successor(round) === null)
    item.checkboxState = {
      state: whole ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked,
      tooltip: whole ? t('Accepted') : t('Accept all changes of this file'),
      accessibilityInformation: { label: t('Accept {0}', file.path), role: 'checkbox' },
    };
  item.accessibilityInformation = {
    label: [
      file.path,
      file.file.status,
      ran,
      unseen,
      said === '' ? t('undecided') : said,
      reviewed ? t('reviewed') : '',
      careful ? t('look closely: {0}', cautions.join(' ')) : '',
    ]
      .filter(Boolean)
      .join(', '),
  };
  item.tooltip = [tooltipOf(file), ran, ...cautions].filter(Boolean).join('\n');
  item.command = { command: 'longhaul.review.openFile', title: t('Open Changes'), arguments: [{ round, file }] };
  return item;
};

const decorationOf = (session: ReviewSession, uri: vscode.Uri): vscode.FileDecoration | undefined => {
  const address = uri.scheme === listedScheme ? addressOf(uri.with({ scheme: reviewScheme })) : null;
  const file = address === null ? undefined : session.loaded(address.run)?.byPath.get(address.path);
  if (address === null || file === undefined) return undefined;
  const { reviewed } = choiceOf(session.choices(address.run), file);
  const { letter, color } = look[file.file.status];
  return new vscode.FileDecoration(
    reviewed ? `${letter}✓` : letter,
    reviewed ? t('{0}, reviewed', file.file.status) : file.file.status,
    new vscode.ThemeColor(color),
  );
};

const look = {
  added: { letter: 'A', color: 'gitDecoration.addedResourceForeground' },
  modified: { letter: 'M', color: 'gitDecoration.modifiedResourceForeground' },
  deleted: { letter: 'D', color: 'gitDecoration.deletedResourceForeground' },
  renamed: { letter: 'R', color: 'gitDecoration.renamedResourceForeground' },
} as const;

const tooltipOf = ({ path, file, units }: ReviewFile): string => {
  const lines = file.binary ? t('binary') : `+${file.additions} −${file.deletions}`;
  return `${path}\n${[file.status, unseenOf({ units }), lines].filter(Boolean).join(', ')}`;
};
