import * as vscode from 'vscode';
import type { ReviewInput } from '../../../shared/api/runner-api.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { plural } from '../../../shared/text/figures.ts';
import { change } from '../../ground/ask/change.ts';
import { say } from '../../ground/problem/offer.ts';
import type { ReviewComments } from './comments.ts';
import { roundFor, type Reviewing } from './open.ts';
import type { ReviewRound } from './round.ts';

type Verdict = Pick<ReviewInput, 'verdict'> & Partial<Pick<ReviewInput, 'reason' | 'comments'>>;

/** Gives a verdict on what the person has before them: the runner refuses one on anything else. */
const judge = ({ longhaul }: Reviewing, { run, round, changes }: ReviewRound, verdict: Verdict): Promise<RunState> =>
  change(longhaul, run, (api) => api.runs.review.mutate({ run, round, patch: changes.patch, ...verdict }));

/** Sends what the person wrote, inline and as a whole, back to the agent as the next round. */
export const requestChanges = async (
  reviewing: Reviewing,
  comments: ReviewComments,
  argument: unknown,
): Promise<void> => {
  const round = await roundFor(reviewing, argument, 'Request changes of which run?');
  if (round === null) return;
  const open = comments.open(round.run);
  const reason = await vscode.window.showInputBox({
    title: `${reviewing.session.title(round)}: Request Changes`,
    prompt:
      open.length === 0
        ? 'What should be different?'
        : `${plural(open.length, 'comment')} will be sent. Anything to say about the whole?`,
    placeHolder: open.length === 0 ? 'What the agent should change' : 'Optional',
    ignoreFocusOut: true,
    validateInput: (value) =>
      open.length === 0 && value.trim() === '' ? 'Say what should change, or comment on lines of the result.' : null,
  });
  if (reason === undefined) return;
  const state = await judge(reviewing, round, { verdict: 'changes', reason: reason.trim(), comments: open });
  await comments.sent(round.run);
  say(`Round ${state.round} of #${state.number} begins with what you asked for.`);
};

/** Ends the review with a yes. It says that the result is good; applying it is another matter. */
export const acceptRun = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const round = await roundFor(reviewing, argument, 'Accept which run?');
  if (round === null) return;
  const state = await judge(reviewing, round, { verdict: 'accepted' });
  say(`#${state.number} ${state.task.title} is accepted.`);
};

/** Ends the review with a no. The result stays to be read. */
export const discardRun = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const round = await roundFor(reviewing, argument, 'Discard which run?');
  if (round === null) return;
  const reason = await vscode.window.showInputBox({
    title: `${reviewing.session.title(round)}: Discard Result`,
    prompt: 'Nothing of it is applied. Why is it of no use? Press Enter to discard, Escape to keep it.',
    placeHolder: 'Optional',
  });
  if (reason === undefined) return;
  const state = await judge(reviewing, round, { verdict: 'rejected', reason: reason.trim() });
  say(`#${state.number} ${state.task.title} is discarded.`);
};
