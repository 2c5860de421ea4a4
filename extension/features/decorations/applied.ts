import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { parsePatch, type LineChange } from '../../../shared/review/patch.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { pathWithin, uncommittedIn } from '../../ground/repository/repository.ts';
import type { Application } from '../../ground/runs/applied.ts';
import { afterEdit, appliedLines } from './applied-lines.ts';

/** A run with the lines of a document that it wrote, from 0. */
interface Marked {
  readonly application: Application;
  readonly lines: readonly number[];
}

/** Patches that are kept at hand, by their hashes. */
const keptPatches = 20;

/**
 * Marks, in the gutter, the lines of a file that were applied from a run, as long as they are as the run wrote them and not committed. What is on the
 * disk counts; a line that is edited loses its mark at once.
 */
export const registerAppliedMarks = (longhaul: Longhaul): vscode.Disposable => {
  const { applied, connection, log, extension } = longhaul;
  const mark = vscode.window.createTextEditorDecorationType({
    gutterIconPath: vscode.Uri.joinPath(extension.extensionUri, 'extension', 'media', 'applied.svg'),
    gutterIconSize: 'contain',
    isWholeLine: true,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  const patchOf = patchReader(connection);
  const marked = new Map<string, readonly Marked[]>();

  const show = (editor: vscode.TextEditor): void => {
    const own = marked.get(editor.document.uri.toString()) ?? [];
    editor.setDecorations(
      mark,
      own.flatMap(({ application, lines }) => {
        const hoverMessage = hoverOf(application);
        return lines.map((line) => ({ range: new vscode.Range(line, 0, line, 0), hoverMessage }));
      }),
    );
  };

  /** What is not saved is looked at when it is: until then its marks are those that the edits have left. */
  const look = async (editor: vscode.TextEditor): Promise<void> => {
    const { document } = editor;
    if (document.uri.scheme !== 'file' || !vscode.workspace.isTrusted) return;
    if (document.isDirty) return show(editor);
    const { version } = document;
    const found = await marksOf(document, applied.applications(), patchOf);
    if (document.version !== version || document.isDirty) return;
    if (found.length === 0 && !marked.has(document.uri.toString())) return;
    marked.set(document.uri.toString(), found);
    show(editor);
  };
  const lookAgain = (): void => {
    // A mark is no reason to interrupt a person.
    for (const editor of vscode.window.visibleTextEditors)
      look(editor).catch((error: unknown) => log.warn(`applied lines: ${String(error)}`));
  };

  const edited = ({ document, contentChanges }: vscode.TextDocumentChangeEvent): void => {
    const before = marked.get(document.uri.toString());
    if (before === undefined || contentChanges.length === 0) return;
    marked.set(document.uri.toString(), left(before, contentChanges));
    for (const editor of vscode.window.visibleTextEditors) if (editor.document === document) show(editor);
    // Read anew from the disk, it is not for anybody to save.
    if (!document.isDirty) lookAgain();
  };

  lookAgain();
  // A commit is written there, whoever makes it.
  const commits = vscode.workspace.createFileSystemWatcher('**/.git/logs/HEAD');
  return vscode.Disposable.from(
    mark,
    commits,
    commits.onDidChange(lookAgain),
    commits.onDidCreate(lookAgain),
    applied.onDidChange(lookAgain),
    vscode.window.onDidChangeVisibleTextEditors(lookAgain),
    vscode.window.onDidChangeWindowState(({ focused }) => focused && lookAgain()),
    vscode.workspace.onDidSaveTextDocument(lookAgain),
    vscode.workspace.onDidChangeTextDocument(edited),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => marked.delete(uri.toString())),
  );
};

const changesByPath = (patch: string): ReadonlyMap<string, readonly LineChange[]> =>
  new Map(parsePatch(patch).flatMap(({ after, changes }) => (after === null ? [] : [[after, changes] as const])));

/** Its title is text; the link goes to a run by an id that was parsed as one. */
const hoverOf = ({ run, number, title, round }: Application): vscode.MarkdownString => {
  const hover = new vscode.MarkdownString('', true);
  hover.isTrusted = { enabledCommands: ['longhaul.review'] };
  hover.appendMarkdown('$(rocket) ');
  hover.appendText(t('Applied from #{0} {1} (round {2})', number, title, round));
  const argument = encodeURIComponent(JSON.stringify([run]));
  return hover.appendMarkdown(` — [${t('Open Review')}](command:longhaul.review?${argument})`);
};

type PatchOf = (application: Application) => Promise<ReadonlyMap<string, readonly LineChange[]>>;

/** Reads each patch once, as long as it is among the last ones. */
const patchReader = (connection: Connection): PatchOf => {
  const patches = new Map<string, ReturnType<PatchOf>>();
  return ({ run, patch }) => {
    const found = patches.get(patch);
    if (found !== undefined) return found;
    const reading = connection.blob(run, patch).then((content) => changesByPath(new TextDecoder().decode(content)));
    patches.set(patch, reading);
    reading.catch(() => patches.delete(patch));
    const [oldest] = patches.keys();
    if (patches.size > keptPatches && oldest !== undefined) patches.delete(oldest);
    return reading;
  };
};

const marksOf = async (
  document: vscode.TextDocument,
  applications: readonly Application[],
  patchOf: PatchOf,
): Promise<readonly Marked[]> => {
  const { fsPath } = document.uri;
  const here = applications.filter(({ root }) => !path.relative(root, fsPath).startsWith('..'));
  const found = await Promise.all(
    here.map(async (application): Promise<readonly Marked[]> => {
      const file = await pathWithin(application.root, fsPath);
      const changes = (await patchOf(application)).get(file);
      if (changes === undefined) return [];
      const stretches = await uncommittedIn(application.root, file);
      const all = { at: 0, lines: document.getText().split('\n') };
      const lines = appliedLines(stretches === 'all' ? [all] : (stretches ?? []), changes);
      return lines.length === 0 ? [] : [{ application, lines }];
    }),
  );
  return found.flat();
};

/** What edits have left of marks. VS Code gives them from the last one in the text to the first. */
const left = (before: readonly Marked[], edits: readonly vscode.TextDocumentContentChangeEvent[]): readonly Marked[] =>
  before.map(({ application, lines }) => ({
    application,
    lines: edits.reduce(
      (rest, { range, text }) =>
        afterEdit(rest, { first: range.start.line, last: range.end.line, breaks: text.split('\n').length - 1 }),
      lines,
    ),
  }));
