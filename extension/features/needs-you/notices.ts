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
  ...states.flatMap((state) => ofRun(state, now)),
];

const asked = ({ run, request, title }: DecisionSummary): Notice => {
  const act = (title: string, command: string) => ({ title, command, argument: { run, decision: request.id } });
  return {
    // One that was asked for again has another time to run out.
    key: `${run} ${request.id} ${request.expiresAt}`,
    kind: 'news',
    text: `${oneLine(title, 60)}: ${oneLine(request.action, 160)}`,
    actions: [
      ...(request.kind === 'question'
        ? [act('Answer…', 'longhaul.answer')]
        : [act('Approve…', 'longhaul.approve'), act('Reject…', 'longhaul.reject')]),
      act('Show', 'longhaul.focusNeedsYou'),
    ],
  };
};

/** A result, and an end that no person made. */
const ofRun = (state: RunSummary, now: number): readonly Notice[] => {
  const { id, round, task } = state;
  const title = oneLine(task.title, 80);
  const act = (title: string, command: string) => ({ title, command, argument: id });
  const openRun = act('Open Run', 'longhaul.openRun');
  const { verified, detail } = lineOf(state);
  const failing = verified.passed < verified.ran;
  switch (state.status) {
    case 'reviewing':
      return [
        {
          key: `${id} round ${round}`,
          kind: failing ? 'trouble' : 'news',
          text: failing ? `${title}: ${detail}.` : `${title} is ready for review.`,
          actions: [act('Review', 'longhaul.review'), openRun],
        },
      ];
    case 'completed':
    case 'failed':
      if (now - Date.parse(state.at) > newsForMs) return [];
      return [
        {
          key: `${id} ${state.status} ${state.at}`,
          kind: state.status === 'failed' || failing ? 'trouble' : 'news',
          text: `${title}: ${oneLine(state.status === 'failed' ? `failed (${state.class}): ${state.message}` : detail, 200)}`,
          actions: [...(isResumable(state) ? [act('Resume from Last Checkpoint', 'longhaul.resumeRun')] : []), openRun],
        },
      ];
    default:
      return [];
  }
};
