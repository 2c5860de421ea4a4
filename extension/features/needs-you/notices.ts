import { isResumable } from '../../../shared/run/state.ts';
import { lineOf, type DecisionSummary, type RunSummary } from '../../../shared/run/summary.ts';
import { oneLine } from '../../ground/text/text.ts';

/** What a person is told of once. Its texts are untrusted. */
export interface Notice {
  /** Of this decision, this round or this end, once in all windows. */
  readonly key: string;
  readonly kind: 'news' | 'trouble';
  readonly text: string;
  readonly actions: readonly { readonly title: string; readonly command: string; readonly argument: unknown }[];
}

/** Ms. An end that nobody was told of for so long is history, which has a view of its own. */
const newsForMs = 7 * 24 * 3_600_000;

/** What is to be told, whether it was told already or not. `now` in ms since the epoch. */
export const noticesOf = (
  { decisions, states }: { readonly decisions: readonly DecisionSummary[]; readonly states: readonly RunSummary[] },
  now: number,
): readonly Notice[] => [
  ...decisions.flatMap((decision) => (decision.status === 'expired' ? [] : [asked(decision)])),
  ...states.flatMap((state) => {
    const notice = ofRun(state, now);
    return notice === null ? [] : [notice];
  }),
];

const asked = ({ run, request, title }: DecisionSummary): Notice => {
  const target = { run, decision: request.id };
  const decide = (title: string, command: string) => ({ title, command, argument: target });
  return {
    // One that was asked for again has another time to run out.
    key: `${run} ${request.id} ${request.expiresAt}`,
    kind: 'news',
    text: `${oneLine(title, 60)}: ${oneLine(request.action, 160)}`,
    actions:
      request.kind === 'question'
        ? [decide('Answer…', 'longhaul.answer'), decide('Show', 'longhaul.focusNeedsYou')]
        : [
            decide('Approve…', 'longhaul.approve'),
            decide('Reject…', 'longhaul.reject'),
            decide('Show', 'longhaul.focusNeedsYou'),
          ],
  };
};

/** A result, and an end that no person made. */
const ofRun = (state: RunSummary, now: number): Notice | null => {
  const { id, round, task } = state;
  const title = oneLine(task.title, 80);
  const act = (title: string, command: string) => ({ title, command, argument: id });
  const openRun = act('Open Run', 'longhaul.openRun');
  const failing = lineOf(state).verified.passed < lineOf(state).verified.ran;
  switch (state.status) {
    case 'reviewing':
      return {
        key: `${id} round ${round}`,
        kind: failing ? 'trouble' : 'news',
        text: failing ? `${title}: ${lineOf(state).detail}.` : `${title} is ready for review.`,
        actions: [act('Review', 'longhaul.review'), openRun],
      };
    case 'completed':
    case 'failed':
      if (now - Date.parse(state.at) > newsForMs) return null;
      return {
        key: `${id} ${state.status} ${state.at}`,
        kind: state.status === 'failed' || failing ? 'trouble' : 'news',
        text: `${title}: ${oneLine(state.status === 'failed' ? `failed (${state.class}): ${state.message}` : lineOf(state).detail, 200)}`,
        actions: [...(isResumable(state) ? [act('Resume from Last Checkpoint', 'longhaul.resumeRun')] : []), openRun],
      };
    case 'queued':
    case 'ready':
    case 'working':
    case 'waiting':
    case 'accepted':
    case 'rejected':
    case 'cancelled':
      return null;
  }
};
