import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { lineOf } from '../../../shared/run/summary.ts';

/** Runs that are listed in chat. */
const listed = 10;

/** Answers one message of a chat. */
export type Participant = (request: vscode.ChatRequest, stream: vscode.ChatResponseStream) => Promise<void>;

/** `@longhaul`: hands what was said to the wizard, where the person confirms it; `/runs` lists what goes on. */
export const participantOf =
  (longhaul: Longhaul): Participant =>
  async (request, stream) => {
    if (request.command === 'runs') await list(longhaul, stream);
    else offer(request, stream);
  };

const offer = (request: vscode.ChatRequest, stream: vscode.ChatResponseStream): void => {
  const goal = request.prompt.trim();
  if (goal === '') {
    stream.markdown(
      'Say what shall be done, such as `@longhaul fix the failing tests`; or `/runs` lists what goes on.',
    );
    return;
  }
  stream.markdown(
    'A background agent can do that on a copy of the working tree. You see the details before it begins.',
  );
  stream.button({
    command: 'longhaul.delegate',
    title: 'Delegate…',
    arguments: [{ goal, files: request.references.flatMap(({ value }) => filesOf(value)) }],
  });
};

const filesOf = (value: unknown): readonly string[] => {
  const uri = value instanceof vscode.Location ? value.uri : value;
  return uri instanceof vscode.Uri && uri.scheme === 'file' ? [uri.fsPath] : [];
};

const list = async ({ connection }: Longhaul, stream: vscode.ChatResponseStream): Promise<void> => {
  try {
    const { runs } = await (await connection.api()).runs.list.query({ limit: listed });
    if (runs.length === 0) stream.markdown('Nothing has been delegated yet.');
    for (const state of runs) {
      const { title, status, detail } = lineOf(state);
      // Titles are text: nothing in them is taken for Markdown, and no link or command comes out of them.
      stream.markdown(
        new vscode.MarkdownString(`**#${state.number}** `)
          .appendText(title)
          .appendMarkdown(`  \n${status}: `)
          .appendText(detail),
      );
      stream.button({ command: 'longhaul.openRun', title: `Open Run ${state.number}`, arguments: [{ run: state.id }] });
    }
  } catch (error) {
    const { message, remedy } = problemOf(error);
    stream.markdown(new vscode.MarkdownString().appendText(`${message} ${remedy}`));
  }
};
