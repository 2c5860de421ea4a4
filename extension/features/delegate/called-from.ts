import * as vscode from 'vscode';
import { z } from 'zod';
import type { Origin } from '../../ground/delegation/origin.ts';

/** Where a command was called from: the files it is about (absolute paths), and the origin once the repository is known. */
export interface CalledFrom {
  readonly files: readonly string[];
  /** `relative` gives a file's path within the repository. */
  origin(relative: (file: string) => string): Origin;
}

/** What the quick fix of a problem hands over. Lines count from 1. */
export const ProblemArgument = z.object({
  problem: z.object({ file: z.string(), line: z.int().positive(), message: z.string(), source: z.string() }),
});
export type ProblemArgument = z.infer<typeof ProblemArgument>;

/** What chat hands over. */
const GoalArgument = z.object({ goal: z.string(), files: z.array(z.string()).default([]) });

const isUri = (value: unknown): value is vscode.Uri => value instanceof vscode.Uri;
const fileUri = z.custom<vscode.Uri>((value) => isUri(value) && value.scheme === 'file');
const range = z.object({ start: z.object({ line: z.int().nonnegative() }) }).nullish();
const children = z.object({ size: z.number() }).nullish();
const TestArgument = z.object({ label: z.string(), uri: fileUri.nullish(), range, children });
const TestMessageArgument = z.object({ test: TestArgument, message: z.object({ message: z.unknown() }) });
/** What a test that failed without a word would hand over. */
export const failureOf = (test: unknown): z.input<typeof TestMessageArgument> => ({
  // safe: parsed like all that is handed over
  test: test as z.input<typeof TestArgument>,
  message: { message: '' },
});
const ChangeArgument = z.object({ resourceUri: fileUri });
const ChangeGroupArgument = z.object({ resourceStates: z.array(ChangeArgument).min(1) });

/**
 * Reads what VS Code hands to a command: the explorer a file and all selected ones, the test view a test, the SCM view
 * its changes, the palette and a keybinding nothing, so that the editor's selection counts.
 */
export const calledFrom = (args: readonly unknown[]): CalledFrom => {
  const [first, second] = args;
  const goal = GoalArgument.safeParse(first);
  if (goal.success) {
    const files = [...new Set(goal.data.files)];
    const { goal: text } = goal.data;
    return { files, origin: (relative) => ({ kind: 'goal', goal: text, paths: files.map(relative) }) };
  }
  const problem = ProblemArgument.safeParse(first);
  if (problem.success) {
    const { file, ...rest } = problem.data.problem;
    return { files: [file], origin: (relative) => ({ kind: 'problem', path: relative(file), ...rest }) };
  }
  const failure = TestMessageArgument.safeParse(first);
  if (failure.success) return testOf(failure.data.test, textOf(failure.data.message.message));
  const changes = changesIn(args);
  if (changes.length > 0)
    return { files: changes, origin: (relative) => ({ kind: 'changes', paths: changes.map(relative) }) };
  if (isUri(first)) return filesOf(first, second);
  const test = TestArgument.safeParse(first);
  if (test.success) return testOf(test.data, null);
  return editorSelection();
};

/** Messages of tests are text or Markdown. */
const textOf = (message: unknown): string => {
  if (typeof message === 'string') return message;
  const markdown = z.object({ value: z.string() }).safeParse(message);
  return markdown.success ? markdown.data.value : '';
};

const testOf = (
  { label, uri, range: at, children: inside }: z.infer<typeof TestArgument>,
  failure: string | null,
): CalledFrom => ({
  files: uri ? [uri.fsPath] : [],
  origin: (relative) => ({
    kind: 'test',
    label,
    path: uri ? relative(uri.fsPath) : null,
    line: uri && at ? at.start.line + 1 : null,
    failure,
    several: (inside?.size ?? 0) > 0,
  }),
});

const changesIn = (args: readonly unknown[]): readonly string[] => {
  const paths = args.flat().flatMap((value) => {
    const group = ChangeGroupArgument.safeParse(value);
    if (group.success) return group.data.resourceStates.map(({ resourceUri }) => resourceUri.fsPath);
    const change = ChangeArgument.safeParse(value);
    return change.success ? [change.data.resourceUri.fsPath] : [];
  });
  return [...new Set(paths)];
};

const filesOf = (clicked: vscode.Uri, selected: unknown): CalledFrom => {
  // The menu of an editor hands over its file: what is selected there says more.
  const editor = vscode.window.activeTextEditor;
  if (!Array.isArray(selected) && editor?.document.uri.toString() === clicked.toString()) return editorSelection();
  const all = Array.isArray(selected) ? selected.filter(isUri) : [];
  const files = (all.length > 0 ? all : [clicked]).map(({ fsPath }) => fsPath);
  return { files, origin: (relative) => ({ kind: 'files', paths: files.map(relative) }) };
};

const editorSelection = (): CalledFrom => {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.document.uri.scheme !== 'file')
    return { files: [], origin: () => ({ kind: 'nothing' }) };
  const { document, selection } = editor;
  const file = document.uri.fsPath;
  if (selection.isEmpty) return { files: [file], origin: () => ({ kind: 'nothing' }) };
  // A selection that ends before the first character of a line does not have that line in it.
  const last = selection.end.character === 0 ? selection.end.line - 1 : selection.end.line;
  return {
    files: [file],
    origin: (relative) => ({
      kind: 'selection',
      path: relative(file),
      from: selection.start.line + 1,
      to: Math.max(selection.start.line, last) + 1,
      text: document.getText(selection),
    }),
  };
};
