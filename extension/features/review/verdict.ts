import * as vscode from 'vscode';
import type { ReviewComments } from './comments.ts';
import { roundFor, type Reviewing } from './open.ts';

/** Sends what the person wrote, inline and as a whole, back to the agent as the next round. */
export const requestChanges = async (
  reviewing: Reviewing,
  comments: ReviewComments,
  argument: unknown,
): Promise<void> => {
  const round = await roundFor(reviewing, argument, 'Request changes of which run?');
  if (round === null) return;
  const { run } = round;
  const open = comments.open(run);
  const count = open.length === 1 ? '1 comment' : `${open.length} comments`;
  const reason = await vscode.window.showInputBox({
    title: `${reviewing.session.title(round)}: Request Changes`,
    prompt: open.length === 0 ? 'What should be different?' : `${count} will be sent. Anything to say about the whole?`,
    placeHolder: open.length === 0 ? 'What the agent should change' : 'Optional',
    ignoreFocusOut: true,
    validateInput: (value) =>
      open.length === 0 && value.trim() === '' ? 'Say what should change, or comment on lines of the result.' : null,
  });
  if (reason === undefined) return;
  const api = await reviewing.longhaul.connection.api();
  const state = await api.runs.review.mutate({ run, verdict: 'changes', reason: reason.trim(), comments: open });
  await comments.sent(run);
  reviewing.longhaul.runs.learn(state);
  void vscode.window.showInformationMessage(`Round ${state.round} of #${state.number} begins with what you asked for.`);
};

/** Ends the review with a yes. It says that the result is good; applying it is another matter. */
export const acceptRun = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const round = await roundFor(reviewing, argument, 'Accept which run?');
  if (round === null) return;
  const { run } = round;
  const api = await reviewing.longhaul.connection.api();
  const state = await api.runs.review.mutate({ run, verdict: 'accepted' });
  reviewing.longhaul.runs.learn(state);
  void vscode.window.showInformationMessage(`#${state.number} ${state.task.title} is accepted.`);
};

/** Ends the review with a no. The result stays to be read. */
export const discardRun = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const round = await roundFor(reviewing, argument, 'Discard which run?');
  if (round === null) return;
  const { run } = round;
  const reason = await vscode.window.showInputBox({
    title: `${reviewing.session.title(round)}: Discard Result`,
    prompt: 'Nothing of it is applied. Why is it of no use? Press Enter to discard, Escape to keep it.',
    placeHolder: 'Optional',
  });
  if (reason === undefined) return;
  const api = await reviewing.longhaul.connection.api();
  const state = await api.runs.review.mutate({ run, verdict: 'rejected', reason: reason.trim() });
  reviewing.longhaul.runs.learn(state);
  void vscode.window.showInformationMessage(`#${state.number} ${state.task.title} is discarded.`);
};
