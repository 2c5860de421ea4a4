import type { ChangedFile } from '../../../shared/run/artifacts.ts';
import { budgetNames, used, type BudgetName } from '../../../shared/run/budget.ts';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { imageKind, type AttachedImage } from '../../../shared/run/image.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import { decisionSummaries, lineOf } from '../../../shared/run/summary.ts';
import { localTime } from '../../ground/text/local-time.ts';
import { taskNotes } from '../../../shared/run/task-notes.ts';
import { bytes, plural, span } from '../../../shared/text/figures.ts';
import { activeMs, changes, costFact, evidence, oneLine } from '../../ground/text/text.ts';
import type { Button, Item, Page } from '../../ground/page/page.ts';
import { actor, cleanLine, shownPath, visible } from '../../../shared/text/clean.ts';
import { isTold } from '../../ground/runs/told.ts';
import { headline, isOf, type Moment, type Part } from '../../../shared/run/story/moment.ts';
import { standingVerification, type Story } from '../../../shared/run/story/story.ts';
import { button, buttonsItem, entries, factsItem, markdownItem, pageOf, primary, section, textItem } from './items.ts';
import { verbItem } from './verbs.ts';

export interface Seen {
  /** Images that the run changes, of what it has changed so far or of its result. */
  readonly images: readonly ChangedFile[];
  /** ms since the epoch */
  readonly now: number;
}

/** All about a run on one page. What happens is at its end, so that the newest is the last. */
export const runPage = (state: RunState, story: Story, { images, now }: Seen): Page => {
  const told = (which: (moment: Moment) => boolean): readonly Item[] =>
    entries(story.moments.filter(which), state.createdAt);
  return pageOf(
    cleanLine(`#${state.number} ${state.task.title}`),
    cleanLine(`${state.status}: ${lineOf(state).detail}`),
    [
      section('top', '', [factsItem('facts', headFacts(state, now)), verbItem(state)]),
      section('needs', 'Needs you', needsItems(state)),
      section('goal', 'Goal', [textItem('goal', visible(state.task.goal.trim())), ...attachedItems(state)]),
      section('plan', 'Plan', planItems(state)),
      section('report', 'Report', reportItems(state, story)),
      section('evidence', 'Evidence', evidenceItems(state, story)),
      section('images', 'Images', imageItems(state, images)),
      section('spent', 'Spent', [factsItem('spent', spentFacts(state, now)), ...unpricedItems(state)]),
      section('decisions', 'Decisions', told(isOf('decision'))),
      section('retries', 'Retries', told(isTrouble)),
      section('steer', 'Steer', steerItems(state)),
      section('timeline', 'Timeline', [...contentsItems(story), ...told(isTold)]),
    ],
  );
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
  const branch = source.branch === null ? '' : ` (${cleanLine(source.branch)})`;
  return [
    {
      label: 'Repository',
      text: `${cleanLine(state.task.repository)} at ${source.commit.slice(0, 12)}${branch}${source.dirty ? ', with uncommitted changes' : ''}`,
    },
    { label: 'Delegated', text: `${localTime(state.createdAt)} by ${actor(state.task.requester)}` },
    ...state.task.loosened.map(({ what, from, to, by }) => ({
      label: 'Loosened',
      text: cleanLine(`${what}: ${from} → ${to}, by ${actor(by)}`),
    })),
    ...taskNotes(state.task).map((note) => ({ label: 'Note', text: cleanLine(note) })),
    { label: 'Round', text: state.round === 1 ? '' : String(state.round) },
    { label: 'Worked', text: span(activeMs(state, now)) },
    { label: 'Cost', text: costFact(state.spent) },
    { label: 'Result', text: changes(state) ?? '' },
    { label: 'Checks', text: evidence(state) ?? '' },
    { label: 'Failure', text: state.status === 'failed' ? `${state.class}: ${cleanLine(state.message)}` : '' },
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
    const label = expired ? 'Expired: See What Was Asked' : 'Look and Decide';
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
              ? { label: 'a call that is not in the log', target: null, ok: false }
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
  if (state.result === null) return [];
  const text =
    state.task.verification.length === 0
      ? 'No verification command was given, so nothing shows that it works.'
      : 'None was recorded in this round.';
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
    ...(left === 0 ? [] : [textItem('more', `${plural(left, 'more image')}: see the changed files.`, 'dim')]),
  ];
};

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
  return entries.length < leastTurns ? [] : [{ key: 'contents', kind: 'contents', label: 'Turns', entries }];
};

/** The agent reads messages while a round is under way. */
const steerItems = (state: RunState): readonly Item[] => {
  if (isTerminal(state) || state.status === 'reviewing') return [];
  const placeholder = 'It reads the message before its next turn';
  return [{ key: 'composer', kind: 'composer', label: 'Message to the agent', placeholder }];
};

const labels: Record<BudgetName, string> = {
  turns: 'Turns',
  tokens: 'Tokens',
  usd: 'Cost',
  activeMinutes: 'Worked',
  toolMinutes: 'In commands',
  retries: 'Retries',
};

/** What was used of each budget. */
export const spentFacts = (state: RunState, now: number): readonly Part[] => {
  const { spent, budget } = state;
  const usage = used(spent);
  const shown: Record<BudgetName, string> = {
    turns: String(usage.turns),
    tokens: `${spent.inputTokens.toLocaleString('en')} in, ${spent.outputTokens.toLocaleString('en')} out`,
    usd: costFact(spent),
    activeMinutes: span(activeMs(state, now)),
    toolMinutes: span(spent.toolMs),
    retries: `${spent.retries} in all, ${usage.retries} in a row`,
  };
  return budgetNames.map((name) => {
    const limit = budget[name];
    const unit =
      name === 'usd' ? `$${limit}` : `${limit?.toLocaleString('en')}${name.endsWith('Minutes') ? ' min' : ''}`;
    return { label: labels[name], text: `${shown[name]} ${limit === null ? '(no limit)' : `of ${unit}`}` };
  });
};

const unpricedItems = ({ spent: { unpriced } }: RunState): readonly Item[] => {
  const text = `What ${unpriced} of the model calls cost is unknown, and not in the figure above.`;
  return unpriced === 0 ? [] : [textItem('unpriced', text, 'dim')];
};
