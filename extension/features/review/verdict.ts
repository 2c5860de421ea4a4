import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ReviewInput } from '../../../shared/api/runner-api.ts';
import type { RunState } from '../../../shared/run/state.ts';
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
  const round = await roundFor(reviewing, argument, t('Request changes of which run?'));
  if (round === null) return;
  const open = comments.open(round.run);
  const reason = await vscode.window.showInputBox({
    title: t('{0}: Request Changes', reviewing.session.title(round)),
    prompt:
      open.length === 0
        ? t('What should be different?')
        : open.length === 1
          ? t('1 comment will be sent. Anything to say about the whole?')
          : t('{0} comments will be sent. Anything to say about the whole?', open.length),
    placeHolder: open.length === 0 ? t('What the agent should change') : t('Optional'),
    ignoreFocusOut: true,
    validateInput: (value) =>
      open.length === 0 && value.trim() === '' ? t('Say what should change, or comment on lines of the result.') : null,
  });
  if (reason === undefined) return;
  const state = await judge(reviewing, round, { verdict: 'changes', reason: reason.trim(), comments: open });
  await comments.sent(round.run);
  say(t('Round {0} of #{1} begins with what you asked for.', state.round, state.number));
};

/** Ends the review with a yes. It says that the result is good; applying it is another matter. */
export const acceptRun = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const round = await roundFor(reviewing, argument, t('Accept which run?'));
  if (round === null) return;
  const state = await judge(reviewing, round, { verdict: 'accepted' });
  say(t('#{0} {1} is accepted.', state.number, state.task.title));
};

/** Ends the review with a no. The result stays to be read. */
export const discardRun = async (reviewing: Reviewing, argument: unknown): Promise<void> => {
  const round = await roundFor(reviewing, argument, t('Discard which run?'));
  if (round === null) return;
  const reason = await vscode.window.showInputBox({
    title: t('{0}: Discard Result', reviewing.session.title(round)),
    prompt: t('Nothing of it is applied. Why is it of no use? Press Enter to discard, Escape to keep it.'),
    placeHolder: t('Optional'),
  });
  if (reason === undefined) return;
  const state = await judge(reviewing, round, { verdict: 'rejected', reason: reason.trim() });
  say(t('#{0} {1} is discarded.', state.number, state.task.title));
};
