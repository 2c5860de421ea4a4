import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { lineOf, type DecisionSummary, type RunSummary } from '../../../shared/run/summary.ts';
import { openDecisions } from '../../ground/ask/pick.ts';
import { verbsOf } from '../../ground/decision/verbs.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { evidence, expiry } from '../../ground/text/text.ts';
import { runsFor } from './runs.ts';

type Stream = vscode.ChatResponseStream;

/** Answers one message of a chat. */
export type Participant = (request: vscode.ChatRequest, stream: Stream) => Promise<void>;

/** `@longhaul`: hands what was said to the wizard, where the person confirms it, and answers what goes on. It decides nothing itself: its buttons do what those of the views do. */
export const participantOf =
  (longhaul: Longhaul): Participant =>
  async (request, stream) => {
    try {
      await reply(longhaul, request, stream);
    } catch (error) {
      const { message, remedy } = problemOf(error);
      stream.markdown(new vscode.MarkdownString().appendText(`${message} ${remedy}`));
    }
  };

const reply = (longhaul: Longhaul, request: vscode.ChatRequest, stream: Stream): Promise<void> | void => {
  switch (request.command) {
    case 'status':
      return status(longhaul, numberIn(request.prompt), stream);
    case 'decide':
      return decide(longhaul, stream);
    case 'review':
      return review(longhaul, stream);
    default:
      return offer(request, stream);
  }
};

/** The run that a message names, as `12` or `#12`. */
const numberIn = (prompt: string): number | null => {
  const named = /\d+/.exec(prompt);
  return named === null ? null : Number(named[0]);
};

const offer = (request: vscode.ChatRequest, stream: Stream): void => {
  const goal = request.prompt.trim();
  if (goal === '') {
    stream.markdown(
      t(
        'Say what shall be done, such as `@longhaul fix the failing tests`. `/status` says what goes on, `/decide` what waits for you, `/review` what is ready.',
      ),
    );
    return;
  }
  stream.markdown(
    t('A background agent can do that on a copy of the working tree. You see the details before it begins.'),
  );
  stream.button({
    command: 'longhaul.delegate',
    title: t('Delegate…'),
    arguments: [{ goal, files: request.references.flatMap(({ value }) => filesOf(value)) }],
  });
};

const filesOf = (value: unknown): readonly string[] => {
  const uri = value instanceof vscode.Location ? value.uri : value;
  return uri instanceof vscode.Uri && uri.scheme === 'file' ? [uri.fsPath] : [];
};

/** Texts of runs are text: nothing in them is taken for Markdown, and no link or command comes out of them. */
const paragraph = (head: string, title: string, ...lines: readonly string[]): vscode.MarkdownString => {
  const text = new vscode.MarkdownString(`**${head}** `).appendText(title);
  for (const line of lines) text.appendMarkdown('  \n').appendText(line);
  return text.appendMarkdown('\n\n');
};

const describe = (run: RunSummary, stream: Stream): void => {
  const { title, status, detail } = lineOf(run);
  const checks = evidence(run);
  stream.markdown(
    paragraph(`#${run.number}`, title, `${status}: ${detail}`, ...(checks === null ? [] : [t('Checks: {0}', checks)])),
  );
};

const openButton = (run: RunSummary): vscode.Command => ({
  command: 'longhaul.openRun',
  title: t('Open Run {0}', run.number),
  arguments: [{ run: run.id }],
});

const status = async (longhaul: Longhaul, number: number | null, stream: Stream): Promise<void> => {
  const runs = await runsFor(longhaul, number);
  if (runs.length === 0)
    stream.markdown(number === null ? t('Nothing has been delegated yet.') : t('There is no run {0}.', number));
  for (const run of runs) {
    describe(run, stream);
    stream.button(openButton(run));
  }
};

const decide = async (longhaul: Longhaul, stream: Stream): Promise<void> => {
  const open = await openDecisions(longhaul);
  if (open.length === 0) stream.markdown(t('Nothing waits for your decision.'));
  for (const summary of open) ask(summary, stream);
};

/** What is asked, and the buttons that show exactly what is decided before anything is. */
const ask = ({ run, title, request }: DecisionSummary, stream: Stream): void => {
  const { yes, no } = verbsOf(request);
  const target = [{ run, decision: request.id }];
  stream.markdown(
    paragraph(
      t('Decision:'),
      request.action,
      t('Run: {0}', title),
      t('Why: {0}', request.reason),
      t('Then: {0}', request.consequence),
      expiry(request.expiresAt, Date.now()),
    ),
  );
  const command = request.kind === 'question' ? 'longhaul.answer' : 'longhaul.approve';
  stream.button({ command, title: `${yes}…`, arguments: target });
  stream.button({ command: 'longhaul.reject', title: `${no}…`, arguments: target });
  stream.button({ command: 'longhaul.openDecision', title: t('Open'), arguments: target });
};

const review = async (longhaul: Longhaul, stream: Stream): Promise<void> => {
  const api = await longhaul.connection.api();
  const { runs } = await api.runs.list.query({ limit: 200, status: 'open' });
  const ready = runs.filter((run) => run.status === 'reviewing');
  if (ready.length === 0) stream.markdown(t('No result waits for your review.'));
  for (const run of ready) {
    describe(run, stream);
    stream.button({ command: 'longhaul.review', title: t('Review Run {0}', run.number), arguments: [{ run: run.id }] });
    stream.button(openButton(run));
  }
};
