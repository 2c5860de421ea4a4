import { t } from '@vscode/l10n';
import { isResumable, passed } from '../../../shared/run/state.ts';
import type { DecisionSummary, RunSummary } from '../../../shared/run/summary.ts';
import { askedText } from '../../ground/decision/asked-text.ts';
import { keyRefused } from '../../ground/decision/refused-key.ts';
import { verbsOf } from '../../ground/decision/verbs.ts';
import type { End } from '../../ground/runs/ends.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { detailOf, titleOf } from '../../ground/text/text.ts';
import { endText } from './end-text.ts';
import type { Needs } from './needs.ts';

/** What a person is told of once. Its texts are untrusted. */
export interface Notice {
  /** Of this decision, this round or this end, once in all windows. */
  readonly key: string;
  readonly kind: 'news' | 'trouble';
  readonly text: string;
  readonly actions: readonly { readonly title: string; readonly command: string; readonly argument: unknown }[];
}

/** What is to be told, whether it was told already or not. */
export const noticesOf = ({ decisions, keyless, reviews, ends }: Needs): readonly Notice[] => [
  ...decisions
    .filter(({ status }) => status !== 'expired')
    .map((decision) => asked(decision, keyless.has(decision.run))),
  ...reviews.map(handedOver),
  ...ends.map(ended),
];

const asked = ({ run, number, request, title }: DecisionSummary, keyless: boolean): Notice => {
  const { yes, no } = verbsOf(request);
  const key = { title: t('Set Model Key'), command: 'longhaul.setModelKey', argument: undefined };
  const act = (title: string, command: string) => ({ title, command, argument: { run, decision: request.id } });
  return {
    // One that was asked for again has another time to run out.
    key: `${run} ${request.id} ${request.expiresAt}`,
    kind: 'news',
    text: `${titleOf({ number, title }, 60)}: ${keyless ? keyRefused : oneLine(askedText(request), 160)}`,
    actions: [
      ...(keyless ? [key] : []),
      ...(request.kind === 'question' ? [act(`${yes}…`, 'longhaul.answer')] : []),
      // Nobody publishes what they have not looked at.
      ...(request.kind === 'publish'
        ? [act(t('Look and Decide'), 'longhaul.openDecision'), act(`${no}…`, 'longhaul.reject')]
        : []),
      ...(request.kind !== 'question' && request.kind !== 'publish'
        ? [act(`${yes}…`, 'longhaul.approve'), act(`${no}…`, 'longhaul.reject')]
        : []),
      act(t('Show'), 'longhaul.focusNeedsYou'),
    ],
  };
};

const failing = ({ verification }: RunSummary): boolean => !verification.every(passed);

const actionOf = ({ id }: RunSummary, title: string, command: string): Notice['actions'][number] => ({
  title,
  command,
  argument: id,
});

const openRun = (state: RunSummary): Notice['actions'][number] => actionOf(state, t('Open Run'), 'longhaul.openRun');

const handedOver = (state: RunSummary): Notice => {
  const title = titleOf({ number: state.number, title: state.task.title }, 80);
  return {
    key: `${state.id} round ${state.round}`,
    kind: failing(state) ? 'trouble' : 'news',
    text: failing(state) ? `${title}: ${detailOf(state)}.` : t('{0} is ready for review.', title),
    actions: [actionOf(state, t('Review'), 'longhaul.review'), openRun(state)],
  };
};

const ended = (end: End): Notice => ({
  key: `${end.id} ${end.status} ${end.at}`,
  kind: end.status === 'failed' || failing(end) ? 'trouble' : 'news',
  text: `${titleOf({ number: end.number, title: end.task.title }, 80)}: ${oneLine(endText(end), 200)}`,
  actions: [
    ...(isResumable(end) ? [actionOf(end, t('Resume from Last Checkpoint'), 'longhaul.resumeRun')] : []),
    actionOf(end, t('Delegate Again…'), 'longhaul.delegateAgain'),
    openRun(end),
  ],
});
