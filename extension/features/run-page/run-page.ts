import { t } from '@vscode/l10n';
import type { ChangedFile } from '../../../shared/run/artifacts.ts';
import { budgetNames, used, type BudgetName } from '../../../shared/run/budget.ts';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { imageKind, type AttachedImage } from '../../../shared/run/image.ts';
import type { GivenOutput } from '../../../shared/run/output.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import { decisionSummaries } from '../../../shared/run/summary.ts';
import { localTime } from '../../ground/text/local-time.ts';
import { taskNotes } from '../../../shared/run/task-notes.ts';
import { bytes, span } from '../../../shared/text/figures.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { activeMs, changes, costFact, detailOf, evidence } from '../../ground/text/text.ts';
import type { Button, Item, Page } from '../../ground/page/page.ts';
import { actor, cleanButColours, cleanLine, shownPath, visible } from '../../../shared/text/clean.ts';
import { isTold } from '../../ground/runs/told.ts';
import { headline, isOf, type Moment, type Part } from '../../../shared/run/story/moment.ts';
import { standingVerification, type Story } from '../../../shared/run/story/story.ts';
import { button, buttonsItem, entries, factsItem, markdownItem, pageOf, primary, section, textItem } from './items.ts';
import { verbItem } from './verbs.ts';

export interface Seen {
  /** Images that the run changes, of what it has changed so far or of its result. */
  readonly images: readonly ChangedFile[];
  /** The result where it is no diff, with its texts; null: it is one, or not known yet. */
  readonly given: GivenOutput | null;
  /** What the command that runs has printed so far; null: nobody knows of any. */
  readonly printed: string | null;
  /** ms since the epoch */
  readonly now: number;
}

/** All about a run on one page. What happens is at its end, so that the newest is the last. */
export const runPage = (state: RunState, story: Story, { images, given, printed, now }: Seen): Page => {
  const told = (which: (moment: Moment) => boolean): readonly Item[] =>
    entries(story.moments.filter(which), state.createdAt);
  return pageOf(cleanLine(`#${state.number} ${state.task.title}`), cleanLine(`${state.status}: ${detailOf(state)}`), [
    section('top', '', [factsItem('facts', headFacts(state, now)), verbItem(state)]),
    section('needs', t('Needs you'), needsItems(state)),
    section('goal', t('Goal'), [textItem('goal', visible(state.task.goal.trim())), ...attachedItems(state)]),
    section('plan', t('Plan'), planItems(state)),
    section('result', t('Result'), givenItems(given)),
    section('report', t('Report'), reportItems(state, story)),
    section('evidence', t('Evidence'), evidenceItems(state, story)),
    section('images', t('Images'), imageItems(state, images)),
    section('spent', t('Spent'), [factsItem('spent', spentFacts(state, now)), ...unpricedItems(state)]),
    section('decisions', t('Decisions'), told(isOf('decision'))),
    section('retries', t('Retries'), told(isTrouble)),
    section('steer', t('Steer'), steerItems(state)),
    section('timeline', t('Timeline'), [...contentsItems(story), ...told(isTold)]),
    section('printed', t('Output so far'), printedItems(state, printed)),
  ]);
};

/** What was handed over where it is no diff. A model wrote it. */
const givenItems = (given: GivenOutput | null): readonly Item[] => {
  if (given === null) return [];
  const facts = [
    {
      label: t('Labels'),
      text: given.kind === 'labels' ? given.labels.map(cleanLine).join(', ') || t('none fits') : '',
    },
    { label: t('Tag'), text: given.kind === 'release' ? cleanLine(given.tag) : '' },
    { label: t('Title'), text: 'title' in given ? cleanLine(given.title) : '' },
  ];
  return [
    ...(given.kind === 'report' || given.kind === 'comment' ? [] : [factsItem('given', facts)]),
    ...('text' in given ? [markdownItem('given-text', visible(given.text))] : []),
  ];
};

/** Lines of a running command that are shown: its last. */
const liveLines = 40;

const printedItems = (state: RunState, printed: string | null): readonly Item[] => {
  if (printed === null || state.status !== 'working') return [];
  const lines = cleanButColours(printed).trimEnd().split('\n');
  const label =
    lines.length > liveLines ? t('The last {0} lines; the command still runs', liveLines) : t('The command still runs');
  return [{ key: 'printed', kind: 'code', as: 'output', label, text: lines.slice(-liveLines).join('\n') }];
};

const attachedItems = ({ task }: RunState): readonly Item[] =>
  task.images.map(({ name, mediaType, bytes: size }, index) => ({
    key: attachedKey(index),
    kind: 'image',
    name: cleanLine(name),
    detail: `${imageKind(mediaType)}, ${bytes(size)}`,
  }));

const attachedKey = (index: number): string => `attached ${index}`;

/** Which of the images that go with the goal an item shows. */
export const attachedOf = ({ task }: Pick<RunState, 'task'>, key: string): AttachedImage | undefined =>
  task.images.find((_, index) => attachedKey(index) === key);

const isTrouble = ({ about }: Moment): boolean => about.kind === 'retry' || about.kind === 'delay';

const headFacts = (state: RunState, now: number): readonly Part[] => {
  const { source } = state.task;
  const repository = cleanLine(state.task.repository);
  const base = `${source.commit.slice(0, 12)}${source.branch === null ? '' : ` (${cleanLine(source.branch)})`}`;
  return [
    {
      label: t('Repository'),
      text: source.dirty
        ? t('{0} at {1}, with uncommitted changes', repository, base)
        : t('{0} at {1}', repository, base),
    },
    { label: t('Delegated'), text: t('{0} by {1}', localTime(state.createdAt), actor(state.task.requester)) },
    ...state.task.loosened.map(({ what, from, to, by }) => ({
      label: t('Loosened'),
      text: cleanLine(t('{0}: {1} → {2}, by {3}', what, from, to, actor(by))),
    })),
    ...taskNotes(state.task).map((note) => ({ label: t('Note'), text: cleanLine(note) })),
    { label: t('Round'), text: state.round === 1 ? '' : String(state.round) },
    { label: t('Worked'), text: span(activeMs(state, now)) },
    { label: t('Cost'), text: costFact(state.spent) },
    { label: t('Result'), text: changes(state) ?? '' },
    { label: t('Checks'), text: evidence(state) ?? '' },
    { label: t('Failure'), text: state.status === 'failed' ? `${state.class}: ${cleanLine(state.message)}` : '' },
  ];
};

/** What is asked: the agent's own words, or Longhaul's sentence about it. */
export const actionItem = (
  key: string,
  { kind, action }: Pick<DecisionRequest, 'kind' | 'action'>,
  expired = false,
): Item =>
  kind === 'question'
    ? markdownItem(key, visible(action))
    : textItem(key, visible(action), expired ? 'warning' : 'plain');

const needsItems = (state: RunState): readonly Item[] =>
  decisionSummaries(state).flatMap(({ request, status }) => {
    const expired = status === 'expired';
    const label = expired ? t('Expired: See What Was Asked') : t('Look and Decide');
    const look = primary(button('longhaul.openDecision', label, { run: state.id, decision: request.id }));
    return [
      actionItem(`ask ${request.id}`, request, expired),
      buttonsItem(`decide ${request.id}`, { ...look, id: `open ${request.id}` }),
    ];
  });

export const planItems = (state: RunState): readonly Item[] =>
  state.plan.map((step, index) => ({
    key: `step ${index}`,
    kind: 'step',
    text: cleanLine(step.text),
    status: step.status,
  }));

const reportItems = (state: RunState, story: Story): readonly Item[] =>
  state.report === null
    ? []
    : [
        markdownItem('summary', state.report.summary.trim()),
        ...state.report.claims.map((claim, index): Item => ({
          key: `claim ${index}`,
          kind: 'claim',
          text: cleanLine(claim.text),
          calls: claim.calls.map((id) => {
            const moment = story.call(id);
            return moment === undefined
              ? { label: t('a call that is not in the log'), target: null, ok: false }
              : {
                  label: `[${moment.about.call.number}] ${moment.text}${moment.detail === '' ? '' : `, ${moment.detail}`}`,
                  target: moment.key,
                  ok: moment.mark === 'ok',
                };
          }),
        })),
      ];

/** The commands that Longhaul itself ran on the final tree of this round; a missing one is said. */
const evidenceItems = (state: RunState, story: Story): readonly Item[] => {
  const ran = standingVerification(story);
  if (ran.length > 0) return entries(ran, state.createdAt);
  if (state.result === null || state.output !== null) return [];
  const text =
    state.task.verification.length === 0
      ? t('No verification command was given, so nothing shows that it works.')
      : t('None was recorded in this round.');
  return [textItem('none', text, 'warning')];
};

/** Images that are named; more of them are in the list of changed files. */
const mostImages = 30;

/** Each opens VS Code's own diff, which shows an image before and after. */
const imageItems = (state: RunState, images: readonly ChangedFile[]): readonly Item[] => {
  const soFar = state.soFar !== null;
  const buttons = images.slice(0, mostImages).flatMap(({ status, before, after }): readonly Button[] => {
    const path = (after ?? before)?.path;
    if (path === undefined) return [];
    const shown = button('longhaul.review.openFile', `${shownPath(path)}, ${status}`, { run: state.id, path, soFar });
    return [{ ...shown, id: `image ${path}` }];
  });
  const left = images.length - buttons.length;
  return [
    ...(buttons.length === 0 ? [] : [buttonsItem('images', ...buttons)]),
    ...(left === 0 ? [] : [textItem('more', moreImages(left), 'dim')]),
  ];
};

const moreImages = (left: number): string =>
  left === 1 ? t('1 more image: see the changed files.') : t('{0} more images: see the changed files.', left);

/** Turns from which on a list of them is of use. */
const leastTurns = 3;

/** Without the mark of a head, a list or a quotation. */
const firstLine = (said: string): string => (said.split('\n')[0] ?? '').replace(/^(?:#+|[->*])\s+/, '');

/** Where the turns of the run are on the page, and where a person asked for changes. */
const contentsItems = ({ moments }: Story): readonly Item[] => {
  const entries = moments
    .filter(({ about }) => about.kind === 'turn' || (about.kind === 'review' && about.review.verdict === 'changes'))
    .map((moment) => ({
      label: oneLine(headline({ ...moment, said: firstLine(moment.said) }), 90),
      target: moment.key,
    }));
  return entries.length < leastTurns ? [] : [{ key: 'contents', kind: 'contents', label: t('Turns'), entries }];
};

/** The agent reads messages while a round is under way. */
const steerItems = (state: RunState): readonly Item[] => {
  if (isTerminal(state) || state.status === 'reviewing') return [];
  const placeholder = t('It reads the message before its next turn');
  return [{ key: 'composer', kind: 'composer', label: t('Message to the agent'), placeholder }];
};

const labels: Record<BudgetName, string> = {
  turns: t('Turns'),
  tokens: t('Tokens'),
  usd: t('Cost'),
  activeMinutes: t('Worked'),
  toolMinutes: t('In commands'),
  retries: t('Retries'),
};

/** What was used of each budget. */
export const spentFacts = (state: RunState, now: number): readonly Part[] => {
  const { spent, budget } = state;
  const usage = used(spent);
  const shown: Record<BudgetName, string> = {
    turns: String(usage.turns),
    tokens: t('{0} in, {1} out', spent.inputTokens.toLocaleString('en'), spent.outputTokens.toLocaleString('en')),
    usd: costFact(spent),
    activeMinutes: span(activeMs(state, now)),
    toolMinutes: span(spent.toolMs),
    retries: t('{0} in all, {1} in a row', spent.retries, usage.retries),
  };
  return budgetNames.map((name) => {
    const limit = budget[name];
    if (limit === null) return { label: labels[name], text: t('{0} (no limit)', shown[name]) };
    const figure = limit.toLocaleString('en');
    const most = name === 'usd' ? `$${limit}` : name.endsWith('Minutes') ? t('{0} min', figure) : figure;
    return { label: labels[name], text: t('{0} of {1}', shown[name], most) };
  });
};

const unpricedItems = ({ spent: { unpriced } }: RunState): readonly Item[] => {
  const text = t('What {0} of the model calls cost is unknown, and not in the figure above.', unpriced);
  return unpriced === 0 ? [] : [textItem('unpriced', text, 'dim')];
};
